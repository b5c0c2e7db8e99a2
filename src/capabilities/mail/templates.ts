import type { Language } from '../../core/language.ts';
import { ACCOUNT_CONFIRM, ACCOUNT_EXISTS, ACCOUNT_INVITE } from './account.ts';
import { ACCOUNT_MERGE } from './account-merge.ts';
import { EMAIL_CHANGE, EMAIL_CHANGED } from './email-change.ts';
import { ERASURE_FOR_INACTIVITY, ERASURE_REQUESTED } from './erasure.ts';
import type { Letter } from './letter.ts';
import { MARKETING, MARKETING_CONFIRM } from './marketing.ts';
import { PASSWORD_CHANGED, PASSWORD_RECOVERY, PASSWORD_REMOVED } from './password.ts';
import type { MailOrder } from './request.ts';
import { CREDITED, CREDITED_EXPIRING, DEBITED, EXPIRED, EXPIRING, EXPIRING_UNSUBSCRIBABLE } from './store-credit.ts';

/** The words of a mail in one language; `{shop}` and the order's values stand in braces. */
export interface Words {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly small: readonly string[];
  /** The label of the button to the order's `link`. */
  readonly button?: string;
}

/** Fills the words of the order's language; `code` and `link` among its values become the large code and the button. */
const letter =
  (words: Readonly<Record<Language, Words>>) =>
  ({ to, language, shopName, values }: MailOrder): Letter => {
    const { subject, paragraphs, small, button } = words[language];
    const filled = (text: string): string =>
      text.replace(/\{(\w+)\}/g, (whole, name: string) => (name === 'shop' ? shopName : (values[name] ?? whole)));
    return {
      to,
      language,
      subject: filled(subject),
      paragraphs: paragraphs.map(filled),
      small: small.map(filled),
      ...(values.code ? { code: values.code } : {}),
      ...(values.link && button ? { button: { label: filled(button), url: values.link } } : {}),
    };
  };

/** The same with a subject and a message above it that staff wrote; what they left empty is ours. */
const letterWithMessage =
  (words: Readonly<Record<Language, Words>>) =>
  (order: MailOrder): Letter => {
    const ours = letter(words)(order);
    const { subject, message } = order.values;
    const written = message ? message.split(/\n{2,}/) : [];
    return { ...ours, subject: subject || ours.subject, above: written };
  };

/** Every mail that can be ordered. */
export const TEMPLATES = {
  account_confirm: letter(ACCOUNT_CONFIRM),
  account_exists: letter(ACCOUNT_EXISTS),
  account_invite: letterWithMessage(ACCOUNT_INVITE),
  account_merge: letter(ACCOUNT_MERGE),
  email_change: letter(EMAIL_CHANGE),
  email_changed: letter(EMAIL_CHANGED),
  erasure_for_inactivity: letter(ERASURE_FOR_INACTIVITY),
  erasure_requested: letter(ERASURE_REQUESTED),
  marketing: letterWithMessage(MARKETING),
  marketing_confirm: letter(MARKETING_CONFIRM),
  password_changed: letter(PASSWORD_CHANGED),
  password_recovery: letter(PASSWORD_RECOVERY),
  password_removed: letter(PASSWORD_REMOVED),
  store_credit_credited: letterWithMessage(CREDITED),
  store_credit_credited_expiring: letterWithMessage(CREDITED_EXPIRING),
  store_credit_debited: letter(DEBITED),
  store_credit_expired: letter(EXPIRED),
  store_credit_expiring: letter(EXPIRING),
  store_credit_expiring_reminder: letter(EXPIRING_UNSUBSCRIBABLE),
} as const;

export type Template = keyof typeof TEMPLATES;
