import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../src/db/client.ts';
import { cpuOf, residentOf } from './cpu.ts';
import { DEBIT, LIVE } from './documents.ts';
import { Connection } from './http.ts';
import type { Command, Listen, Report } from './live-client.ts';
import { SERVICES } from './load.ts';
import { type Started, shared, startOnServices, startScript } from './servers.ts';
import { accountGid, anyOf, type Scale, type Shop } from './shop.ts';
import { quantile, spread, table } from './table.ts';
import { atMost } from './targets.ts';

/** What version an account has come to. */
interface Standing {
  readonly id: string;
  readonly version: number;
}

/** A server that holds subscribers, and the one that takes the debits they hear of. */
export interface LiveCandidate {
  readonly name: string;
  /** Whether two changes of one account at the same time must be told in order: the bare server does not see to that. */
  readonly isOrdered: boolean;
  /** A new one each round: memory is compared with what it had when it was young. */
  readonly holder: () => Promise<Started>;
  /** Null: the holder itself. */
  readonly payer: (() => Promise<Started>) | null;
  readonly listen: (holder: Started) => Omit<Listen, 'accounts' | 'kind'>;
  readonly debitPath: string;
  /** Looks the versions of accounts up where the ledger is. */
  readonly standings: (holder: Started) => (ids: readonly string[]) => Promise<Standing[]>;
}

export interface LiveRound {
  readonly p50: number;
  readonly p99: number;
  /** CPU milliseconds of the holder for one delivery, beyond what it spends on idle subscribers. */
  readonly cpu: number;
  /** Of one core, while all subscribers are idle. */
  readonly idleCpu: number;
  readonly kilobytes: number;
  readonly delivered: number;
}

