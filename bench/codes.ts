import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Sql } from '../src/db/client.ts';
import { CODE_CONFIRM, CODE_REQUEST } from './documents.ts';
import { type Figures, httpCandidate, type Load, type Rounds, ratios, takeTurns } from './harness.ts';
import { SERVICES } from './load.ts';
import { type Started, startOnServices } from './servers.ts';
import { debitLoad, type Scale, type Shop } from './shop.ts';
import { decimals, spread, table } from './table.ts';
import { atLeast, atMost } from './targets.ts';

/** Codes asked for at a time, then given: fewer than the development inbox keeps. */
const BURST = 400;
const SIGNERS = 16;
const DELIVERY_MS_MAX = 60_000;

/** Where codes that were mailed can be read. */
export interface Inbox {
  /** By address; older mails do not count. */
  codesOf(emails: readonly string[], since: Date): Promise<Map<string, string>>;
}

/** The development inbox as the database keeps it. */
export const inboxIn = (sql: Sql): Inbox => ({
  codesOf: async (emails, since) => {
    const rows = await sql<{ to: string; code: string }>(
      'select "to", code from development_mail where "to" = any($1::text[]) and at >= $2::text::timestamptz',
      [emails, since.toISOString()],
    );
    return new Map(rows.map(({ to, code }) => [to, code]));
  },
});

/** The development inbox as it is shown, its newest hundred. */
export const inboxOf = ({ url }: Started): Inbox => ({
  codesOf: async (_emails, since) => {
    const mails = (await (await fetch(`${url}/dev/inbox`)).json()) as { to: string; code: string; at: string }[];
    return new Map(mails.filter(({ at }) => new Date(at) >= since).map(({ to, code }) => [to, code]));
  },
});

let stranger = Math.floor(Math.random() * 2 ** 24);

/** A request of a network that was not seen before, as a proxy would say it. */
const strangersHeader = (): string => {
  stranger = (stranger + 1) % 2 ** 24;
  return `x-forwarded-for: 10.${stranger >> 16}.${(stranger >> 8) & 255}.${stranger & 255}\r\n`;
};

/** What the limits need to take every request for another person's. */
export const BEHIND_A_PROXY = { TRUSTED_PROXY_HOPS: '1' };

const REQUESTED = '{"data":{"signInCodeRequest":{"expiresAt":"';
const CONFIRMED = '{"data":{"signInCodeConfirm":{"session":{"accessToken":"';

/** Waits until every code of a burst has been mailed: what is left over would burden the measurement that comes next. */
const awaitCodes = async (inbox: Inbox, emails: readonly string[], since: Date): Promise<Map<string, string>> => {
  const late = Date.now() + DELIVERY_MS_MAX;
  for (;;) {
    const codes = await inbox.codesOf(emails, since);
    if (emails.every((email) => codes.has(email))) return codes;
    if (Date.now() > late) throw new Error(`${emails.filter((email) => !codes.has(email)).length} of ${emails.length} codes were not mailed`);
    await sleep(20);
  }
};

/**
 * Requests, then the confirmations of their codes, each address once: addresses come back only after all others have had their turn, when
 * they may be sent to again.
 */
export const codeBursts = (name: string, gateway: Started, inbox: Inbox, emails: readonly string[], size: number, sql: Sql | null) => {
  let turn = 0;
  const load = (query: string, variables: readonly object[], answer: string): Load => {
    let next = 0;
    return {
      nextBody: () => JSON.stringify({ query, variables: variables[next++] }),
      answer,
      concurrency: SIGNERS,
      nextHeaders: strangersHeader,
    };
  };
  return async (): Promise<{ request: Figures; confirm: Figures }> => {
    const some = Array.from({ length: size }, () => emails[turn++ % emails.length] as string);
    const since = new Date();
    const asked = some.map((email) => ({ email }));
    const request = await httpCandidate(name, gateway, '/graphql', load(CODE_REQUEST, asked, REQUESTED), sql).measureCount(size);
    const codes = await awaitCodes(inbox, some, since);
    const given = some.map((email) => ({ email, code: codes.get(email) }));
    const confirm = await httpCandidate(name, gateway, '/graphql', load(CODE_CONFIRM, given, CONFIRMED), sql).measureCount(size);
    return { request, confirm };
  };
};

