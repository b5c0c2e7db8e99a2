import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findOrCreateByEmail } from '../customers/find-or-create.ts';
import { type FoundToken, lookAtAccountToken, type RegistrationProfile, type TokenShown, takeAccountToken } from './account-token.ts';
import { hashPassword } from './hash.ts';
import { giveTurnBack, linksOf, type PasswordTools, takeTurn } from './limits.ts';
import { requireClassic } from './prove.ts';
import { checkPassword } from './rules.ts';
import { type Noticing, storePassword } from './store.ts';

/** A password that may be chosen by the holder of a link. */
export interface Chosen {
  readonly shown: TokenShown;
  readonly hash: string;
}

interface Fields {
  readonly token: readonly string[];
  readonly password: readonly string[];
}

/**
 * Looks at a link and at the password that its holder chooses, and hashes it: before the transaction, which that would hold up. A link
 * that is no good costs no hash. Refuses PASSWORDS_NOT_IN_USE, TOKEN_INVALID, TOO_MANY_ATTEMPTS, BUSY and what `checkPassword` refuses.
 */
export const choosePassword = async (
  { database: { sql }, limiter, keyring }: PasswordTools,
  { shown, password, address, now }: { shown: TokenShown; password: string; address: string | undefined; now: Date },
  fields: Fields,
): Promise<Chosen> => {
  const counts = linksOf(keyring, address);
  await takeTurn(limiter, counts, { code: 'TOO_MANY_ATTEMPTS', detail: 'TOO_MANY_LINKS', field: fields.token });
  const found = await lookAtAccountToken(sql, now, shown, fields.token);
  await giveTurnBack(limiter, counts);
  requireClassic(found.settings);
  const names = found.profile ?? found;
  await checkPassword(password, [found.email, names.firstName, names.lastName], fields.password);
  return { shown, hash: await hashPassword(password) };
};

/**
 * Stores the password that a link's holder has chosen and uses the link up. Using a link that was mailed proves the address; one that
 * staff handed over does not. Every session that was open ends; the caller opens a new one.
 * Refuses TOKEN_INVALID, and CUSTOMER_DISABLED when staff have blocked her.
 */
export const storeChosen = async (
  tx: SqlTx,
  noticing: Noticing,
  { shown, hash }: Chosen,
  field: readonly string[],
): Promise<{ customerId: string; email: string }> => {
  const token = await takeAccountToken(tx, shown, field);
  const customerId = await ownerOf(tx, token);
  const how = token.purpose === 'RECOVERY' ? 'recovery' : 'activation';
  await storePassword(tx, noticing, { customerId, hash, how, keptSessionId: null });
  return { customerId, email: token.email };
};

const ENABLE = `
update customer set state = 'ENABLED', updated_at = $2::text::timestamptz
where id = $1::text::uuid and deleted_at is null and blocked_at is null returning 1`;

const ownerOf = async (tx: SqlTx, { email, customerId, profile, isMailed }: FoundToken): Promise<string> => {
  if (!isMailed && customerId) {
    if ((await tx.sql(ENABLE, [customerId, tx.now.toISOString()])).length === 0) throw new DomainError('CUSTOMER_DISABLED');
    return customerId;
  }
  const found = await findOrCreateByEmail(tx, email, profile?.locale ?? null);
  if ((await tx.sql(ENABLE, [found.customerId, tx.now.toISOString()])).length === 0) throw new DomainError('CUSTOMER_DISABLED');
  if (profile) await fillIn(tx, found.customerId, profile);
  return found.customerId;
};

// A phone number that is somebody's by now is left out: a registration must not tell whose it is.
const FILL_IN = `
update customer c set first_name = coalesce(c.first_name, $2::text), last_name = coalesce(c.last_name, $3::text),
  phone = coalesce(c.phone, (select $4::text where not exists (select from customer where phone = $4::text)))
where id = $1::text::uuid`;

const fillIn = async (tx: SqlTx, customerId: string, { firstName, lastName, phone }: RegistrationProfile): Promise<void> => {
  await tx.sql(FILL_IN, [customerId, firstName ?? null, lastName ?? null, phone ?? null]);
};
