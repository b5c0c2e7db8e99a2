import type { PasswordChange } from '../../core/events.ts';
import type { Language } from '../../core/language.ts';
import { languageOf } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { endOtherSessions } from '../sessions/end-others.ts';
import { voidAccountTokens } from './account-token.ts';

const STORE = `
insert into customer_password (customer_id, hash, updated_at) values ($1::text::uuid, $2::text, $3::text::timestamptz)
on conflict (customer_id) do update set hash = excluded.hash, updated_at = excluded.updated_at`;

/** What a notice to a customer needs to know. */
export interface Noticing {
  readonly keyring: Keyring;
  readonly shopName: string;
  /** The operation's, for a customer who has set none. */
  readonly language: Language;
}

/** Tells a customer at her address what became of her password. */
export const noticePassword = async (
  tx: SqlTx,
  { keyring, shopName, language }: Noticing,
  customerId: string,
  template: 'password_changed' | 'password_removed',
): Promise<void> => {
  const look = 'select email, locale from customer where id = $1::text::uuid';
  const [customer] = await tx.sql<{ email: string | null; locale: string | null }>(look, [customerId]);
  if (!customer?.email) return;
  const words = customer.locale ? languageOf(customer.locale) : language;
  requestMail(tx, keyring, customerId, { template, to: customer.email, language: words, shopName, values: {} });
};

/**
 * Stores a password's hash. The customer's other sessions end, links by which another could be chosen are void, and she is told by mail,
 * unless it is her first and she has just been to her mail.
 */
export const storePassword = async (
  tx: SqlTx,
  noticing: Noticing,
  { customerId, hash, how, keptSessionId }: { customerId: string; hash: string; how: PasswordChange; keptSessionId: string | null },
): Promise<void> => {
  await tx.sql(STORE, [customerId, hash, tx.now.toISOString()]);
  await voidAccountTokens(tx, customerId);
  await endOtherSessions(tx, customerId, keptSessionId, 'password_changed');
  tx.emit({ type: 'customer_password.changed', customerId, how });
  if (how !== 'activation') await noticePassword(tx, noticing, customerId, 'password_changed');
};
