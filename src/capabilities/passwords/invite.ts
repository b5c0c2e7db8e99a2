import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { languageOf } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { requestMail } from '../mail/request.ts';
import { accountUrl, keepAccountToken } from './account-token.ts';
import { requireClassicAccounts } from './prove.ts';
import type { Writing } from './recover.ts';

/** What of the mail staff may write themselves. */
export interface InviteMail {
  readonly to?: string | null;
  readonly subject?: string | null;
  readonly customMessage?: string | null;
}

const MESSAGE_CHARACTERS_MAX = 5_000;

const INVITED = `
select c.email, c.locale, c.blocked_at is not null as "isBlocked", c.state = 'ENABLED' and p.customer_id is not null as "hasAccount"
from customer c left join customer_password p on p.customer_id = c.id
where c.id = $1::text::uuid and c.deleted_at is null for no key update of c`;

interface Invited {
  readonly email: string | null;
  readonly locale: string | null;
  readonly isBlocked: boolean;
  readonly hasAccount: boolean;
}

/** Locks whom staff mean to invite. Refuses CUSTOMER_DOES_NOT_EXIST, ALREADY_ENABLED, CUSTOMER_DISABLED, and INVALID without an address. */
const invitee = async (tx: SqlTx, customerId: string): Promise<{ email: string; locale: string | null }> => {
  const field = ['customerId'];
  const [found] = await tx.sql<Invited>(INVITED, [customerId]);
  if (!found) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', field);
  if (found.isBlocked) throw new DomainError('CUSTOMER_DISABLED', field);
  if (found.hasAccount) throw new DomainError('ALREADY_ENABLED', field);
  if (!found.email) throw new DomainError('INVALID', field, { detail: 'CUSTOMER_HAS_NO_EMAIL' });
  return { email: found.email, locale: found.locale };
};

const messageOf = (text: string | null | undefined): string => {
  const message = text?.trim() ?? '';
  if ([...message].length > MESSAGE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['email', 'customMessage'], { max: MESSAGE_CHARACTERS_MAX });
  return message;
};

const MARK = `
update customer set state = 'INVITED', updated_at = $2::text::timestamptz
where id = $1::text::uuid and state not in ('ENABLED', 'INVITED') returning 1`;

/**
 * Mails a customer the link by which she chooses her password, within thirty days and once; the link before is void. Who has never signed
 * in becomes INVITED. Staff may write the subject and a message above the link; `to` may only be the customer's own address, since using
 * the link proves it. Refuses PASSWORDS_NOT_IN_USE, TOO_LONG, INVALID and what `invitee` refuses.
 */
export const inviteCustomer = async (
  tx: SqlTx,
  { keyring, publicUrl, shopName, language }: Writing & { readonly keyring: Keyring },
  customerId: string,
  mail: InviteMail = {},
): Promise<{ customerId: string }> => {
  await requireClassicAccounts(tx.sql);
  const subject = plainText(mail.subject ?? null, ['email', 'subject']) ?? '';
  const message = messageOf(mail.customMessage);
  const { email, locale } = await invitee(tx, customerId);
  if (mail.to && canonicalEmail(mail.to) !== email) throw new DomainError('INVALID', ['email', 'to'], { detail: 'NOT_HER_ADDRESS' });
  const { token, expiresAt } = await keepAccountToken(tx, { purpose: 'ACTIVATION', email, customerId, isMailed: true });
  const marked = await tx.sql(MARK, [customerId, tx.now.toISOString()]);
  if (marked.length > 0) tx.emit({ type: 'customer.updated', customerId, fields: ['state'] });
  requestMail(tx, keyring, customerId, {
    template: 'account_invite',
    to: email,
    language: locale ? languageOf(locale) : language,
    shopName,
    expiresAt: expiresAt.toISOString(),
    values: { link: accountUrl(publicUrl, 'ACTIVATION', customerId, token), subject, message },
  });
  return { customerId };
};

/**
 * Makes the link for staff to hand over themselves: thirty days, once, and the link before is void. Using it does not prove the address,
 * for nobody knows where it went. Refuses PASSWORDS_NOT_IN_USE and what `invitee` refuses.
 */
export const makeActivationUrl = async (tx: SqlTx, publicUrl: string, customerId: string): Promise<{ accountActivationUrl: string }> => {
  await requireClassicAccounts(tx.sql);
  const { email } = await invitee(tx, customerId);
  const { token } = await keepAccountToken(tx, { purpose: 'ACTIVATION', email, customerId, isMailed: false });
  return { accountActivationUrl: accountUrl(publicUrl, 'ACTIVATION', customerId, token) };
};
