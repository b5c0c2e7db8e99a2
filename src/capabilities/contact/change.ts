import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { type Language, languageOf } from '../../core/language.ts';
import type { Tx } from '../../db/transact.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { lockCustomer } from '../customers/update.ts';
import { requestMail } from '../mail/request.ts';
import { requestSms } from '../mail/sms.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';
import { secondsAfter } from '../sessions/open.ts';
import { CODE_TTL_SECONDS, type CodeTools, issueCode, once, RESEND_AFTER_SECONDS, redeemCode } from '../sign-in/one-time.ts';

/** A new e-mail address or phone number, in canonical form. */
export type Contact = { readonly kind: 'email' | 'phone'; readonly to: string };

/** Whose contact is changed, from where. */
export interface Changer {
  readonly customerId: string;
  readonly sessionId: string;
  readonly address: string | undefined;
}

/** Refuses INVALID. */
export const contactOf = (kind: Contact['kind'], text: string): Contact => {
  const to = kind === 'email' ? canonicalEmail(text) : canonicalPhone(text);
  if (!to) throw new DomainError('INVALID', [kind], { detail: kind === 'email' ? 'INVALID_EMAIL' : 'INVALID_PHONE' });
  return { kind, to };
};

/**
 * Sends a code to the address or number that a signed-in customer wants to have. The same happens when another customer has it: who
 * cannot read what was sent there learns nothing. Refuses TOO_MANY_REQUESTS, REAUTHENTICATION_REQUIRED, SMS_NOT_AVAILABLE.
 */
export const requestContactChange = (
  tools: CodeTools,
  { kind, to }: Contact,
  { customerId, sessionId, address }: Changer,
  { language, shopName, sendsSms }: { language: Language; shopName: string; sendsSms: boolean },
): ((tx: Tx) => Promise<{ expiresAt: Date; resendAfter: Date }>) => {
  const issue = once(() => issueCode(tools, { purpose: 'contact change', to, holder: customerId, address }, [kind]));
  return async (tx) => {
    if (kind === 'phone' && !sendsSms) throw new DomainError('SMS_NOT_AVAILABLE', ['phone']);
    await requireFreshSignIn(tx, sessionId);
    const code = await issue();
    const expiresAt = secondsAfter(tx.now, CODE_TTL_SECONDS);
    const order = { to, language, shopName, expiresAt: expiresAt.toISOString() };
    if (kind === 'phone') requestSms(tx, tools.keyring, customerId, { ...order, code });
    else requestMail(tx, tools.keyring, customerId, { ...order, template: 'email_change', values: { code, minutes: String(CODE_TTL_SECONDS / 60) } });
    return { expiresAt, resendAfter: secondsAfter(tx.now, RESEND_AFTER_SECONDS) };
  };
};

/**
 * Changes the address or number to the one that the code proves; the old address is told. Refuses INVALID_CODE, TOO_MANY_ATTEMPTS,
 * REAUTHENTICATION_REQUIRED, and TAKEN when another customer has it: both profiles are hers then, and may be merged.
 */
export const confirmContactChange = (
  tools: CodeTools,
  { kind, to }: Contact,
  code: string,
  { customerId, sessionId, address }: Changer,
  { shopName }: { shopName: string },
): ((tx: Tx) => Promise<{ customerId: string }>) => {
  const redeem = once(() => redeemCode(tools, { purpose: 'contact change', to, holder: customerId, address }, { code }, ['code']));
  return async (tx) => {
    await requireFreshSignIn(tx, sessionId);
    await redeem();
    const before = await lockCustomer(tx, customerId, null);
    const where = kind === 'email' ? { email: to } : { phone: to };
    if (await tx.db.customer.findFirst({ where: { ...where, id: { not: customerId } }, select: { id: true } }))
      throw new DomainError('TAKEN', [kind]);
    const verified = kind === 'email' ? { emailVerifiedAt: tx.now } : { phoneVerifiedAt: tx.now };
    await tx.db.customer.update({ where: { id: customerId }, data: { ...where, ...verified, updatedAt: tx.now }, select: { id: true } });
    tx.emit({ type: 'customer.updated', customerId, fields: [kind, kind === 'email' ? 'emailVerified' : 'phoneVerified'] });
    if (kind === 'email' && before.email && before.email !== to) {
      const order = { to: before.email, language: languageOf(before.locale), shopName, values: { email: masked(to) } };
      requestMail(tx, tools.keyring, customerId, { ...order, template: 'email_changed' });
    }
    return { customerId };
  };
};

/** Enough of an address for its owner to know it, for a mail that may be read by someone else by now. */
const masked = (email: string): string => email.replace(/^(.).*@/, '$1…@');
