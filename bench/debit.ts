import type { Candidate } from './harness.ts';
import { httpCandidate, ratios, roundsTable, takeTurns } from './harness.ts';
import { disagreeing } from './load.ts';
import { findPgbench, numberAccounts, pgbenchCandidate } from './pgbench.ts';
import { shared, startOnServices, startScript } from './servers.ts';
import { debitLoad, type Scale, type Shop } from './shop.ts';
import { atLeast } from './targets.ts';

const WANTED = { any: 0.8, one: 2 } as const;

/** Debits with a key each, of any account and of one, against pgbench on the same statement. */
export const debit = async (scale: Scale, { databaseUrl, sql, accounts }: Shop): Promise<void> => {
  const pgbench = findPgbench();
  if (!pgbench) console.log('pgbench is missing: debits are compared with the floor alone. It comes with PostgreSQL’s own packages.\n');
  const [floor, gateway] = await Promise.all([
    shared('floor', () => startScript('floor.ts', { DATABASE_URL: databaseUrl })),
    shared('gateway', () => startOnServices(databaseUrl)),
  ]);
  await numberAccounts(sql, accounts);

  for (const [which, some] of [
    ['any', accounts],
    ['one', accounts.slice(0, 1)],
  ] as const) {
    const load = debitLoad(scale, some);
    const overHttp = httpCandidate('gateway', gateway, '/graphql', load, sql);
    const bare = httpCandidate('floor: node:http, one statement', floor, '/debit', load, sql);
    const candidates: Candidate[] = pgbench
      ? [pgbenchCandidate(pgbench, databaseUrl, sql, some.length, load.concurrency), bare, overHttp]
      : [bare, overHttp];
    const rounds = await takeTurns(candidates, scale.pace);
    const title = `Debits, ${which} account`;
    const names = candidates.map(({ name }) => name).join(', ');
    console.log(scale.isSmoke ? `${title}: ${names} debit` : roundsTable(title, `${load.concurrency} requests at a time`, rounds, scale.pace));
    const base = candidates[0]?.name as string;
    atLeast(`debit, ${which} account: gateway to ${base}`, WANTED[which], ratios(rounds, overHttp.name, base));
  }

  const wrong = await disagreeing(sql);
  if (wrong > 0) throw new Error(`after the debits ${wrong} accounts do not agree with their transactions and lots`);
  console.log('Every account agrees with its transactions and lots.\n');
};
