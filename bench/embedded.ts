import { BEHIND_A_PROXY, codeBursts, emailsOf, inboxIn, inboxOf } from './codes.ts';
import { compare, type Figures, httpCandidate, type Load, type Rounds, ratios, takeTurns, twice } from './harness.ts';
import { Connection } from './http.ts';
import { gatewayListen, type LiveCandidate, type LiveRound, livePace, liveRound, liveTable } from './live.ts';
import { embeddedFolder, type Started, startInFolder, startOnServices } from './servers.ts';
import { accountGid, debitLoad, listLoad, openShop, pageLoad, readLoad, type Scale } from './shop.ts';
import { spread, table } from './table.ts';

const SERVICES_NAME = 'PostgreSQL and Redis';
const EMBEDDED_NAME = 'embedded';
/** As many as the development inbox shows. */
const CODES = 50;

const rowsOf = (operation: string, rounds: Rounds): string[][] =>
  [...rounds].map(([name, own]) => [
    operation,
    name,
    spread(own.map(({ perSecond }) => perSecond)),
    name === SERVICES_NAME ? '1' : spread(ratios(rounds, name, SERVICES_NAME)),
    spread(own.map(({ p50 }) => p50)),
    spread(own.map(({ p99 }) => p99)),
    spread(own.map(({ serverCpu }) => serverCpu)),
  ]);

/** Versions of accounts by the gateway's own word. */
const standingsFrom = (url: string, token: string) => async (ids: readonly string[]) => {
  const connection = await Connection.open(url);
  const found: { id: string; version: number }[] = [];
  for (const id of ids) {
    const body = JSON.stringify({ query: 'query Version($id: ID!) { storeCreditAccount(id: $id) { version } }', variables: { id: accountGid(id) } });
    const answer = await connection.post('/graphql', `authorization: ${token}\r\n`, body);
    const { data } = JSON.parse(answer.body.toString()) as { data: { storeCreditAccount: { version: string } } };
    found.push({ id, version: Number(data.storeCreditAccount.version) });
  }
  connection.close();
  return found;
};

const codesInBoth = async (scale: Scale, services: Started, inProcess: Started, shop: Awaited<ReturnType<typeof openShop>>): Promise<string[][]> => {
  const emails = await emailsOf(shop.sql);
  const size = scale.isSmoke ? 10 : CODES;
  const bursts = [
    [SERVICES_NAME, codeBursts(SERVICES_NAME, services, inboxIn(shop.sql), emails, size, null)],
    [EMBEDDED_NAME, codeBursts(EMBEDDED_NAME, inProcess, inboxOf(inProcess), emails, size, null)],
  ] as const;
  const requests = new Map<string, Figures[]>(bursts.map(([name]) => [name, []]));
  const confirmations = new Map<string, Figures[]>(bursts.map(([name]) => [name, []]));
  for (let round = 0; round < scale.pace.rounds; round += 1) {
    for (const [name, burst] of bursts) {
      const { request, confirm } = await burst();
      requests.get(name)?.push(request);
      confirmations.get(name)?.push(confirm);
    }
  }
  return [...rowsOf(`${size} codes asked for`, requests), ...rowsOf(`${size} codes given`, confirmations)];
};

/** Both modes on the same small shop: the same operations one after the other, then live balances. */
export const embedded = async (scale: Scale): Promise<void> => {
  const shop = await openShop(scale.embeddedCustomers, true);
  const dataDir = await embeddedFolder(scale.embeddedCustomers);
  const options = { environment: BEHIND_A_PROXY };
  const [services, inProcess] = await Promise.all([startOnServices(shop.databaseUrl, options), startInFolder(dataDir, options)]);

  const operations: readonly [name: string, load: Load, isRead: boolean][] = [
    ['one customer', readLoad(scale, shop.customers), true],
    ['a page of 50', listLoad(scale, shop.customers), true],
    ['account page', pageLoad(scale, shop.customers), true],
    ['debit, any account', debitLoad(scale, shop.accounts), false],
    ['debit, one account', debitLoad(scale, shop.accounts.slice(0, 1)), false],
  ];
  const rows: string[][] = [];
  for (const [name, load, isRead] of operations) {
    const base = httpCandidate(SERVICES_NAME, services, '/graphql', load, null);
    const own = httpCandidate(EMBEDDED_NAME, inProcess, '/graphql', load, null);
    if (isRead) await compare(scale, base, own, twice(load.nextBody));
    rows.push(...rowsOf(name, await takeTurns([base, own], scale.pace)));
  }
  rows.push(...(await codesInBoth(scale, services, inProcess, shop)));
  await Promise.all([services.stop(), inProcess.stop()]);

  const candidate: LiveCandidate = {
    name: EMBEDDED_NAME,
    isOrdered: true,
    holder: () => startInFolder(dataDir),
    payer: null,
    listen: gatewayListen,
    debitPath: '/graphql',
    standings: ({ url, headers }) => standingsFrom(url, headers.authorization as string),
  };
  const pace = livePace({ ...scale, subscribers: scale.embeddedSubscribers, changesPerSecond: scale.embeddedChangesPerSecond });
  const live: LiveRound[] = [];
  for (let round = 0; round < scale.liveRounds; round += 1) live.push(await liveRound(candidate, pace, shop.accounts));
  await shop.close();

  if (scale.isSmoke) return console.log('Both modes: every operation answers alike, every version is told');
  const how = `${scale.embeddedCustomers} customers, ${scale.pace.rounds} rounds of ${scale.pace.secondsPerRound} s for each in turn; median [smallest-largest]. Embedded, the server’s CPU is the database’s too.`;
  console.log(table('The two modes', how, ['', '', 'requests/s', 'ratio', 'p50 ms', 'p99 ms', 'server CPU ms/request'], rows));
  console.log(liveTable('Live balances, embedded: one process pays and tells', pace, new Map([[EMBEDDED_NAME, live]])));
};
