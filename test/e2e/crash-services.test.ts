import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServices, startOwnServices, whyNoOwnServices } from '../support/own-services.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

/** `CRASH_ROUNDS=200` for a long run. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 6);
const CUSTOMERS = 5;
const CLIENTS = 8;
/** How often each kind of errand is run in a round. */
const EACH_ERRAND = 6;
const ADMIN_TOKEN = 'a staff token for crash tests';
/** A client that is not answered for so long has lost its gateway for good; longer than a start takes on a machine with much else to do. */
const ANSWER_MS_MAX = 90_000;
const RETRY_MS = 50;

const VICTIMS = ['gateway', 'postgres', 'redis'] as const;
type Victim = (typeof VICTIMS)[number];

const MOVED = 'storeCreditAccountTransaction { id amount { amount } balanceAfterTransaction { amount } account { id } } userErrors { code }';
const HELD = 'storeCreditHold { id amount { amount } } userErrors { code }';
const CREATE = 'mutation ($email: String!) { answer: customerCreate(input: { email: $email }) { customer { id } userErrors { code } } }';
const CREDIT = `mutation ($id: ID!, $money: MoneyInput!, $reason: String!) {
  answer: storeCreditAccountCredit(id: $id, creditInput: { creditAmount: $money, reason: $reason }) { ${MOVED} } }`;
const DEBIT = `mutation ($id: ID!, $money: MoneyInput!, $reason: String!) {
  answer: storeCreditAccountDebit(id: $id, debitInput: { debitAmount: $money, reason: $reason }) { ${MOVED} } }`;
const TRANSFER = `mutation ($id: ID!, $toId: ID!, $money: MoneyInput!, $reason: String!) {
  answer: storeCreditAccountTransfer(id: $id, transferInput: { toId: $toId, amount: $money, reason: $reason }) { ${MOVED} } }`;
const HOLD = `mutation ($id: ID!, $money: MoneyInput!, $reason: String!) {
  answer: storeCreditHoldCreate(id: $id, holdInput: { amount: $money, reason: $reason }) { ${HELD} } }`;
const CAPTURE = `mutation ($id: ID!, $reason: String!) { answer: storeCreditHoldCapture(id: $id, captureInput: { reason: $reason }) { ${MOVED} } }`;
const RELEASE = `mutation ($id: ID!, $reason: String!) { answer: storeCreditHoldRelease(id: $id, releaseInput: { reason: $reason }) { ${HELD} } }`;
const SEARCH = 'query ($words: String!) { answer: customers(first: 1, query: $words) { nodes { id } } }';
const BOOKS = 'query ($ids: [ID!]!) { answer: nodes(ids: $ids) { ... on StoreCreditAccount { id balance { amount } held { amount } version } } }';

/** What the ledger holds of each key: a mutation carries its key as its reason too, so each of its rows does. */
const MOVEMENTS = `
select reason as key, kind, sum(amount_minor)::int as minor, array_agg(id) as ids
from (select reason, kind::text, amount_minor, id::text from store_credit_transaction
  union all select reason, kind::text, amount_minor, id::text from store_credit_change) as movement
where $1::text[] is null or reason = any($1)
group by 1, 2`;

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Answer = any;

/** What a mutation must have written, in minor units by the kind of row; nothing when it was refused. */
type Effect = Readonly<Record<string, number>>;

/** A mutation that was answered. */
interface Told {
  readonly query: string;
  readonly variables: object;
  readonly key: string;
  readonly effect: Effect;
  readonly answer: Answer;
}

const upTo = (limit: number): number => Math.floor(Math.random() * limit);
const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
const eur = (minor: number) => ({ amount: (minor / 100).toFixed(2), currencyCode: 'EUR' });
const minorOf = ({ amount }: { amount: string }): number => Math.round(Number(amount) * 100);

const OPENING = 10_000_000;

