import { DomainError } from '../../core/errors.ts';
import { type Language, languageOf } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { confirmationUrl } from './links.ts';

export interface Writing {
  readonly keyring: Keyring;
  readonly publicUrl: string;
  readonly shopName: string;
}

const LINK_DAYS = 7;
const RESEND_AFTER_SECONDS = 60;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Refuses FAILED_TO_SUBSCRIBE when a mail that asks for confirmation was ordered within the last minute. */
export const refuseHaste = async (tx: Tx, customerId: string): Promise<void> => {
  const since = new Date(tx.now.getTime() - RESEND_AFTER_SECONDS * 1000);
  const last = await tx.db.marketingConsentEvent.findFirst({
    where: { customerId, channel: 'EMAIL', state: 'PENDING', createdAt: { gt: since } },
    orderBy: { id: 'desc' },
    select: { createdAt: true },
  });
  if (!last) return;
  const seconds = Math.ceil((last.createdAt.getTime() - since.getTime()) / 1000);
  throw new DomainError('FAILED_TO_SUBSCRIBE', null, { detail: 'TOO_MANY_MAILS', seconds });
};

/** Orders the mail whose link confirms a consent that is pending since `at`. The link works for a week, and until another is asked for. */
export const requestConfirmation = (
  tx: Tx,
  { keyring, publicUrl, shopName }: Writing,
  { customerId, email, at, locale, language }: { customerId: string; email: string; at: Date; locale: string | null; language?: Language },
): void => {
  const expiresAt = new Date(tx.now.getTime() + LINK_DAYS * DAY_MS).toISOString();
  const written = language ?? languageOf(locale);
  const link = confirmationUrl(keyring, publicUrl, { customerId, email, at: at.toISOString(), expiresAt });
  requestMail(tx, keyring, customerId, {
    template: 'marketing_confirm',
    to: email,
    language: written,
    shopName,
    expiresAt,
    values: { link: `${link}?locale=${written}`, days: String(LINK_DAYS) },
  });
};
