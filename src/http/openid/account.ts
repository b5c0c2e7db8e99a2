import type { Account } from 'oidc-provider';
import type { App } from '../../app.ts';

interface Profile {
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  is_email_verified: boolean;
  phone: string | null;
  is_phone_verified: boolean;
  locale: string | null;
  birth_date: string | null;
  updated_at: Date;
}

const LOOK = `
select first_name, last_name, email, email_verified_at is not null as is_email_verified, phone, phone_verified_at is not null as is_phone_verified,
  locale, birth_date::text as birth_date, updated_at
from customer where id = $1::text::uuid and deleted_at is null and blocked_at is null`;

const profileOf = async ({ backend }: App, customerId: string): Promise<Profile | null> =>
  (await backend.database.sql<Profile>(LOOK, [customerId]))[0] ?? null;

/** The customer's address for an id token; null when she is gone or blocked. */
export const emailOf = async (app: App, customerId: string): Promise<{ address: string | null; isVerified: boolean } | null> => {
  const profile = await profileOf(app, customerId);
  return profile && { address: profile.email, isVerified: profile.is_email_verified };
};

const given = (claims: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null && value !== ''));

/** Which claims a scope stands for, and what they say. Absent facts are left out. */
export const CLAIMS = {
  openid: ['sub'],
  email: ['email', 'email_verified'],
  profile: ['name', 'given_name', 'family_name', 'birthdate', 'locale', 'updated_at'],
  phone: ['phone_number', 'phone_number_verified'],
} as const;

/** The customer as the provider reads her; undefined when she is gone or blocked. */
export const findAccount = async (app: App, customerId: string): Promise<Account | undefined> => {
  const profile = await profileOf(app, customerId);
  if (!profile) return undefined;
  return {
    accountId: customerId,
    claims: async () => ({
      sub: customerId,
      ...given({
        email: profile.email,
        email_verified: profile.email ? profile.is_email_verified : null,
        name: [profile.first_name, profile.last_name].filter(Boolean).join(' '),
        given_name: profile.first_name,
        family_name: profile.last_name,
        birthdate: profile.birth_date,
        locale: profile.locale,
        updated_at: Math.floor(new Date(profile.updated_at).getTime() / 1000),
        phone_number: profile.phone,
        phone_number_verified: profile.phone ? profile.is_phone_verified : null,
      }),
    }),
  };
};
