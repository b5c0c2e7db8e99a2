import type { Sql } from '../../db/client.ts';
import type { AccountsVersion } from './settings.ts';

/** How many customers each way of signing in is there for. */
export interface AccountsPreview {
  readonly version: AccountsVersion;
  readonly customers: number;
  readonly withPassword: number;
  readonly withoutPassword: number;
  readonly withUnprovenEmail: number;
  readonly withoutEmail: number;
  readonly blocked: number;
  readonly openSessions: number;
}

const COUNT = `
select count(*)::int as customers,
  count(p.customer_id) filter (where c.email is not null)::int as "withPassword",
  count(*) filter (where c.email is not null and p.customer_id is null)::int as "withoutPassword",
  count(*) filter (where c.email is not null and c.email_verified_at is null)::int as "withUnprovenEmail",
  count(*) filter (where c.email is null)::int as "withoutEmail",
  count(*) filter (where c.blocked_at is not null)::int as blocked,
  (select count(*)::int from session where revoked_at is null and refresh_expires_at > $1::text::timestamptz) as "openSessions"
from customer c left join customer_password p on p.customer_id = c.id where c.deleted_at is null`;

/** Says beforehand what a switch would mean; changes nothing. */
export const previewAccounts = async (sql: Sql, version: AccountsVersion, now: Date): Promise<AccountsPreview> => {
  const [counted] = await sql<Omit<AccountsPreview, 'version'>>(COUNT, [now.toISOString()]);
  return { version, ...(counted as Omit<AccountsPreview, 'version'>) };
};
