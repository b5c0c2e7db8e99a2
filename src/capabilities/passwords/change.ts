import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { ACCOUNTS_SETTING } from '../accounts-settings/settings.ts';
import { secondsAfter } from '../sessions/open.ts';
import { voidAccountTokens } from './account-token.ts';
import { hashPassword } from './hash.ts';
import { guessPassword, type PasswordTools } from './limits.ts';
import { requireClassic } from './prove.ts';
import { checkPassword } from './rules.ts';
import { type Noticing, noticePassword, storePassword } from './store.ts';

/** For so long after signing in a customer need not say her password again. */
const FRESH_SECONDS = 10 * 60;

/** Who is signed in, and what she says to prove that it still is her. */
export interface Claim {
  readonly customerId: string;
  readonly sessionId: string;
  readonly currentPassword: string | null;
  readonly address: string | undefined;
  readonly now: Date;
}

const LOOK = `
select c.email, c.first_name as "firstName", c.last_name as "lastName", p.hash, s.authenticated_at::text as "authenticatedAt",
  (select value from setting where name = '${ACCOUNTS_SETTING}') as settings
from customer c join session s on s.customer_id = c.id left join customer_password p on p.customer_id = c.id
where c.id = $1::text::uuid and s.id = $2::text::uuid and c.deleted_at is null`;

interface Claimant {
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly hash: string | null;
  readonly authenticatedAt: string;
  readonly settings: object | null;
}

/**
 * Makes sure that whoever holds this session is its customer: by her current password, whose guesses are counted with those of signing in,
 * or by a sign-in of the last ten minutes. Refuses INVALID_PASSWORD, TOO_MANY_ATTEMPTS, BUSY, REAUTHENTICATION_REQUIRED.
 */
const proveAgain = async ({ database: { sql }, limiter, keyring }: PasswordTools, claim: Claim): Promise<Claimant> => {
  const [claimant] = await sql<Claimant>(LOOK, [claim.customerId, claim.sessionId]);
  if (!claimant) throw new DomainError('CUSTOMER_DOES_NOT_EXIST');
  if (claim.currentPassword === null) {
    if (secondsAfter(new Date(claimant.authenticatedAt), FRESH_SECONDS) >= claim.now) return claimant;
    throw new DomainError('REAUTHENTICATION_REQUIRED', ['currentPassword'], { detail: 'FRESH_SIGN_IN_REQUIRED' });
  }
  const field = ['currentPassword'];
  const guess = { whom: claimant.email ?? claim.customerId, stored: claimant.hash, password: claim.currentPassword, address: claim.address };
  if (!(await guessPassword({ limiter, keyring }, guess, field))) throw new DomainError('INVALID_PASSWORD', field);
  return claimant;
};

/**
 * Looks at the password that a signed-in customer chooses, and hashes it: before the transaction, which that would hold up.
 * Refuses PASSWORDS_NOT_IN_USE, what `proveAgain` and what `checkPassword` refuse.
 */
export const considerPassword = async (tools: PasswordTools, claim: Claim, password: string): Promise<{ hash: string }> => {
  const { settings, email, firstName, lastName } = await proveAgain(tools, claim);
  requireClassic(settings);
  await checkPassword(password, [email, firstName, lastName], ['password']);
  return { hash: await hashPassword(password) };
};

/** Changes a customer's password, or gives her the first. Her other sessions end, and a mail tells her. */
export const changePassword = async (
  tx: SqlTx,
  noticing: Noticing,
  { customerId, sessionId }: Pick<Claim, 'customerId' | 'sessionId'>,
  hash: string,
): Promise<{ customerId: string }> => {
  await storePassword(tx, noticing, { customerId, hash, how: 'customer', keptSessionId: sessionId });
  return { customerId };
};

/** Makes sure that it is the customer who wants to be without a password; allowed whatever the shop's accounts are. */
export const considerRemoval = async (tools: PasswordTools, claim: Claim): Promise<object> => {
  await proveAgain(tools, claim);
  return {};
};

/** Removes a customer's password: she signs in by code. A mail tells her. Refuses NOT_FOUND when she has none. */
export const removePassword = async (tx: SqlTx, noticing: Noticing, customerId: string): Promise<{ customerId: string }> => {
  const removed = await tx.sql('delete from customer_password where customer_id = $1::text::uuid returning 1', [customerId]);
  if (removed.length === 0) throw new DomainError('NOT_FOUND', null, { detail: 'NO_PASSWORD' });
  await voidAccountTokens(tx, customerId);
  tx.emit({ type: 'customer_password.removed', customerId, how: 'customer' });
  await noticePassword(tx, noticing, customerId, 'password_removed');
  return { customerId };
};
