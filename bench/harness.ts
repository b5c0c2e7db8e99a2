import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Pool } from 'undici';
import type { Sql } from '../src/db/client.ts';

/** A server under measurement, in a process of its own. */
export interface Candidate {
  readonly name: string;
  /** Where the operations are sent. */
  readonly url: string;
  readonly pid: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Suite {
  readonly title: string;
  /** The first one is what the others are compared with. */
  readonly candidates: readonly Candidate[];
  /** Requests under way at any time. */
  readonly concurrency: number;
  /** The next operation as JSON, the same for every candidate. */
  readonly nextBody: () => string;
  /** Whether an answer is the one that was asked for; anything else ends the measurement. */
  readonly isAnswered: (answer: string) => boolean;
  /** Reads: every candidate must give the same answer to the same operation. */
  readonly isRead: boolean;
}

export interface Pace {
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of CPU for one request; null where it cannot be seen. */
  readonly serverCpu: number | null;
  readonly databaseCpu: number | null;
}

const CHECKED_ANSWERS = 20;
/** The kernel counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10;

/** CPU time of a process and its threads so far, in milliseconds; null when it is not one of this machine's. */
const cpuOf = (pid: number): number | null => {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(afterName[11]) + Number(afterName[12])) * MS_PER_TICK;
  } catch {
    return null;
  }
};

/** CPU times of the database's connections by process. */
const databaseCpu = async (sql: Sql): Promise<Map<number, number>> => {
  const rows = await sql<{ pid: number }>('select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()', []);
  return new Map(
    rows.flatMap(({ pid }) => {
      const cpu = cpuOf(pid);
      return cpu === null ? [] : [[pid, cpu] as const];
    }),
  );
};

const send = async (pool: Pool, { url, headers }: Candidate, body: string): Promise<{ status: number; text: string }> => {
  const { pathname } = new URL(url);
  const answer = await pool.request({ path: pathname, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  return { status: answer.statusCode, text: await answer.body.text() };
};

const poolOf = ({ url }: Candidate, concurrency: number): Pool => new Pool(new URL(url).origin, { connections: concurrency, pipelining: 1 });

/** Throws unless each candidate answers, and all answer a read alike. */
const checkAnswers = async ({ title, candidates, nextBody, isAnswered, isRead }: Suite): Promise<void> => {
  const pools = candidates.map((candidate) => poolOf(candidate, 1));
  for (let count = 0; count < CHECKED_ANSWERS; count += 1) {
    let body = nextBody();
    let expected: unknown;
    for (const [index, candidate] of candidates.entries()) {
      if (!isRead) body = nextBody();
      const { status, text } = await send(pools[index] as Pool, candidate, body);
      if (status !== 200 || !isAnswered(text)) throw new Error(`${title}: ${candidate.name} answered ${status} ${text.slice(0, 1_000)}\nto ${body}`);
      const answer: unknown = JSON.parse(text);
      if (index === 0) expected = answer;
      else if (isRead && !isDeepStrictEqual(answer, expected)) {
        throw new Error(
          `${title}: ${candidate.name} answers\n${text}\nwhere ${candidates[0]?.name} answers\n${JSON.stringify(expected)}\nto ${body}`,
        );
      }
    }
  }
  await Promise.all(pools.map((pool) => pool.close()));
};

const quantile = (sorted: readonly number[], part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** One candidate under load for that long. */
const measure = async ({ title, concurrency, nextBody, isAnswered }: Suite, candidate: Candidate, seconds: number, sql: Sql): Promise<Figures> => {
  const pool = poolOf(candidate, concurrency);
  const latencies: number[] = [];
  const databaseBefore = await databaseCpu(sql);
  const serverBefore = cpuOf(candidate.pid);
  const started = performance.now();
  const end = started + seconds * 1_000;
  const client = async (): Promise<void> => {
    for (;;) {
      const before = performance.now();
      if (before >= end) return;
      const { status, text } = await send(pool, candidate, nextBody());
      if (status !== 200 || !isAnswered(text)) throw new Error(`${title}: ${candidate.name} answered ${status} ${text.slice(0, 1_000)}`);
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const elapsed = performance.now() - started;
  const serverAfter = cpuOf(candidate.pid);
  const databaseAfter = await databaseCpu(sql);
  await pool.close();

  const count = latencies.length;
  latencies.sort((a, b) => a - b);
  const inDatabase = [...databaseAfter].reduce((sum, [pid, cpu]) => sum + cpu - (databaseBefore.get(pid) ?? 0), 0);
  return {
    perSecond: (count / elapsed) * 1_000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    serverCpu: serverBefore === null || serverAfter === null ? null : (serverAfter - serverBefore) / count,
    databaseCpu: databaseAfter.size === 0 ? null : inDatabase / count,
  };
};

const decimals = (value: number): string =>
  value >= 1_000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);

/** `median [smallest-largest]` */
const spread = (values: readonly (number | null)[]): string => {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return '–';
  const middle = (known[Math.floor((known.length - 1) / 2)] as number) / 2 + (known[Math.ceil((known.length - 1) / 2)] as number) / 2;
  return `${decimals(middle)} [${decimals(known[0] as number)}-${decimals(known.at(-1) as number)}]`;
};

const tableOf = ({ title, candidates, concurrency }: Suite, figures: ReadonlyMap<Candidate, readonly Figures[]>, pace: Pace): string => {
  const first = figures.get(candidates[0] as Candidate) ?? [];
  const rows = candidates.map((candidate) => {
    const own = figures.get(candidate) ?? [];
    const cells = [
      spread(own.map(({ perSecond }) => perSecond)),
      candidate === candidates[0] ? '1' : spread(own.map(({ perSecond }, round) => perSecond / (first[round]?.perSecond ?? Number.NaN))),
      spread(own.map(({ p50 }) => p50)),
      spread(own.map(({ p99 }) => p99)),
      spread(own.map(({ serverCpu }) => serverCpu)),
      spread(own.map(({ databaseCpu }) => databaseCpu)),
    ];
    return `| ${candidate.name} | ${cells.join(' | ')} |`;
  });
  return [
    `### ${title}`,
    '',
    `${concurrency} requests at a time, ${pace.rounds} rounds of ${pace.secondsPerRound} s for each in turn; median [smallest-largest] of the rounds.`,
    '',
    '| | requests/s | ratio | p50 ms | p99 ms | server CPU ms/request | PostgreSQL CPU ms/request |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};

/**
 * Checks that the candidates answer alike, then measures them in turn, A B C A B C …, so that whatever else the machine does falls on all.
 * Ratios are taken within a round. Answers with the table as Markdown.
 */
export const runSuite = async (suite: Suite, pace: Pace, sql: Sql): Promise<string> => {
  await checkAnswers(suite);
  for (const candidate of suite.candidates) await measure(suite, candidate, pace.warmUpSeconds, sql);
  const figures = new Map<Candidate, Figures[]>(suite.candidates.map((candidate) => [candidate, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const candidate of suite.candidates) figures.get(candidate)?.push(await measure(suite, candidate, pace.secondsPerRound, sql));
  }
  return tableOf(suite, figures, pace);
};
