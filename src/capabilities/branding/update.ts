import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { BRANDING, type KeptBranding } from './branding.ts';

const NAME_CHARACTERS_MAX = 100;
const URL_CHARACTERS_MAX = 2_000;
/** A logo that comes with every page has to be small. */
const LOGO_CHARACTERS_MAX = 100_000;

const at = (field: string): readonly string[] => ['input', field];

const LOGO = /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/;

const webUrl = (text: string, field: string, protocols: readonly string[]): string => {
  if (text.length > URL_CHARACTERS_MAX) throw new DomainError('TOO_LONG', at(field), { max: URL_CHARACTERS_MAX });
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol) || new URL(text).username) {
    throw new DomainError('INVALID', at(field), { detail: 'INVALID_URL' });
  }
  return new URL(text).href;
};

const logoOf = (text: string): string => {
  if (!text.startsWith('data:')) return webUrl(text, 'logoUrl', ['https:']);
  if (text.length > LOGO_CHARACTERS_MAX) throw new DomainError('TOO_LONG', at('logoUrl'), { max: LOGO_CHARACTERS_MAX });
  if (!LOGO.test(text)) throw new DomainError('INVALID', at('logoUrl'), { detail: 'INVALID_URL' });
  return text;
};

const colourOf = (text: string): string => {
  if (!/^#[0-9a-f]{6}$/i.test(text)) throw new DomainError('INVALID', at('accentColor'), { detail: 'INVALID_COLOR' });
  return text.toLowerCase();
};

const CHECKS: { readonly [Key in keyof KeptBranding]-?: (text: string) => string | null } = {
  name: (text) => plainText(text, at('name'), NAME_CHARACTERS_MAX),
  logoUrl: logoOf,
  accentColor: colourOf,
  homeUrl: (text) => webUrl(text, 'homeUrl', ['https:', 'http:']),
  privacyPolicyUrl: (text) => webUrl(text, 'privacyPolicyUrl', ['https:', 'http:']),
  termsOfServiceUrl: (text) => webUrl(text, 'termsOfServiceUrl', ['https:', 'http:']),
  contactUrl: (text) => webUrl(text, 'contactUrl', ['https:', 'http:', 'mailto:']),
};

/**
 * Changes how the shop looks on the gateway's own pages: absent leaves as it is, null and empty give the default back.
 * Refuses INVALID, TOO_LONG, CONTAINS_HTML_TAGS, CONTAINS_URL.
 */
export const updateBranding = async (tx: Tx, input: KeptBranding): Promise<{ updated: true }> => {
  const changes: Record<string, string | null> = {};
  for (const [key, check] of Object.entries(CHECKS) as [keyof KeptBranding, (text: string) => string | null][]) {
    const text = input[key];
    if (text !== undefined) changes[key] = text?.trim() ? check(text.trim()) : null;
  }
  await tx.sql(
    `insert into setting (name, value) values ($1::text, $2::text::jsonb)
    on conflict (name) do update set value = setting.value || excluded.value returning name`,
    [BRANDING, JSON.stringify(changes)],
  );
  tx.emit({ type: 'shop_branding.updated' });
  return { updated: true };
};
