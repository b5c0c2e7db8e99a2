import { randomUUID } from 'node:crypto';
import type { App } from '../../src/app.ts';
import { createCustomer } from '../../src/capabilities/customers/create.ts';
import type { ProfileInput } from '../../src/capabilities/customers/profile.ts';
import { openSession, type SessionTokens } from '../../src/capabilities/sessions/open.ts';
import type { Open } from '../../src/capabilities/sign-in/code.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';

/** An e-mail address that no other test has. */
export const someEmail = (): string => `${randomUUID()}@example.com`;

/** An address that no other test sends from. */
export const someAddress = (): string => `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}::1`;

/** A phone number that no other test has; every number of this range is valid. */
export const somePhone = (): string => `+49151${String(Math.floor(Math.random() * 90_000_000) + 10_000_000)}`;

/** A customer of this test's own. */
export const givenCustomer = async (app: App, profile: ProfileInput = {}): Promise<{ customerId: string; email: string; gid: string }> => {
  const email = profile.email ?? someEmail();
  const { customerId } = await app.transact('system', (tx) => createCustomer(tx, { firstName: 'Test', lastName: 'Customer', email, ...profile }));
  return { customerId, email, gid: `gid://clientele/Customer/${customerId}` };
};

/** Opens an ordinary session for whoever a verb has signed in. */
export const openAny: Open<SessionTokens> = (tx, customerId, method) =>
  openSession(tx, customerId, { address: '127.0.0.1', userAgent: 'test' }, method);

/** A signed-in customer of this test's own. */
export const givenSession = async (
  app: App,
  profile: ProfileInput = {},
): Promise<{ customerId: string; email: string; gid: string; tokens: SessionTokens }> => {
  const customer = await givenCustomer(app, profile);
  const tokens = await app.transact('system', (tx) =>
    openSession(tx, customer.customerId, { address: '127.0.0.1', userAgent: 'test' }, 'email_code'),
  );
  return { ...customer, tokens };
};

/** An account of a customer's that holds an amount of minor units. */
export const givenCredit = async (
  app: App,
  customerId: string,
  amountMinor: bigint,
  { currency = 'EUR', expiresAt = null }: { currency?: string; expiresAt?: Date | null } = {},
): Promise<{ accountId: string; gid: string; transactionId: string }> => {
  const { accountId, transactionId } = await credit(app.ledger, {
    account: { customerId },
    amount: { amountMinor, currency },
    expiresAt,
    actor: 'system',
    idempotency: null,
  });
  return { accountId, transactionId, gid: `gid://clientele/StoreCreditAccount/${accountId}` };
};
