import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../src/db/client.ts';
import { cpuOf } from './cpu.ts';
import type { Candidate, Figures } from './harness.ts';
import { quantile } from './table.ts';

const DEBIAN = '/usr/lib/postgresql';

/** Where pgbench is, or null: on PATH, else the newest of Debian's. */
export const findPgbench = (): string | null => {
  try {
    execFileSync('pgbench', ['--version'], { stdio: 'ignore' });
    return 'pgbench';
  } catch {
    const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
    return versions.map((version) => path.join(DEBIAN, version, 'bin', 'pgbench')).find((binary) => existsSync(binary)) ?? null;
  }
};

/** The accounts by number, for pgbench to draw from. */
export const numberAccounts = async (sql: Sql, accounts: readonly string[]): Promise<void> => {
  await sql('create schema if not exists bench_peers', []);
  await sql('drop table if exists bench_peers.account', []);
  await sql('create table bench_peers.account (number int primary key, id uuid not null)', []);
  await sql('insert into bench_peers.account select place, id from unnest($1::uuid[]) with ordinality numbered(id, place)', [accounts]);
  await sql('analyze bench_peers.account', []);
};

// Ids grow with time as the gateway's do: random ones would make PostgreSQL touch more pages.
const scriptOf = (accounts: number): string => `\\set number random(1, ${accounts})
select store_credit_post(format(
  '[{"id":"%s","kind":"DEBIT","accountId":"%s","currency":"EUR","amountMinor":"1","event":"ADJUSTMENT","actor":"system","idempotency":{"scope":"bench","key":"%s","fingerprint":"00"}}]',
  overlay(gen_random_uuid()::text placing regexp_replace(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\\1-') from 1 for 13),
  (select id from bench_peers.account where number = :number), gen_random_uuid())::jsonb);
`;

/** A connection's first statement plans the whole function: that second is left out, as the others' warm-up is. */
const WARM_UP_SECONDS = 1;
const SAMPLE_EVERY_MS = 50;
const US_PER_MS = 1_000;

/** CPU times of pgbench's own connections: they are gone when it is, so what they had spent is looked at until then. */
const watchConnections = (sql: Sql, clients: number): (() => number | null) => {
  const spent = new Map<number, number>();
  const started = performance.now();
  const total = (): number => [...spent.values()].reduce((sum, ms) => sum + ms, 0);
  let warmUp: number | null = null;
  let isOver = false;
  const look = async (): Promise<void> => {
    while (!isOver) {
      if (spent.size < clients) {
        const rows = await sql<{ pid: number }>(
          "select pid from pg_stat_activity where application_name = 'pgbench' and datname = current_database()",
          [],
        );
        for (const { pid } of rows) spent.set(pid, spent.get(pid) ?? 0);
      }
      for (const pid of spent.keys()) spent.set(pid, Math.max(spent.get(pid) ?? 0, cpuOf(pid) ?? 0));
      if (performance.now() - started < WARM_UP_SECONDS * 1_000) warmUp = total();
      await sleep(SAMPLE_EVERY_MS);
    }
  };
  void look();
  return () => {
    isOver = true;
    return total() > 0 ? total() - (warmUp ?? 0) : null;
  };
};

const run = async (
  binary: string,
  databaseUrl: string,
  sql: Sql,
  { accounts, clients, seconds }: { accounts: number; clients: number; seconds: number },
) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clientele-pgbench-'));
  try {
    const script = path.join(folder, 'debit.sql');
    writeFileSync(script, scriptOf(accounts));
    const args = ['-n', '-M', 'prepared', '-c', `${clients}`, '-j', '1', '-T', `${Math.max(1, Math.round(seconds)) + WARM_UP_SECONDS}`, '-f', script];
    const child = spawn(binary, [...args, '--log', `--log-prefix=${path.join(folder, 'log')}`, databaseUrl], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const stopWatching = watchConnections(sql, clients);
    const [code] = (await once(child, 'close')) as [number];
    const cpu = stopWatching();
    if (code !== 0) throw new Error(`pgbench failed:\n${output}`);
    // A line a transaction: client, number, microseconds, script, and when it ended in seconds and microseconds.
    const ended = readdirSync(folder)
      .filter((name) => name.startsWith('log'))
      .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
      .map((line) => line.split(' ').map(Number))
      .map(([, , us = 0, , second = 0, usOfSecond = 0]) => ({ ms: us / US_PER_MS, at: second + usOfSecond / 1_000_000 }));
    const from = ended.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY) + WARM_UP_SECONDS;
    const until = ended.reduce((most, { at }) => Math.max(most, at), 0);
    const counted = ended.filter(({ at }) => at > from);
    if (counted.length === 0) throw new Error(`pgbench did nothing:\n${output}`);
    const perSecond = counted.length / (until - from);
    const latencies = counted.map(({ ms }) => ms).sort((a, b) => a - b);
    return { perSecond, latencies, cpu };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** pgbench on the ledger's own function: the first so many numbered accounts, each debit a statement and a commit of its own. */
export const pgbenchCandidate = (binary: string, databaseUrl: string, sql: Sql, accounts: number, clients: number): Candidate => ({
  name: 'pgbench, one statement',
  measure: async (seconds): Promise<Figures> => {
    const { perSecond, latencies, cpu } = await run(binary, databaseUrl, sql, { accounts, clients, seconds });
    return {
      perSecond,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      serverCpu: null,
      databaseCpu: cpu === null ? null : cpu / latencies.length,
    };
  },
});