export interface LivePace {
  readonly subscribers: number;
  readonly changesPerSecond: number;
  readonly settleSeconds: number;
  /** What is done now and then for subscribers is spread evenly over the time. */
  readonly idleSeconds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

const PAYING_CONNECTIONS = 16;
const DELIVERY_MS_MAX = 10_000;

/** The client process; each command is answered. */
const startClient = () => {
  const child = fork('bench/live-client.ts', { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
  const tell = async (command: Command): Promise<unknown> => {
    child.send(command);
    const [{ answer, error }] = (await once(child, 'message')) as [{ answer?: unknown; error?: string }];
    if (error) throw new Error(error);
    return answer;
  };
  return { tell, stop: () => void child.kill() };
};

/** Debits of any of the accounts, evenly, for so long. Answers when the last one is answered. */
const changeAccounts = async (payer: Started, path: string, accounts: readonly string[], perSecond: number, seconds: number): Promise<number> => {
  const headers = Object.entries(payer.headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const free = await Promise.all(Array.from({ length: PAYING_CONNECTIONS }, () => Connection.open(payer.url)));
  const all = [...free];
  const underWay = new Set<Promise<void>>();
  const debit = async (connection: Connection): Promise<void> => {
    const body = JSON.stringify({ query: DEBIT, variables: { id: accountGid(anyOf(accounts)), key: randomUUID() } });
    const { status, body: answer } = await connection.post(path, headers, body);
    if (status !== 200 || !/"ok"|"balanceAfterTransaction"/.test(answer.toString())) throw new Error(`a debit was answered ${status} ${answer}`);
    free.push(connection);
  };
  const started = performance.now();
  const total = Math.round(perSecond * seconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.ceil(((performance.now() - started) / 1_000) * perSecond));
    while (sent < due && free.length > 0) {
      sent += 1;
      // In turn: a server closes connections that lie idle.
      const paying = debit(free.shift() as Connection).finally(() => underWay.delete(paying));
      underWay.add(paying);
    }
    await Promise.race([sleep(1), ...underWay]);
  }
  await Promise.all(underWay);
  for (const connection of all) connection.close();
  return total;
};

const standingsIn =
  (sql: Sql) =>
  () =>
  (ids: readonly string[]): Promise<Standing[]> =>
    sql<Standing>('select id::text, version::int from store_credit_account where id = any($1::uuid[])', [ids]);

/** Waits until every listener has seen what its account has come to. Throws when one has not in time, or saw it out of order. */
const awaitDeliveries = async (
  tell: (command: Command) => Promise<unknown>,
  before: readonly Standing[],
  after: readonly Standing[],
  isOrdered: boolean,
): Promise<Report> => {
  const late = Date.now() + DELIVERY_MS_MAX;
  const known = new Map(before.map(({ id, version }) => [id, version]));
  const moved = after.filter(({ id, version }) => version !== known.get(id));
  for (;;) {
    const report = (await tell({ kind: 'report' })) as Report;
    const behind = moved.filter(({ id, version }) => report.versions[id] !== version);
    if (isOrdered && report.outOfOrder > 0) throw new Error(`${report.outOfOrder} messages did not follow the one before of their account`);
    if (behind.length === 0) return report;
    if (Date.now() > late) throw new Error(`${behind.length} of ${moved.length} accounts that changed were not told of in ${DELIVERY_MS_MAX} ms`);
    await sleep(20);
  }
};

const cpuNow = (pid: number): number => cpuOf(pid) ?? Number.NaN;

/** One round on servers of its own: memory of idle subscribers first, then changes. */
export const liveRound = async (candidate: LiveCandidate, pace: LivePace, accounts: readonly string[]): Promise<LiveRound> => {
  const holder = await candidate.holder();
  const payer = candidate.payer ? await candidate.payer() : holder;
  const client = startClient();
  try {
    const how = candidate.listen(holder);
    const standingsOf = candidate.standings(holder);
    const listeners = accounts.slice(0, pace.subscribers);
    const before = await standingsOf(listeners);
    // One comes and goes first, so that what is loaded at the first use is not taken for memory of subscribers.
    await client.tell({ kind: 'listen', ...how, accounts: before.slice(0, 1) });
    await client.tell({ kind: 'leave' });
    // What a server still loads when it serves already, or gives back of its start, is no subscriber's.
    await sleep(pace.settleSeconds * 1_000);
    const young = residentOf(holder.pid);
    await client.tell({ kind: 'listen', ...how, accounts: before });
    await sleep(pace.settleSeconds * 1_000);
    const kilobytes = (residentOf(holder.pid) - young) / before.length;

    const idleFrom = cpuNow(holder.pid);
    await sleep(pace.idleSeconds * 1_000);
    const idleCpu = (cpuNow(holder.pid) - idleFrom) / (pace.idleSeconds * 1_000);

    await changeAccounts(payer, candidate.debitPath, listeners, pace.changesPerSecond, pace.warmUpSeconds);
    await client.tell({ kind: 'count' });
    const from = cpuNow(holder.pid);
    const started = performance.now();
    const changes = await changeAccounts(payer, candidate.debitPath, listeners, pace.changesPerSecond, pace.seconds);
    const { latencies } = await awaitDeliveries(client.tell, before, await standingsOf(listeners), candidate.isOrdered);
    const spent = cpuNow(holder.pid) - from;
    const sorted = [...latencies].sort((a, b) => a - b);
    return {
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      cpu: (spent - idleCpu * (performance.now() - started)) / changes,
      idleCpu,
      kilobytes,
      delivered: latencies.length,
    };
  } finally {
    client.stop();
    await holder.stop();
  }
};

/** The gateway holding subscribers of a staff token, over the WebSocket that browsers use. */
export const gatewayListen = ({ url, headers }: Started): Omit<Listen, 'accounts' | 'kind'> => ({
  url: `${url.replace('http', 'ws')}/graphql`,
  protocol: 'graphql-transport-ws',
  hello: JSON.stringify({ type: 'connection_init', payload: headers }),
  subscribe: JSON.stringify({ id: '1', type: 'subscribe', payload: { query: LIVE, variables: { id: accountGid('ACCOUNT') } } }),
});

export const livePace = ({ isSmoke, subscribers, changesPerSecond }: Scale): LivePace =>
  isSmoke
    ? { subscribers, changesPerSecond, settleSeconds: 0.2, idleSeconds: 0.2, warmUpSeconds: 0.2, seconds: 0.5 }
    : { subscribers, changesPerSecond, settleSeconds: 4, idleSeconds: 12, warmUpSeconds: 2, seconds: 10 };

/** The rounds as Markdown. */
export const liveTable = (title: string, pace: LivePace, rounds: ReadonlyMap<string, readonly LiveRound[]>): string =>
  table(
    title,
    `${pace.subscribers} subscribers of as many accounts, ${pace.changesPerSecond} changes a second for ${pace.seconds} s in each of ${[...rounds.values()][0]?.length} rounds in turn, each with a new server; every version of every account arrived, in order. Median [smallest-largest].`,
    ['', 'p50 ms', 'p99 ms', 'CPU ms/delivery, above idle', 'CPU of a core, idle', 'KiB/subscriber'],
    [...rounds].map(([name, own]) => [
      name,
      spread(own.map(({ p50 }) => p50)),
      spread(own.map(({ p99 }) => p99)),
      spread(own.map(({ cpu }) => cpu)),
      spread(own.map(({ idleCpu }) => idleCpu)),
      spread(own.map(({ kilobytes }) => kilobytes)),
    ]),
  );

/** Live balances against the barest server that sends them. */
export const live = async (scale: Scale, { databaseUrl, sql, accounts }: Shop): Promise<void> => {
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: SERVICES.redisUrl };
  const candidates: readonly LiveCandidate[] = [
    {
      name: 'bare: ws and Redis',
      isOrdered: false,
      holder: () => startScript('live-floor.ts', environment),
      payer: () => shared('live floor', () => startScript('live-floor.ts', environment)),
      listen: ({ url }) => ({ url: url.replace('http', 'ws'), protocol: null, hello: null, subscribe: 'ACCOUNT' }),
      debitPath: '/debit',
      standings: standingsIn(sql),
    },
    {
      name: 'gateway',
      isOrdered: true,
      holder: () => startOnServices(databaseUrl),
      payer: () => shared('gateway', () => startOnServices(databaseUrl)),
      listen: gatewayListen,
      debitPath: '/graphql',
      standings: standingsIn(sql),
    },
  ];
  const pace = livePace(scale);
  const rounds = new Map<string, LiveRound[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < scale.liveRounds; round += 1) {
    for (const candidate of candidates) {
      rounds.get(candidate.name)?.push(await liveRound(candidate, pace, accounts));
    }
  }
  console.log(scale.isSmoke ? 'Live balances: bare, gateway tell every version in order' : liveTable('Live balances', pace, rounds));
  const [bare = [], own = []] = [...rounds.values()];
  const overBare = (figure: 'p50' | 'p99' | 'cpu' | 'kilobytes') => own.map((round, index) => round[figure] / (bare[index]?.[figure] ?? Number.NaN));
  atMost('live: gateway p99 to bare', 2, overBare('p99'));
  atMost('live: gateway CPU per delivery to bare', 2, overBare('cpu'));
  atMost('live: gateway memory per subscriber to bare', 2.5, overBare('kilobytes'));
};
