import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';
import { ACCOUNTS_SETTING, accountsSettings, settingsFrom } from '../accounts-settings/settings.ts';
import { hashPassword, isOutdated } from './hash.ts';
import { guessPassword, type PasswordTools } from './limits.ts';

/** A password that was found to be right: whose, and the hash that it fits. */
export interface Proven {
  readonly customerId: string;
  readonly hash: string;
  /** When it was chosen, as the database writes it. */
  readonly chosenAt: string;
  /** The same password at today's cost, when the stored hash is of another. */
  readonly rehashed: string | null;
}

/* As customer_signing_in() finds her, spelled out: a call of it costs a known address more time than an unknown one. */
const LOOK = `
select c.id::text as id, p.hash, p.updated_at::text as chosen_at, (select value from setting where name = '${ACCOUNTS_SETTING}') as settings,
  (select max(substr(hash, 5, 2)) from customer_password where hash like '$2_$%') as bcrypt_cost
from (select 1) always
left join customer a on a.email = $1::text
left join customer s on s.id = a.merged_into_id and s.deleted_at is null
left join customer c on c.id = case when a.deleted_at is null then a.id when a.email_verified_at is not null and s.email_verified_at is not null then s.id end
left join customer_password p on p.customer_id = c.id`;

interface Look {
  readonly id: string | null;
  readonly hash: string | null;
  readonly chosen_at: string | null;
  readonly settings: object | null;
  /** The largest of the bcrypt hashes that are kept, as text: imported ones that nobody has signed in with yet. */
  readonly bcrypt_cost: string | null;
}

/** Refuses PASSWORDS_NOT_IN_USE where the shop's customers sign in without them. */
export const requireClassic = (settings: object | null | undefined): void => {
  if (settingsFrom(settings).customerAccountsVersion !== 'CLASSIC') throw new DomainError('PASSWORDS_NOT_IN_USE');
};

export const requireClassicAccounts = async (sql: Sql): Promise<void> => requireClassic(await accountsSettings(sql));

/**
 * Finds out whether a password is the address's: one look and the same hashing, whether or not there is such a customer and whether or not
 * she has a password. The try is counted before it is made. Works before the transaction, which a hash would hold up.
 * Refuses PASSWORDS_NOT_IN_USE, TOO_MANY_ATTEMPTS, BUSY, and UNIDENTIFIED_CUSTOMER whatever is wrong.
 */
export const provePassword = async (
  { database: { sql }, limiter, keyring }: PasswordTools,
  { email: text, password, address }: { email: string; password: string; address: string | undefined },
  field: readonly string[] = ['input'],
): Promise<Proven> => {
  const email = canonicalEmail(text) ?? '';
  const [found] = await sql<Look>(LOOK, [email]);
  requireClassic(found?.settings);
  const guess = { whom: email, stored: found?.hash ?? null, password, address, bcryptCostMax: Number(found?.bcrypt_cost ?? 0) };
  const isRight = await guessPassword({ limiter, keyring }, guess, field);
  if (!isRight || !found?.id || !found.hash) throw new DomainError('UNIDENTIFIED_CUSTOMER', field);
  const chosenAt = found.chosen_at as string;
  return { customerId: found.id, hash: found.hash, chosenAt, rehashed: isOutdated(found.hash) ? await hashPassword(password) : null };
};
