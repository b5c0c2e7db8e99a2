import { randomUUID } from 'node:crypto';
import type { App } from '../../src/app.ts';
import { updateAccountsSettings } from '../../src/capabilities/accounts-settings/update.ts';
import type { ProfileInput } from '../../src/capabilities/customers/profile.ts';
import type { Mail } from '../../src/capabilities/mail/deliver.ts';
import { type TokenShown, tokenInUrl } from '../../src/capabilities/passwords/account-token.ts';
import { choosePassword, storeChosen } from '../../src/capabilities/passwords/choose.ts';
import { hashPassword } from '../../src/capabilities/passwords/hash.ts';
import { inviteCustomer } from '../../src/capabilities/passwords/invite.ts';
import { provePassword } from '../../src/capabilities/passwords/prove.ts';
import { allowMail, recoverPassword } from '../../src/capabilities/passwords/recover.ts';
import { signInProven } from '../../src/capabilities/passwords/sign-in.ts';
import { openStorefrontSession } from '../../src/capabilities/sessions/open.ts';
import type { TestApp } from './backends.ts';
import { givenCustomer, someAddress } from './given.ts';

/** A password that is nobody else's. */
export const somePassword = (): string => `vivid harbour ${randomUUID().slice(0, 8)}`;

export const useAccounts = (app: App, customerAccountsVersion: 'CLASSIC' | 'NEW_CUSTOMER_ACCOUNTS') =>
  app.transact('system', (tx) => updateAccountsSettings(tx, { customerAccountsVersion }));

/** The newest mail to an address that `isWanted`; waits for the outbox. */
export const mailTo = async ({ mails }: Pick<TestApp, 'mails'>, email: string, isWanted: (mail: Mail) => boolean = () => true): Promise<Mail> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const mail = mails.findLast((sent) => sent.to === email && isWanted(sent));
    if (mail) return mail;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`No mail came to ${email}`);
};

export const linkTo = async (test: Pick<TestApp, 'mails'>, email: string): Promise<string> =>
  (await mailTo(test, email, ({ link }) => link !== undefined)).link as string;

/** What the edges do with passwords, without an edge. */
export const classicOf = (app: App) => {
  const tools = { database: app.backend.database, limiter: app.backend.limiter, keyring: app.keyring };
  const writing = { keyring: app.keyring, publicUrl: app.publicUrl, shopName: app.shopName, language: 'en' as const };
  const device = { address: '127.0.0.1', userAgent: 'test' };
  const choose = async (shown: TokenShown, password: string, address = someAddress()) => {
    const fields = { token: ['token'], password: ['password'] };
    const chosen = await choosePassword(tools, { shown, password, address, now: app.clock() }, fields);
    return app.transactSql('anonymous', async (tx) => {
      const { customerId } = await storeChosen(tx, writing, chosen, fields.token);
      return { customerId, token: await openStorefrontSession(tx, customerId, device, 'activation') };
    });
  };
  return {
    tools,
    writing,
    signIn: async (email: string, password: string, address = someAddress()) => {
      const proven = await provePassword(tools, { email, password, address });
      return app.transactSql('anonymous', async (tx) => {
        const { customerId } = await signInProven(tx, proven);
        return { customerId, token: await openStorefrontSession(tx, customerId, device, 'password') };
      });
    },
    activate: (link: string, password: string) => choose({ token: tokenInUrl(link), purposes: ['ACTIVATION', 'REGISTRATION'] }, password),
    reset: (link: string, password: string) => choose({ token: tokenInUrl(link), purposes: ['RECOVERY'] }, password),
    choose,
    invite: (customerId: string) => app.transactSql('staff', (tx) => inviteCustomer(tx, writing, customerId)),
    recover: async (text: string, address = someAddress()) => {
      const allowed = await allowMail(tools, 'recover', { email: text, address }, ['email']);
      return app.transactSql('anonymous', (tx) => recoverPassword(tx, writing, allowed));
    },
  };
};

/** A customer with a password, as an import brings them: the address is not proven. */
export const givenPassword = async (app: App, profile: ProfileInput = {}) => {
  const customer = await givenCustomer(app, profile);
  const password = somePassword();
  const hash = await hashPassword(password);
  await app.transact('system', (tx) => tx.db.customerPassword.create({ data: { customerId: customer.customerId, hash, updatedAt: tx.now } }));
  return { ...customer, password };
};