/** A shop whose clients send every mutation under one key until it is answered, and remember what they were told. */
const openShop = async (services: OwnServices, startGateway: () => Promise<GatewayProcess>) => {
  let gateway = await startGateway();
  const told: Told[] = [];
  const books = new Map<string, { balance: number; held: number }>();
  const customers = new Map<string, string>();
  let cutAnswers = 0;

  const ask = async (query: string, variables: object, key?: string): Promise<Answer> => {
    const late = Date.now() + ANSWER_MS_MAX;
    for (;;) {
      const { data, errors } = await send(gateway.url, query, variables, ADMIN_TOKEN, key ? { 'idempotency-key': key } : {}).catch(
        (error: Error) => ({ data: null, errors: error }),
      );
      if (!errors) return (data as Answer).answer;
      // A connection that broke, or a fault that the gateway does not know the outcome of: the same is sent again.
      const isUnknown = errors instanceof Error || (errors as Answer[]).every(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR');
      if (!isUnknown || Date.now() > late) throw new Error(`No answer to ${query}: ${JSON.stringify(errors)} ${gateway.output()}`, { cause: errors });
      cutAnswers += 1;
      await sleep(RETRY_MS);
    }
  };

  const mutate = async (query: string, variables: object, effect: Effect, refusal?: string): Promise<Answer> => {
    const key = randomUUID();
    const sent = { ...variables, ...(query === CREATE ? {} : { reason: key }) };
    const answer = await ask(query, sent, key);
    expect(answer.userErrors).toEqual(refusal ? [{ code: refusal }] : []);
    told.push({ query, variables: sent, key, effect, answer });
    return answer;
  };

  /** Notes what the clients were told of an account. */
  const note = (account: string, balance: number, held = 0): void => {
    const before = books.get(account) ?? { balance: 0, held: 0 };
    books.set(account, { balance: before.balance + balance, held: before.held + held });
  };
  const moved = ({ storeCreditAccountTransaction: { account, amount } }: Answer, held = 0): number => {
    note(account.id, minorOf(amount), held);
    return minorOf(amount);
  };

  const createCustomer = async (): Promise<string> => {
    const email = `${randomUUID()}@example.com`;
    const { customer } = await mutate(CREATE, { email }, {});
    customers.set(email, customer.id);
    return customer.id;
  };
  for (let count = 0; count < CUSTOMERS; count += 1) {
    moved(await mutate(CREDIT, { id: await createCustomer(), money: eur(OPENING) }, { CREDIT: OPENING }));
  }
  const accounts = [...books.keys()];
  const someAccount = (): string => accounts[upTo(accounts.length)] as string;

  const hold = async (): Promise<{ id: string; account: string; minor: number }> => {
    const [account, minor] = [someAccount(), 1 + upTo(99)];
    const { storeCreditHold } = await mutate(HOLD, { id: account, money: eur(minor) }, { HOLD_CREATED: minor });
    note(account, 0, minorOf(storeCreditHold.amount));
    return { id: storeCreditHold.id, account, minor };
  };

  const errands: readonly (() => Promise<unknown>)[] = [
    async () => {
      const minor = 1 + upTo(99);
      moved(await mutate(CREDIT, { id: someAccount(), money: eur(minor) }, { CREDIT: minor }));
    },
    async () => {
      const minor = 1 + upTo(99);
      moved(await mutate(DEBIT, { id: someAccount(), money: eur(minor) }, { DEBIT: -minor }));
    },
    async () => {
      const [minor, from] = [1 + upTo(99), upTo(accounts.length)];
      const [id, toId] = [accounts[from], accounts[(from + 1) % accounts.length] as string];
      note(toId, -moved(await mutate(TRANSFER, { id, toId, money: eur(minor) }, { DEBIT: -minor, CREDIT: minor })));
    },
    async () => {
      const { id, minor } = await hold();
      moved(await mutate(CAPTURE, { id }, { DEBIT: -minor }), -minor);
    },
    async () => {
      const { id, account, minor } = await hold();
      await mutate(RELEASE, { id }, { HOLD_RELEASED: minor });
      note(account, 0, -minor);
    },
    hold,
    // Also a no is kept under its key.
    () => mutate(DEBIT, { id: someAccount(), money: eur(OPENING * CUSTOMERS * 2) }, {}, 'INSUFFICIENT_FUNDS'),
    createCustomer,
    async () => {
      const [email, id] = [...customers][upTo(customers.size)] as [string, string];
      expect(await ask(SEARCH, { words: `email:${email}` })).toEqual({ nodes: [{ id }] });
    },
  ];

  /** Sends clients on their errands, in any order and several at a time; calls with how many are done. */
  const work = async (onDone: (count: number) => void): Promise<void> => {
    const waiting = shuffled(Array.from({ length: EACH_ERRAND }, () => errands).flat());
    let done = 0;
    const run = async (): Promise<void> => {
      for (let errand = waiting.pop(); errand; errand = waiting.pop()) {
        await errand();
        done += 1;
        onDone(done);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, run));
  };

  const isReady = (): Promise<boolean> =>
    fetch(`${gateway.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );

  return {
    ask,
    work,
    told: told as readonly Told[],
    books: books as ReadonlyMap<string, { balance: number; held: number }>,
    errandsPerRound: EACH_ERRAND * errands.length,
    customerCount: () => customers.size,
    cutAnswers: () => cutAnswers,
    crash: async (victim: Victim): Promise<void> => {
      if (victim === 'gateway') {
        await gateway.kill();
        gateway = await startGateway();
        return;
      }
      await services[victim].kill();
      await sleep(upTo(150));
      await services[victim].start();
      // Nobody starts the gateway again: it must have lived, and find its way back.
      const late = Date.now() + ANSWER_MS_MAX;
      while (!(await isReady())) {
        if (Date.now() > late) throw new Error(`The gateway did not find its ${victim} again: ${gateway.output()}`);
        await sleep(RETRY_MS);
      }
    },
    stop: () => gateway.stop(),
  };
};

type Shop = Awaited<ReturnType<typeof openShop>>;

/** The clients at work, and at a random moment of it one of three dies and comes back. */
const crashDuringWork = async (shop: Shop, victim: Victim): Promise<void> => {
  const crashAfter = 1 + upTo(shop.errandsPerRound * 0.6);
  let reach: () => void = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const work = shop.work((count) => count === crashAfter && reach()).finally(reach);
  const crash = reached.then(() => sleep(upTo(5))).then(() => shop.crash(victim));
  // Both to their ends, so that nothing goes on when one of them fails.
  for (const outcome of await Promise.allSettled([work, crash])) if (outcome.status === 'rejected') throw outcome.reason;
};

const select = async <Row extends pg.QueryResultRow>(databaseUrl: string, text: string, values: unknown[] = []): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
};

/** Each mutation's rows say what its client was told, once; with all, no other row is there. */
const expectExactlyOnce = async (databaseUrl: string, told: readonly Told[], { isAll }: { isAll: boolean }): Promise<void> => {
  const rows = await select<{ key: string; kind: string; minor: number; ids: string[] }>(databaseUrl, MOVEMENTS, [
    isAll ? null : told.map(({ key }) => key),
  ]);
  const effects = new Map<string, Record<string, number>>();
  for (const { key, kind, minor } of rows) effects.set(key, { ...effects.get(key), [kind]: minor });
  expect(effects).toEqual(new Map(told.filter(({ effect }) => Object.keys(effect).length > 0).map(({ key, effect }) => [key, effect])));
  const written = new Set(rows.flatMap(({ key, ids }) => ids.map((id) => `${key} ${id}`)));
  for (const { key, answer } of told) {
    const id: string | undefined = answer.storeCreditAccountTransaction?.id;
    if (id) expect(written).toContain(`${key} ${id.split('/').at(-1)}`);
  }
};

const expectBooksAsTold = async (shop: Shop): Promise<void> => {
  const accounts: Answer[] = await shop.ask(BOOKS, { ids: [...shop.books.keys()] });
  expect(new Map(accounts.map(({ id, balance, held }) => [id, { balance: minorOf(balance), held: minorOf(held) }]))).toEqual(shop.books);
};

const expectSameAnswers = async (shop: Shop, told: readonly Told[]): Promise<void> => {
  const again = await Promise.all(told.map(({ query, variables, key }) => shop.ask(query, variables, key)));
  expect(again).toEqual(told.map(({ answer }) => answer));
};

const missing = whyNoOwnServices();
if (missing) console.warn(`Nothing is killed but the gateway: ${missing}.`);

describe.skipIf(missing)(`a gateway, its PostgreSQL and its Redis, each killed at any moment${missing ? ` (left out: ${missing})` : ''}`, () => {
  const alive: GatewayProcess[] = [];
  let services: OwnServices | undefined;
  beforeAll(async () => {
    services = await startOwnServices();
  });
  afterAll(async () => {
    for (const { child } of alive) child.kill('SIGKILL');
    await services?.remove();
  });

  it(`has done each thing once that clients asked for until they were answered, ${ROUNDS} times`, {
    timeout: 120_000 + ROUNDS * 20_000,
  }, async () => {
    if (!services) return;
    const databaseUrl = services.postgres.url;
    const environment = { DATABASE_URL: databaseUrl, REDIS_URL: services.redis.url, ADMIN_TOKEN };
    const shop = await openShop(services, async () => {
      const gateway = await startProcess(environment);
      alive.push(gateway);
      return gateway;
    });
    const kills = { gateway: 0, postgres: 0, redis: 0 };
    const cut = { gateway: 0, postgres: 0, redis: 0 };
    let victims: Victim[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      if (victims.length === 0) victims = shuffled(VICTIMS);
      const victim = victims.pop() as Victim;
      const [toldBefore, cutBefore] = [shop.told.length, shop.cutAnswers()];
      await crashDuringWork(shop, victim);
      kills[victim] += 1;
      cut[victim] += shop.cutAnswers() - cutBefore;
      const told = shop.told.slice(toldBefore);
      await expectExactlyOnce(databaseUrl, told, { isAll: false });
      await expectBooksAsTold(shop);
      await expectSameAnswers(shop, told);
      if (process.env.CRASH_ROUNDS) console.log(`round ${round}, ${victim}: ${JSON.stringify({ kills, cut, mutations: shop.told.length })}`);
    }
    await expectExactlyOnce(databaseUrl, shop.told, { isAll: true });
    await expectBooksAsTold(shop);
    expect(await select(databaseUrl, 'select count(*)::int as customers from customer')).toEqual([{ customers: shop.customerCount() }]);
    // Killed while they worked, not between.
    for (const victim of ['gateway', 'postgres'] as const) if (kills[victim] > 0) expect(cut[victim]).toBeGreaterThan(0);

    const { stdout } = await promisify(execFile)(process.execPath, ['dist/verify.js'], { env: { PATH: process.env.PATH, ...environment } });
    expect(stdout).toMatch(new RegExp(`^${CUSTOMERS} accounts, .* every sum and every hash agrees$`, 'm'));
    expect(await shop.stop()).toBe(0);
  });
});
