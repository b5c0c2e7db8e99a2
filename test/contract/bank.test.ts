import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { v7 as uuid } from 'uuid';
import { describe, expect, it } from 'vitest';
import { service } from '../../src/backend/service.ts';
import { createDatabase, services } from '../support/backends.ts';

/** `BANK_SECONDS=60` for a long run. */
const SECONDS = Number(process.env.BANK_SECONDS ?? 4);
const ACCOUNTS = 50;
const CONNECTIONS = 16;
const OPENING = 1_000;

/** What every look at the books must find, in one snapshot: issued less left is what is there, and no sum anywhere is another. */
const TOTALS = `
select (select sum(balance_minor) from store_credit_account)::int as balances,
  (select sum(amount_minor) from store_credit_transaction)::int as moved,
  (select sum(remaining_minor) from store_credit_lot)::int as lots,
  (select coalesce(sum(amount_minor), 0) from store_credit_transaction
    where kind = 'CREDIT' and related_id is null or kind = 'DEBIT_REVERT')::int as issued,
  (select coalesce(-sum(d.amount_minor), 0) from store_credit_transaction d
    where d.amount_minor < 0 and not exists (select 1 from store_credit_transaction c where c.related_id = d.id and c.kind = 'CREDIT'))::int as left_,
  (select count(*) from store_credit_account where held_minor > balance_minor or balance_minor < 0)::int as overdrawn,
  (select count(*) from store_credit_account a where held_minor <> (
    select coalesce(sum(remaining_minor), 0) from store_credit_hold where account_id = a.id))::int as misheld`;

interface Totals {
  readonly balances: number;
  readonly moved: number;
  readonly lots: number;
  readonly issued: number;
  readonly left_: number;
  readonly overdrawn: number;
  readonly misheld: number;
}

const upTo = (limit: number): number => Math.floor(Math.random() * limit);
const oneOf = <Item>(items: readonly Item[]): Item | undefined => items[upTo(items.length)];

