// `npm run bench` measures; names after `--` run only those suites; `--smoke` checks, on a small database, that all of it runs and that
// all candidates answer alike.
import { codes } from './codes.ts';
import { debit } from './debit.ts';
import { embedded } from './embedded.ts';
import { importing } from './import.ts';
import { live } from './live.ts';
import { page } from './page.ts';
import { list, read } from './read.ts';
import { reports } from './reports.ts';
import { search } from './search.ts';
import { stopAll } from './servers.ts';
import { openShop, type Scale, type Shop } from './shop.ts';
import { start } from './start.ts';
import { targetsTable } from './targets.ts';

const SUITES: Readonly<Record<string, (scale: Scale, shop: Shop) => Promise<void>>> = {
  read,
  list,
  page,
  debit,
  live,
  codes,
  reports,
  start,
  embedded,
  search: (scale) => search(scale),
  import: importing,
};

const SMOKE: Scale = {
  isSmoke: true,
  customers: 2_000,
  embeddedCustomers: 200,
  pace: { rounds: 1, secondsPerRound: 0.3, warmUpSeconds: 0.2 },
  compared: 5,
  readers: 2,
  payers: 4,
  liveRounds: 1,
  subscribers: 100,
  changesPerSecond: 50,
  embeddedSubscribers: 20,
  embeddedChangesPerSecond: 20,
};

// Fewer and shorter rounds give a first idea; what is quoted is taken with neither set.
const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const FULL: Scale = {
  isSmoke: false,
  customers: 100_000,
  embeddedCustomers: 1_000,
  pace: { rounds, secondsPerRound: seconds, warmUpSeconds: Math.min(seconds, 3) },
  compared: 20,
  readers: 16,
  payers: 32,
  liveRounds: Math.min(rounds, 5),
  subscribers: 5_000,
  changesPerSecond: 200,
  embeddedSubscribers: 500,
  embeddedChangesPerSecond: 50,
};

const scale = process.argv.includes('--smoke') ? SMOKE : FULL;
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = asked.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}.`);
  process.exit(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const shop = await openShop(scale.customers);
try {
  for (const name of asked.length > 0 ? asked : Object.keys(SUITES)) await SUITES[name]?.(scale, shop);
  if (!scale.isSmoke) console.log(targetsTable());
} finally {
  await stopAll();
  await shop.close();
}
