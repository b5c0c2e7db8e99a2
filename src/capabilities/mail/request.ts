import type { Language } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import type { Template } from './templates.ts';

/** The purpose under which an ordered mail is sealed in the outbox. */
export const SEALED_MAIL = 'ordered mail';

export interface MailOrder {
  /** `nothing` writes the same rows in the same time and sends no mail: for addresses that nobody may learn are unknown. */
  readonly template: Template | 'nothing';
  readonly to: string;
  readonly language: Language;
  readonly shopName: string;
  /** A mail that is still waiting at this moment is not sent. */
  readonly expiresAt?: string;
  /** Of a mail that its reader may end: the address that does so when it is posted to. */
  readonly unsubscribeUrl?: string;
  /** What the template puts into its words. */
  readonly values: Readonly<Record<string, string>>;
}

/** Orders a mail: it is written with the transaction's effect, sealed, and sent after the commit. */
export const requestMail = (tx: Pick<SqlTx, 'emit'>, keyring: Keyring, customerId: string | null, order: MailOrder): void =>
  tx.emit({ type: 'mail.requested', customerId, sealed: keyring.seal(SEALED_MAIL, JSON.stringify(order)).toString('base64') });