describe.runIf(services)('a bank on PostgreSQL', () => {
  it(`never loses or makes a cent, in ${SECONDS} seconds of ${CONNECTIONS} connections`, { timeout: (SECONDS + 120) * 1_000 }, async () => {
    if (!services) return;
    const databaseUrl = await createDatabase(services.databaseUrl);
    const backend = await service({ databaseUrl, redisUrl: services.redisUrl, redisPrefix: `${randomBytes(6).toString('hex')}:` });
    const { sql, prisma } = backend.database;
    const owners = Array.from({ length: ACCOUNTS }, () => uuid());
    await prisma.customer.createMany({ data: owners.map((id) => ({ id, email: `${id}@example.com` })) });
    const event = { event: 'ADJUSTMENT', actor: 'system', currency: 'EUR' };
    const opening = owners.flatMap((customerId) =>
      [null, new Date(Date.now() + 1_000 * (1 + upTo(SECONDS * 2)))].map((expiresAt) => ({ customerId, expiresAt })),
    );
    await sql('select store_credit_post($1::text::jsonb)', [
      JSON.stringify(opening.map((credit) => ({ id: uuid(), kind: 'CREDIT', newAccountId: uuid(), amountMinor: OPENING, ...credit, ...event }))),
    ]);
    const accounts = (await sql<{ id: string }>('select id::text from store_credit_account', [])).map(({ id }) => id);
    const holds: string[] = [];
    const debits: string[] = [];
    const outcomes = new Map<string, number>();

    const someMovement = (): { readonly kind: string; readonly [name: string]: unknown } => {
      const account = { accountId: oneOf(accounts), ...event };
      const amountMinor = 1 + upTo(60);
      const draw = Math.random();
      const [holdId, transactionId] = [oneOf(holds), oneOf(debits)];
      if (draw < 0.35) return { kind: 'TRANSFER', amountMinor, toAccountId: oneOf(accounts), ...account };
      if (draw < 0.55) return { kind: 'HOLD', amountMinor, expiresAt: new Date(Date.now() + 200 + upTo(3_000)), ...account };
      if (draw < 0.68 && holdId) return { kind: 'CAPTURE', holdId, amountMinor: 1 + upTo(20), isFinal: Math.random() < 0.5, ...event };
      if (draw < 0.74 && holdId) return { kind: 'RELEASE', holdId, ...event };
      if (draw < 0.86 && transactionId) return { kind: 'DEBIT_REVERT', transactionId, amountMinor: 1 + upTo(20), ...event };
      return { kind: 'DEBIT', amountMinor, ...account };
    };

    const until = Date.now() + SECONDS * 1_000;
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const client = new pg.Client({ connectionString: databaseUrl });
        await client.connect();
        return client;
      }),
    );
    const post = async (client: pg.Client, batch: object[]) =>
      (await client.query('select store_credit_post($1::text::jsonb) as answers', [JSON.stringify(batch)])).rows[0].answers as {
        ok?: { transactionId?: string; holdId?: string };
        refused?: { code: string };
      }[];
    const count = (what: string): void => void outcomes.set(what, (outcomes.get(what) ?? 0) + 1);

    const work = async (client: pg.Client): Promise<void> => {
      while (Date.now() < until) {
        const batch = Array.from({ length: 1 + upTo(4) }, () => ({ id: uuid(), newAccountId: uuid(), ...someMovement() }));
        try {
          const answers = await post(client, batch);
          answers.forEach(({ ok, refused }, place) => {
            const { kind } = batch[place] as { kind: string };
            count(`${kind} ${refused?.code ?? 'ok'}`);
            if (ok?.holdId && kind === 'HOLD') holds.push(ok.holdId);
            if (ok?.transactionId && (kind === 'DEBIT' || kind === 'CAPTURE')) debits.push(ok.transactionId);
          });
          if (holds.length > 500) holds.splice(0, 250);
        } catch (error) {
          // Two that met crosswise: the database ends one of them whole, and the gateway would run it again.
          const { code } = error as { code?: string };
          if (code !== '40P01' && code !== '40001') throw error;
          count(`run again ${code}`);
        }
      }
    };

    const looks: Totals[] = [];
    const read = async (): Promise<void> => {
      while (Date.now() < until) looks.push(...(await sql<Totals>(TOTALS, [])));
    };
    const expire = async (): Promise<void> => {
      while (Date.now() < until) {
        const due = await sql<{ id: string }>(
          'select id::text from store_credit_lot where is_open and expires_at <= statement_timestamp() limit 20',
          [],
        );
        const expirations = due.map(({ id: transactionId }) => ({
          id: uuid(),
          kind: 'EXPIRATION',
          transactionId,
          event: 'EXPIRATION',
          actor: 'system',
        }));
        if (expirations.length > 0)
          await sql('select store_credit_post($1::text::jsonb)', [JSON.stringify(expirations)]).catch(() => count('expiry again'));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await Promise.all([...clients.map(work), read(), read(), expire()]);
    looks.push(...(await sql<Totals>(TOTALS, [])));

    for (const { balances, moved, lots, issued, left_, overdrawn, misheld } of looks) {
      expect({ moved, lots, remains: issued - left_, overdrawn, misheld }).toEqual({
        moved: balances,
        lots: balances,
        remains: balances,
        overdrawn: 0,
        misheld: 0,
      });
    }
    if (process.env.BANK_SECONDS) console.log(looks.length, 'looks', Object.fromEntries([...outcomes].sort()));
    for (const kind of ['TRANSFER', 'HOLD', 'CAPTURE', 'RELEASE', 'DEBIT_REVERT', 'DEBIT'])
      expect(outcomes.get(`${kind} ok`) ?? 0, kind).toBeGreaterThan(0);
    expect(looks.length).toBeGreaterThan(5);
    for (const client of clients) await client.end();
    await backend.close();
  });
});
