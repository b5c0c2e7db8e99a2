import { DomainError } from '../../core/errors.ts';
import { languageOf } from '../../core/language.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { requestMail } from '../mail/request.ts';
import { unsubscribeUrl } from './links.ts';
import { consentOf } from './record.ts';
import type { Writing } from './request-confirmation.ts';

const SUBJECT_CHARACTERS_MAX = 255;
const MESSAGE_CHARACTERS_MAX = 20_000;

const textOf = (text: string, field: string, max: number): string => {
  const trimmed = text.trim();
  if (trimmed === '') throw new DomainError('BLANK', ['email', field]);
  if ([...trimmed].length > max) throw new DomainError('TOO_LONG', ['email', field], { max });
  return trimmed;
};

/**
 * Orders a mail of the shop's marketing to one customer, with the link and the headers by which she ends it with one click (RFC 8058).
 * Refuses CUSTOMER_DOES_NOT_EXIST, BLANK, TOO_LONG, and NOT_SUBSCRIBED for whoever has not agreed to it.
 */
export const sendMarketingEmail = async (
  tx: Tx,
  { keyring, publicUrl, shopName }: Writing,
  customerId: string,
  input: { readonly subject: string; readonly message: string },
): Promise<{ customerId: string }> => {
  const subject = textOf(input.subject, 'subject', SUBJECT_CHARACTERS_MAX).replace(/\s+/g, ' ');
  const message = textOf(input.message, 'message', MESSAGE_CHARACTERS_MAX);
  const { email, locale } = await lockCustomer(tx, customerId, ['customerId']);
  const { state } = await consentOf(tx, customerId, 'EMAIL');
  if (!email || state !== 'SUBSCRIBED') throw new DomainError('NOT_SUBSCRIBED', ['customerId']);
  const unsubscribe = unsubscribeUrl(keyring, publicUrl, customerId);
  const language = languageOf(locale);
  requestMail(tx, keyring, customerId, {
    template: 'marketing',
    to: email,
    language,
    shopName,
    unsubscribeUrl: unsubscribe,
    values: { subject, message, unsubscribe: `${unsubscribe}?locale=${language}` },
  });
  return { customerId };
};