/** Addresses of customers in an order of chance. */
export const emailsOf = async (sql: Sql): Promise<string[]> =>
  (await sql<{ email: string }>('select email from customer where email is not null order by random()', [])).map(({ email }) => email);

/** How often each command reaches that Redis database from outside while `run` takes its course. */
const countCommands = async (run: () => Promise<unknown>): Promise<Map<string, number>> => {
  const monitored = new URL(SERVICES.redisUrl).pathname.slice(1) || '0';
  const redis = new Redis(SERVICES.redisUrl);
  const monitor = await redis.monitor();
  const counts = new Map<string, number>();
  monitor.on('monitor', (_time: string, [command = '']: string[], source: string, database: string) => {
    // What a script calls stays inside Redis.
    if (database !== monitored || source === 'lua') return;
    counts.set(command.toLowerCase(), (counts.get(command.toLowerCase()) ?? 0) + 1);
  });
  await run();
  await sleep(100);
  monitor.disconnect();
  redis.disconnect();
  return counts;
};

const COUNTED = 50;

const sayRoundTrips = async (scale: Scale, burst: ReturnType<typeof codeBursts>): Promise<void> => {
  const counts = await countCommands(burst);
  const each = [...counts].map(([command, count]) => `${command} ${decimals(count / (2 * COUNTED))}`).join(', ');
  console.log(`Redis commands for a code request or confirmation, over ${COUNTED} of each: ${each}\n`);
  const scripts = (counts.get('evalsha') ?? 0) / (2 * COUNTED);
  if (scale.isSmoke && scripts !== 1) throw new Error(`a code took ${scripts} scripts in Redis where one is meant`);
  atMost('code: Redis scripts for a request or confirmation', 1, [scripts]);
};

const FIGURES = ['requests/s', 'ratio', 'p50 ms', 'p99 ms', 'server CPU ms/request', 'PostgreSQL CPU ms/request'] as const;

/** Asking for a code and giving it, against a debit of any account. */
export const codes = async (scale: Scale, { databaseUrl, sql, accounts }: Shop): Promise<void> => {
  // The script is known to Redis after its first use, and the bursts of the count come later.
  const gateway = await startOnServices(databaseUrl, { environment: BEHIND_A_PROXY });
  const emails = await emailsOf(sql);
  const debit = httpCandidate('debit, any account', gateway, '/graphql', debitLoad(scale, accounts), sql);
  const burst = codeBursts('gateway', gateway, inboxIn(sql), emails, scale.isSmoke ? 20 : BURST, sql);
  await takeTurns([debit], { ...scale.pace, rounds: 0 });
  await burst();
  const taken: { debit: Figures[]; request: Figures[]; confirm: Figures[] } = { debit: [], request: [], confirm: [] };
  for (let round = 0; round < scale.pace.rounds; round += 1) {
    taken.debit.push(await debit.measure(scale.pace.secondsPerRound));
    const { request, confirm } = await burst();
    taken.request.push(request);
    taken.confirm.push(confirm);
  }
  const rounds: Rounds = new Map(Object.entries(taken));
  const rows = [...rounds].map(([name, own]) => [
    name,
    spread(own.map(({ perSecond }) => perSecond)),
    name === 'debit' ? '1' : spread(ratios(rounds, name, 'debit')),
    spread(own.map(({ p50 }) => p50)),
    spread(own.map(({ p99 }) => p99)),
    spread(own.map(({ serverCpu }) => serverCpu)),
    spread(own.map(({ databaseCpu }) => databaseCpu)),
  ]);
  const how = `Bursts of ${BURST} codes by ${SIGNERS} at a time, asked for and then given, mails kept in the development inbox while they come; debits by 32 at a time for ${scale.pace.secondsPerRound} s; ${scale.pace.rounds} rounds in turn, median [smallest-largest].`;
  console.log(scale.isSmoke ? 'Sign-in by code: asked for, mailed, given' : table('Sign-in by code', how, ['', ...FIGURES], rows));
  atLeast('code request to debit', 0.6, ratios(rounds, 'request', 'debit'));
  atLeast('code confirm to debit', 0.6, ratios(rounds, 'confirm', 'debit'));
  await sayRoundTrips(scale, codeBursts('gateway', gateway, inboxIn(sql), emails.reverse(), COUNTED, sql));
  await gateway.stop();
};
