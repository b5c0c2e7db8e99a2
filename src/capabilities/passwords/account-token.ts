import { DomainError } from '../../core/errors.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import { ACCOUNTS_SETTING } from '../accounts-settings/settings.ts';
import { secondsAfter } from '../sessions/open.ts';

/** How long a link works, by what it is for. */
const TTL_SECONDS = { ACTIVATION: 30 * 24 * 60 * 60, RECOVERY: 60 * 60, REGISTRATION: 24 * 60 * 60 } as const;

const SWEPT_MAX = 20;

export type Purpose = keyof typeof TTL_SECONDS;

/** What somebody who registers says of herself. */
export interface RegistrationProfile {
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly phone?: string | null;
  readonly locale?: string | null;
}

export interface TokenOrder {
  readonly purpose: Purpose;
  readonly email: string;
  /** Null but for an activation: a recovery's row says nothing of whether the address is somebody's. */
  readonly customerId: string | null;
  readonly profile?: RegistrationProfile;
  readonly isMailed: boolean;
}

// Links that have run out are swept by whoever asks for the next, some at a time; its own place is left to the conflict.
const KEEP = `
with over as (
  select purpose, email from account_token
  where expires_at <= $7::text::timestamptz and not (purpose = $1::text::account_token_purpose and email = $2::text)
  order by expires_at limit ${SWEPT_MAX} for update skip locked
), swept as (delete from account_token t using over o where t.purpose = o.purpose and t.email = o.email)
insert into account_token (purpose, email, customer_id, hash, profile, is_mailed, created_at, expires_at)
values ($1::text::account_token_purpose, $2::text, $3::text::uuid, decode($4::text, 'hex'), $5::text::jsonb, $6::text::boolean, $7::text::timestamptz,
  $8::text::timestamptz)
on conflict (purpose, email) do update set customer_id = excluded.customer_id, hash = excluded.hash, profile = excluded.profile,
  is_mailed = excluded.is_mailed, created_at = excluded.created_at, expires_at = excluded.expires_at`;

/** Makes a link's token, good once; the one before for the same purpose and address is void. Kept as a hash. */
export const keepAccountToken = async (
  tx: SqlTx,
  { purpose, email, customerId, profile, isMailed }: TokenOrder,
): Promise<{ token: string; expiresAt: Date }> => {
  const token = mintToken('account');
  const expiresAt = secondsAfter(tx.now, TTL_SECONDS[purpose]);
  const hash = tokenHash(token).toString('hex');
  const kept = profile ? JSON.stringify(profile) : null;
  await tx.sql(KEEP, [purpose, email, customerId, hash, kept, String(isMailed), tx.now.toISOString(), expiresAt.toISOString()]);
  return { token, expiresAt };
};

/** A token as it was kept, and what is now known of its customer. */
export interface FoundToken {
  readonly purpose: Purpose;
  readonly email: string;
  readonly customerId: string | null;
  readonly profile: RegistrationProfile | null;
  readonly isMailed: boolean;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly settings: object | null;
}

// Void for a customer who has another address by now.
const LOOK = `
select t.purpose::text as purpose, t.email, c.id::text as "customerId", t.profile, t.is_mailed as "isMailed", c.first_name as "firstName", c.last_name as "lastName", (select value from setting where name = '${ACCOUNTS_SETTING}') as settings
from account_token t
left join customer c on c.id = coalesce(t.customer_id, (select id from customer where t.purpose = 'RECOVERY' and email = t.email))
where t.hash = decode($1::text, 'hex') and t.expires_at > $2::text::timestamptz and t.purpose::text = any(string_to_array($3::text, ','))
  and ($4::text is null or c.id = $4::text::uuid)
  and (t.purpose = 'REGISTRATION' or (c.email = t.email and c.deleted_at is null))`;

const TAKE = `delete from account_token t where t.hash = decode($1::text, 'hex') and t.expires_at > $2::text::timestamptz returning 1`;

/** A link's token, of one of these purposes, and whose it must be where that is said. */
export interface TokenShown {
  readonly token: string;
  readonly purposes: readonly Purpose[];
  readonly customerId?: string;
}

const invalid = (field: readonly string[]): DomainError => new DomainError('TOKEN_INVALID', field);

/** Looks at a token without using it. Refuses TOKEN_INVALID whatever is wrong with it. */
export const lookAtAccountToken = async (
  sql: Sql,
  now: Date,
  { token, purposes, customerId }: TokenShown,
  field: readonly string[],
): Promise<FoundToken> => {
  const hash = tokenHash(token).toString('hex');
  const [found] = await sql<FoundToken>(LOOK, [hash, now.toISOString(), purposes.join(','), customerId ?? null]);
  if (!found) throw invalid(field);
  return found;
};

/** Uses a token up: of many who show it at once one gets it. Refuses TOKEN_INVALID. */
export const takeAccountToken = async (tx: SqlTx, shown: TokenShown, field: readonly string[]): Promise<FoundToken> => {
  const found = await lookAtAccountToken(tx.sql, tx.now, shown, field);
  const taken = await tx.sql(TAKE, [tokenHash(shown.token).toString('hex'), tx.now.toISOString()]);
  if (taken.length === 0) throw invalid(field);
  return found;
};

const VOID = `
delete from account_token where customer_id = $1::text::uuid
  or (purpose = 'RECOVERY' and email = (select email from customer where id = $1::text::uuid))`;

/** Makes every link void that would let its holder choose this customer's password. */
export const voidAccountTokens = async (tx: SqlTx, customerId: string): Promise<void> => {
  await tx.sql(VOID, [customerId]);
};

/** Where a link leads; the customer's id stands in it as in Shopify's. */
export const accountUrl = (publicUrl: string, purpose: Purpose, customerId: string | null, token: string): string => {
  if (purpose === 'REGISTRATION') return `${publicUrl}/account/confirm/${token}`;
  return `${publicUrl}/account/${purpose === 'ACTIVATION' ? 'activate' : 'reset'}/${customerId}/${token}`;
};

/** The token at the end of a link; a text that is none finds nothing. */
export const tokenInUrl = (url: string): string => (URL.canParse(url) ? (new URL(url).pathname.split('/').at(-1) ?? '') : '');
