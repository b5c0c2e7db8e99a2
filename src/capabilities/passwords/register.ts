import { languageOf } from '../../core/language.ts';
import type { SqlTx } from '../../db/transact.ts';
import { checkProfile } from '../customers/profile.ts';
import { requestMail } from '../mail/request.ts';
import { accountUrl, keepAccountToken, type RegistrationProfile } from './account-token.ts';
import { judgedOf, type PasswordTools, takeTurn } from './limits.ts';
import { requireClassicAccounts } from './prove.ts';
import { addresseeOf, allowMail, type Writing } from './recover.ts';
import { checkPassword } from './rules.ts';

export interface RegistrationInput extends RegistrationProfile {
  readonly email: string;
  readonly password: string;
}

/** A registration that may be asked for: the address, and what its owner becomes if she follows the mail. */
export interface Registration {
  readonly email: string;
  readonly profile: RegistrationProfile;
}

/**
 * Looks at what somebody who registers gave, all that can be said without looking whether the address is known. The password is judged and
 * not kept: whoever follows the link in the mail chooses it, so that nobody can plant one on somebody else's address.
 * Refuses what `allowMail`, `checkPassword` and `checkProfile` refuse.
 */
export const considerRegistration = async (
  tools: PasswordTools,
  { email: text, password, ...given }: RegistrationInput,
  { address, now }: { address: string | undefined; now: Date },
): Promise<Registration> => {
  await requireClassicAccounts(tools.database.sql);
  const { firstName, lastName, phone, locale } = checkProfile(given, ['input'], now);
  const { limiter, keyring } = tools;
  await takeTurn(limiter, judgedOf(keyring, address), { code: 'TOO_MANY_REQUESTS', detail: 'TOO_MANY_MAILS', field: ['input', 'email'] });
  await checkPassword(password, [text, firstName, lastName], ['input', 'password']);
  const { email } = await allowMail(tools, 'register', { email: text, address }, ['input', 'email']);
  return { email, profile: { firstName, lastName, phone, locale } };
};

/**
 * Orders the mail that lets somebody begin her account; a known address gets one that says that there is an account already. The same is
 * written and answered for both, and no customer is made before the link is followed.
 */
export const registerCustomer = async (
  tx: SqlTx,
  { keyring, publicUrl, shopName, language }: Writing & Pick<PasswordTools, 'keyring'>,
  { email, profile }: Registration,
): Promise<object> => {
  const known = await addresseeOf(tx, email);
  const { token, expiresAt } = await keepAccountToken(tx, { purpose: 'REGISTRATION', email, customerId: null, profile, isMailed: true });
  requestMail(tx, keyring, known?.id ?? null, {
    template: known ? 'account_exists' : 'account_confirm',
    to: email,
    language: known?.locale ? languageOf(known.locale) : language,
    shopName,
    expiresAt: expiresAt.toISOString(),
    values: known ? { link: `${publicUrl}/account` } : { link: accountUrl(publicUrl, 'REGISTRATION', null, token) },
  });
  return {};
};
