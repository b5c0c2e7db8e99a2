import type { Sql } from '../../db/client.ts';

/** How the shop looks on the gateway's own pages. */
export interface Branding {
  readonly name: string;
  /** An https address or a data URL. */
  readonly logoUrl: string | null;
  /** `#rrggbb`. */
  readonly accentColor: string;
  readonly homeUrl: string | null;
  readonly privacyPolicyUrl: string | null;
  readonly termsOfServiceUrl: string | null;
  readonly contactUrl: string | null;
}

export type KeptBranding = { readonly [Key in keyof Branding]?: Branding[Key] | null };

/** The row of `setting` that holds it. */
export const BRANDING = 'branding';

const NEUTRAL = '#1f4e4a';

/** The shop's branding, with what it has not said filled in. */
export const brandingOf = async (sql: Sql, shopName: string): Promise<Branding> => {
  const [row] = await sql<{ value: KeptBranding }>('select value from setting where name = $1::text', [BRANDING]);
  const { name, logoUrl, accentColor, homeUrl, privacyPolicyUrl, termsOfServiceUrl, contactUrl } = row?.value ?? {};
  return {
    name: name ?? shopName,
    logoUrl: logoUrl ?? null,
    accentColor: accentColor ?? NEUTRAL,
    homeUrl: homeUrl ?? null,
    privacyPolicyUrl: privacyPolicyUrl ?? null,
    termsOfServiceUrl: termsOfServiceUrl ?? null,
    contactUrl: contactUrl ?? null,
  };
};
