import type { App } from '../../src/app.ts';
import { type Merged, mergeCustomers } from '../../src/capabilities/merges/merge.ts';
import type { MergeInput } from '../../src/capabilities/merges/plan.ts';
import { type Undone, undoMerge } from '../../src/capabilities/merges/undo.ts';
import type { Choice } from '../../src/capabilities/merges/undo-plan.ts';
import type { Tx } from '../../src/db/transact.ts';
import { someEmail } from './given.ts';

/** Merges as the mutation does. */
export const merge = (app: App, input: MergeInput, version?: string): Promise<Merged> =>
  app.transact('staff:test', (tx) => mergeCustomers(tx, input, { version: version ?? null, undoDays: 30 }));

/** Merges the second into the first. */
export const mergeInto = (app: App, keptId: string, closedId: string): Promise<Merged> =>
  merge(app, { customerOneId: closedId, customerTwoId: keptId, customerIdToKeep: keptId });

export const undo = (app: App, mergeId: string, choices: readonly Choice[] = []): Promise<Undone> =>
  app.transact('staff:test', (tx) => undoMerge(tx, { mergeId, choices }));

/** A customer with a proven address, whose profile is hers alone. */
export const givenProven = async (app: App, profile: object = {}): Promise<{ customerId: string; email: string; gid: string }> => {
  const email = someEmail();
  const { id } = await app.backend.database.prisma.customer.create({
    data: { email, emailVerifiedAt: new Date('2026-01-01T00:00:00Z'), state: 'ENABLED', ...profile },
    select: { id: true },
  });
  return { customerId: id, email, gid: `gid://clientele/Customer/${id}` };
};

/** Tables whose rows are somebody's, by the column that says whose; and what of a row a merge and its undo may leave otherwise. */
const BELONGINGS: readonly [table: string, where: string, without: readonly string[]][] = [
  ['customer', 'id', ['updated_at']],
  ['address', 'coalesce(customer_id, order_owner_id)', []],
  ['"order"', 'customer_id', []],
  ['customer_external_id', 'customer_id', []],
  ['customer_password', 'customer_id', []],
  ['account_token', 'customer_id', []],
  ['passkey', 'customer_id', []],
  ['identity_provider_subject', 'customer_id', []],
  ['oidc_consent', 'customer_id', []],
  ['wishlist', 'customer_id', []],
  ['(select i.*, w.customer_id from wishlist_item i join wishlist w on w.id = i.wishlist_id)', 'customer_id', []],
  ['viewed_product', 'customer_id', []],
  ['payment_method', 'customer_id', []],
  ['subscription_contract', 'customer_id', []],
];

/** All that a customer has, as the database has it: what an undo has to restore to the byte. */
export const everythingOfCustomer = async (app: App, customerId: string): Promise<Record<string, string[]>> => {
  const { sql } = app.backend.database;
  const everything: Record<string, string[]> = {};
  for (const [table, column, without] of BELONGINGS) {
    const columns = without.map((name) => ` - '${name}'`).join('');
    const rows = await sql<{ row: string }>(
      `select (to_jsonb(t)${columns})::text as row from ${table} t where ${column} = $1::text::uuid order by 1`,
      [customerId],
    );
    everything[table] = rows.map(({ row }) => row);
  }
  return { ...everything, credit: await creditOf(app, customerId) };
};

/** What she has of credit that lives, by currency and expiry; and her holds. */
export const creditOf = async (app: App, customerId: string): Promise<string[]> => {
  const rows = await app.backend.database.sql<{ row: string }>(
    `select concat_ws(' ', 'lot', a.currency, l.expires_at, sum(l.remaining_minor)) as row from store_credit_account a
      join store_credit_lot l on l.account_id = a.id and l.is_open where a.customer_id = $1::text::uuid group by a.currency, l.expires_at
    union all
    select concat_ws(' ', 'hold', h.id, h.state, h.remaining_minor, h.expires_at) from store_credit_account a
      join store_credit_hold h on h.account_id = a.id where a.customer_id = $1::text::uuid order by 1`,
    [customerId],
  );
  return rows.map(({ row }) => row);
};

/** Runs a part of a transaction and takes all of it back. */
export const takingBack = async (app: App, run: (tx: Tx) => Promise<unknown>): Promise<void> => {
  const enough = new Error('enough');
  await app
    .transact('staff:test', async (tx) => {
      await run(tx);
      throw enough;
    })
    .catch((error: unknown) => {
      if (error !== enough) throw error;
    });
};
