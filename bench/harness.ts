import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '../src/db/client.ts';
import { cpuOf, databaseCpu, spentSince } from './cpu.ts';
import { type Answer, Connection } from './http.ts';
import type { Started } from './servers.ts';
import { quantile, spread, table } from './table.ts';

/** One round of one candidate. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of CPU for one request; null where it cannot be seen. */
  readonly serverCpu: number | null;
  readonly databaseCpu: number | null;
}

export interface Candidate {
  readonly name: string;
  measure(seconds: number): Promise<Figures>;
}

export interface Pace {
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
}

/** What is asked of an HTTP server. */
export interface Load {
  /** The next operation as JSON. */
  readonly nextBody: () => string;
  /** How a right answer begins; anything else ends the measurement. */
  readonly answer: string | readonly string[];
  /** Requests under way at any time. */
  readonly concurrency: number;
  /** Header lines of the next request, each ending in CRLF, besides the server's own. */
  readonly nextHeaders?: () => string;
}

/** An HTTP server under a load. */
export interface HttpCandidate extends Candidate {
  ask(body: string): Promise<unknown>;
  /** So many requests instead of so long. */
  measureCount(count: number): Promise<Figures>;
}

const headerLines = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

const LONGEST_BEGINNING = 200;

/** That server as a candidate. `sql` is a session on its database, null when it is inside the server's process. */
export const httpCandidate = (name: string, { url, pid, headers }: Started, pathname: string, load: Load, sql: Sql | null): HttpCandidate => {
  const own = headerLines(headers);
  const beginnings = [load.answer].flat();
  const check = ({ status, body }: Answer): void => {
    const beginning = body.toString('latin1', 0, LONGEST_BEGINNING);
    if (status !== 200 || !beginnings.some((expected) => beginning.startsWith(expected))) {
      throw new Error(`${name} answered ${status} ${body.toString().slice(0, 1_000)}`);
    }
  };

  const run = async (isOver: (sent: number) => boolean): Promise<Figures> => {
    const connections = await Promise.all(Array.from({ length: load.concurrency }, () => Connection.open(url)));
    const latencies: number[] = [];
    let sent = 0;
    const databaseBefore = sql ? await databaseCpu(sql) : null;
    const serverBefore = cpuOf(pid);
    const started = performance.now();
    const client = async (connection: Connection): Promise<void> => {
      while (!isOver(sent)) {
        sent += 1;
        const before = performance.now();
        check(await connection.post(pathname, own + (load.nextHeaders?.() ?? ''), load.nextBody()));
        latencies.push(performance.now() - before);
      }
    };
    try {
      await Promise.all(connections.map(client));
    } finally {
      for (const connection of connections) connection.close();
    }
    const elapsed = performance.now() - started;
    const serverAfter = cpuOf(pid);
    const inDatabase = sql && databaseBefore ? spentSince(databaseBefore, await databaseCpu(sql)) : null;
    latencies.sort((a, b) => a - b);
    const count = latencies.length;
    return {
      perSecond: (count / elapsed) * 1_000,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      serverCpu: serverBefore === null || serverAfter === null ? null : (serverAfter - serverBefore) / count,
      databaseCpu: inDatabase === null ? null : inDatabase / count,
    };
  };

  return {
    name,
    measure: (seconds) => {
      const end = performance.now() + seconds * 1_000;
      return run(() => performance.now() >= end);
    },
    measureCount: (count) => run((sent) => sent >= count),
    ask: async (body) => {
      const connection = await Connection.open(url);
      try {
        const answer = await connection.post(pathname, own + (load.nextHeaders?.() ?? ''), body);
        check(answer);
        return JSON.parse(answer.body.toString()) as unknown;
      } finally {
        connection.close();
      }
    },
  };
};

/** Throws unless the second answers every operation as the first does, once its answer is read by `asFirst`. */
export const compare = async (
  { compared }: { readonly compared: number },
  first: HttpCandidate,
  second: HttpCandidate,
  nextBodies: () => readonly [string, string],
  asFirst: (answer: never) => unknown = (answer) => answer,
): Promise<void> => {
  for (let count = 0; count < compared; count += 1) {
    const [body, secondBody] = nextBodies();
    const expected = await first.ask(body);
    const answer = asFirst((await second.ask(secondBody)) as never);
    if (!isDeepStrictEqual(answer, expected)) {
      throw new Error(`${second.name} answers\n${JSON.stringify(answer)}\nwhere ${first.name} answers\n${JSON.stringify(expected)}\nto ${body}`);
    }
  }
};

/** The same operation for both. */
export const twice = (nextBody: () => string) => (): readonly [string, string] => {
  const body = nextBody();
  return [body, body];
};

/** The figures of each candidate, round by round. */
export type Rounds = ReadonlyMap<string, readonly Figures[]>;

/** Measures the candidates in turn, A B C A B C …, so that whatever else the machine does falls on all. */
export const takeTurns = async (candidates: readonly Candidate[], { rounds, secondsPerRound, warmUpSeconds }: Pace): Promise<Rounds> => {
  for (const candidate of candidates) await candidate.measure(warmUpSeconds);
  const figures = new Map<string, Figures[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) figures.get(candidate.name)?.push(await candidate.measure(secondsPerRound));
  }
  return figures;
};

/** One figure of one candidate over the same of another, within each round. */
export const ratios = (rounds: Rounds, name: string, to: string, figure: keyof Figures = 'perSecond'): number[] => {
  const base = rounds.get(to) ?? [];
  return (rounds.get(name) ?? []).map((own, round) => (own[figure] ?? Number.NaN) / (base[round]?.[figure] ?? Number.NaN));
};

/** The rounds as Markdown; the first candidate is what the others are compared with. */
export const roundsTable = (title: string, how: string, rounds: Rounds, pace: Pace): string => {
  const names = [...rounds.keys()];
  const base = names[0] as string;
  const rows = names.map((name) => {
    const own = rounds.get(name) ?? [];
    return [
      name,
      spread(own.map(({ perSecond }) => perSecond)),
      name === base ? '1' : spread(ratios(rounds, name, base)),
      spread(own.map(({ p50 }) => p50)),
      spread(own.map(({ p99 }) => p99)),
      spread(own.map(({ serverCpu }) => serverCpu)),
      spread(own.map(({ databaseCpu }) => databaseCpu)),
    ];
  });
  return table(
    title,
    `${how}, ${pace.rounds} rounds of ${pace.secondsPerRound} s for each in turn; median [smallest-largest] of the rounds.`,
    ['', 'requests/s', 'ratio', 'p50 ms', 'p99 ms', 'server CPU ms/request', 'PostgreSQL CPU ms/request'],
    rows,
  );
};
