import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { type Language, languageOf } from '../../core/language.ts';
import type { SqlTx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { accountUrl, keepAccountToken } from './account-token.ts';
import { mailsOf, type PasswordTools, takeTurn } from './limits.ts';
import { requireClassicAccounts } from './prove.ts';

/** Somebody at an address, as far as mails to it need to know. */
export interface Addressee {
  readonly id: string;
  readonly locale: string | null;
  readonly isBlocked: boolean;
}

/** What a mail to a customer who is not signed in is made of. */
export interface Writing {
  readonly publicUrl: string;
  readonly shopName: string;
  readonly language: Language;
}

const ADDRESSEE = 'select id::text as id, locale, blocked_at is not null as "isBlocked" from customer where email = $1::text and deleted_at is null';

export const addresseeOf = async (tx: SqlTx, email: string): Promise<Addressee | null> => (await tx.sql<Addressee>(ADDRESSEE, [email]))[0] ?? null;

/**
 * Lets a mail be ordered to an address: counts it before anything is known of the address. Refuses INVALID, PASSWORDS_NOT_IN_USE and
 * TOO_MANY_REQUESTS, by inbox or by network.
 */
export const allowMail = async (
  { database: { sql }, limiter, keyring }: PasswordTools,
  kind: 'recover' | 'register',
  { email: text, address }: { email: string; address: string | undefined },
  field: readonly string[],
): Promise<{ email: string }> => {
  await requireClassicAccounts(sql);
  const email = canonicalEmail(text);
  if (!email) throw new DomainError('INVALID', field, { detail: 'INVALID_EMAIL' });
  await takeTurn(limiter, mailsOf(keyring, kind, email, address), { code: 'TOO_MANY_REQUESTS', detail: 'TOO_MANY_MAILS', field });
  return { email };
};

/**
 * Orders the mail that lets a customer choose a new password, within an hour and once; the link before is void. For an address that is
 * nobody's, or of somebody who is blocked, the same is written and nothing is sent. A customer without a password gets her first so.
 */
export const recoverPassword = async (
  tx: SqlTx,
  { keyring, publicUrl, shopName, language }: Writing & Pick<PasswordTools, 'keyring'>,
  { email }: { email: string },
): Promise<object> => {
  const addressee = await addresseeOf(tx, email);
  const customer = addressee && !addressee.isBlocked ? addressee : null;
  const { token, expiresAt } = await keepAccountToken(tx, { purpose: 'RECOVERY', email, customerId: null, isMailed: true });
  requestMail(tx, keyring, customer?.id ?? null, {
    template: customer ? 'password_recovery' : 'nothing',
    to: email,
    language: customer?.locale ? languageOf(customer.locale) : language,
    shopName,
    expiresAt: expiresAt.toISOString(),
    values: { link: accountUrl(publicUrl, 'RECOVERY', customer?.id ?? null, token) },
  });
  return {};
};
