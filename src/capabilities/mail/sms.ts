import type { Language } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';

/** Sends a text message to a number in E.164; the shop brings its own. A throw means: again later. */
export type SmsSender = (message: { readonly to: string; readonly text: string; readonly code: string }) => Promise<void>;

/** The purpose under which an ordered message is sealed in the outbox. */
export const SEALED_SMS = 'ordered text message';

export interface SmsOrder {
  readonly to: string;
  readonly code: string;
  readonly language: Language;
  readonly shopName: string;
  readonly expiresAt: string;
}

/** Orders a text message with a code: written with the transaction's effect, sealed, and sent after the commit. */
export const requestSms = (tx: Pick<SqlTx, 'emit'>, keyring: Keyring, customerId: string, order: SmsOrder): void =>
  tx.emit({ type: 'sms.requested', customerId, sealed: keyring.seal(SEALED_SMS, JSON.stringify(order)).toString('base64') });

const WORDS: Readonly<Record<Language, (code: string, shop: string) => string>> = {
  en: (code, shop) => `${code} is your code for ${shop}. Never give it to anyone.`,
  da: (code, shop) => `${code} er din kode til ${shop}. Giv den aldrig til andre.`,
  de: (code, shop) => `${code} ist Ihr Code für ${shop}. Geben Sie ihn niemandem.`,
  it: (code, shop) => `${code} è il tuo codice per ${shop}. Non darlo mai a nessuno.`,
  nb: (code, shop) => `${code} er koden din for ${shop}. Gi den aldri til noen.`,
  pl: (code, shop) => `${code} to Twój kod do ${shop}. Nie podawaj go nikomu.`,
};

export const smsText = ({ code, shopName, language }: SmsOrder): string => WORDS[language](code, shopName);
