import { readdirSync, readFileSync } from 'node:fs';
import type { Sql } from '../src/db/client.ts';

/** The kernel counts a process's time in hundredths of a second, and a thread's in nanoseconds where it was built to. */
const MS_PER_TICK = 10;
const NS_PER_MS = 1_000_000;

const byThreads = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    0,
  ) / NS_PER_MS;

const byTicks = (pid: number): number => {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(afterName[11]) + Number(afterName[12])) * MS_PER_TICK;
};

/** CPU time of a process and its threads so far, in milliseconds; null when it is not one of this machine's. */
export const cpuOf = (pid: number): number | null => {
  for (const read of [byThreads, byTicks]) {
    try {
      return read(pid);
    } catch {
      // The process has gone, or the kernel does not say.
    }
  }
  return null;
};

/** Resident memory of a process in KiB. */
export const residentOf = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** The most that it had at any time, in KiB; null where the kernel does not say. */
export const peakOf = (pid: number): number | null => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN);
  } catch {
    return null;
  }
};

/** CPU times of the database's connections by process; empty when PostgreSQL runs elsewhere. */
export const databaseCpu = async (sql: Sql): Promise<Map<number, number>> => {
  const rows = await sql<{ pid: number }>('select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()', []);
  return new Map(
    rows.flatMap(({ pid }) => {
      const cpu = cpuOf(pid);
      return cpu === null ? [] : [[pid, cpu] as const];
    }),
  );
};

/** What those connections have spent since; null when it cannot be seen. */
export const spentSince = (before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | null =>
  after.size === 0 ? null : [...after].reduce((sum, [pid, cpu]) => sum + cpu - (before.get(pid) ?? 0), 0);
