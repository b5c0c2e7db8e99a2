import { v7 as uuid } from 'uuid';
import type { App } from '../../app.ts';
import { parseAmount } from '../../core/money.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Tx } from '../../db/transact.ts';
import { checkAddress } from '../addresses/fields.ts';
import { checkProfile } from '../customers/profile.ts';
import { openSession } from '../sessions/open.ts';
import type { PlainMovement } from '../store-credit/movement.ts';
import { postWithin } from '../store-credit/post.ts';
import { SAMPLE_CUSTOMERS, SAMPLE_MOVEMENTS, type SampleMovement } from './sample-customers.ts';

/** What the shop remembers, so that a sample shop that was tidied away does not come back at the next start. */
const SETTING = 'sample_shop';

/** The customer whom the tour and GraphiQL's ready tabs speak of. */
export const SAMPLE_CUSTOMER = { id: '01941f29-7c00-7000-8000-00000000c001', email: 'anna.holm@example.com' } as const;
/** Two profiles that are one man's, by all that is known of them. */
export const SAMPLE_TWINS = ['01941f29-7c00-7000-8000-00000000c014', '01941f29-7c00-7000-8000-00000000c046'] as const;
/** Her account in euros. */
export const SAMPLE_ACCOUNT_ID = '01941f29-7c00-7000-8000-00000000a001';

const DAY_MS = 24 * 60 * 60 * 1000;
const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS);

/**
 * Fills an empty shop with invented customers and a past: what they were given, spent and let run out. Done once for a database,
 * in one transaction; processes that start at once load it once. A database that has customers of its own is left as it is, for good.
 */
export const loadSampleShop = (app: App): Promise<void> =>
  app.transact(SYSTEM_ACTOR, async (tx) => {
    // Whoever comes second waits here for the first to commit.
    const { count } = await tx.db.setting.createMany({ data: [{ name: SETTING, value: { at: tx.now.toISOString() } }], skipDuplicates: true });
    if (count === 0 || (await tx.db.customer.findFirst({ select: { id: true } }))) return;
    await addCustomers(tx);
    await addAddresses(tx);
    await addMovements(tx);
  });

const addCustomers = async (tx: Tx): Promise<void> => {
  await tx.db.customer.createMany({
    data: SAMPLE_CUSTOMERS.map(({ id, firstName, lastName, email, phone, locale, birthDate, tags, note, joinedDaysAgo, state }) => {
      const joined = daysBefore(tx.now, joinedDaysAgo);
      return {
        ...checkProfile({ firstName, lastName, email, phone, locale, birthDate, tags, note }, [], tx.now),
        id,
        state,
        emailVerifiedAt: state === 'ENABLED' ? joined : null,
        createdAt: joined,
        updatedAt: joined,
      };
    }),
  });
  for (const { id: customerId } of SAMPLE_CUSTOMERS) tx.emit({ type: 'customer.created', customerId, source: 'sample' });
};

const addAddresses = async (tx: Tx): Promise<void> => {
  const rows = SAMPLE_CUSTOMERS.flatMap(({ id: customerId, firstName, lastName, addresses, joinedDaysAgo }) =>
    addresses.map((address, place) => {
      const createdAt = daysBefore(tx.now, joinedDaysAgo);
      const fields = checkAddress({ firstName, lastName, ...address }, []);
      return { isDefault: place === 0, row: { id: uuid(), customerId, ...fields, createdAt, updatedAt: createdAt } };
    }),
  );
  await tx.db.address.createMany({ data: rows.map(({ row }) => row) });
  const defaults = rows.filter(({ isDefault }) => isDefault).map(({ row }) => row.id);
  await tx.db.$executeRaw`
    update customer c set default_address_id = a.id from address a where a.customer_id = c.id and a.id::text = any(${defaults}::text[])`;
  for (const { row } of rows) tx.emit({ type: 'customer_address.created', customerId: row.customerId, addressId: row.id });
};

const movementOf = (now: Date, { customerId, accountId, currency, amount, event, expiresAfterDays, note }: SampleMovement): PlainMovement => {
  const amountMinor = parseAmount(amount, currency, ['amount']);
  return {
    kind: amountMinor > 0n ? 'CREDIT' : 'DEBIT',
    accountId: null,
    customerId,
    newAccountId: accountId,
    currency,
    amountMinor: amountMinor < 0n ? -amountMinor : amountMinor,
    expiresAt: expiresAfterDays === null ? null : daysBefore(now, -expiresAfterDays),
    event,
    note,
    actor: SYSTEM_ACTOR,
    idempotency: null,
  };
};

/** Posts day by day, oldest first, so that a statement shows when each thing happened. */
const addMovements = async (tx: Tx): Promise<void> => {
  const days = [...new Set(SAMPLE_MOVEMENTS.map(({ daysAgo }) => daysAgo))].sort((a, b) => b - a);
  for (const day of days) {
    const now = daysBefore(tx.now, day);
    const movements = SAMPLE_MOVEMENTS.filter(({ daysAgo }) => daysAgo === day).map((movement) => movementOf(now, movement));
    const answers = await postWithin({ ...tx, now }, movements);
    const refused = answers.find((answer) => 'refused' in answer);
    if (refused && 'refused' in refused) throw new Error(`The sample shop's books do not add up ${day} days ago: ${refused.refused.code}`);
  }
};

/** Whether the sample shop's first customer is there: loaded, and not deleted since. */
export const hasSampleCustomer = async ({ backend }: App): Promise<boolean> =>
  (await backend.database.read.customer.findFirst({ where: { id: SAMPLE_CUSTOMER.id, deletedAt: null }, select: { id: true } })) !== null;

/** How a sample session shows itself among a customer's devices. */
const DEVICE = { address: undefined, userAgent: 'GraphiQL of the sample shop' } as const;

/**
 * Opens a session of the sample shop's first customer, for trying things out without signing in, and answers with its access token.
 * Null when she is not there: no sample shop, or she was deleted. Sessions that were opened so before and have run out are taken away.
 */
export const openSampleSession = (app: App): Promise<string | null> =>
  app.transact(SYSTEM_ACTOR, async (tx) => {
    const { id } = SAMPLE_CUSTOMER;
    const customer = await tx.db.customer.findFirst({ where: { id, deletedAt: null }, select: { id: true } });
    if (!customer) return null;
    await tx.db.session.deleteMany({ where: { customerId: id, userAgent: DEVICE.userAgent, accessExpiresAt: { lt: tx.now } } });
    const { accessToken } = await openSession(tx, id, DEVICE, 'sample');
    return accessToken;
  });
