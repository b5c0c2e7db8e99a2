import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

interface Holder {
  pid: number;
  /** When that process started, in clock ticks since boot (field 22 of /proc/<pid>/stat): tells it from a later one with the same pid. */
  startedTicks: string | null;
}

const startedTicks = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

const isAlive = ({ pid, startedTicks: ticks }: Holder): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return ticks === null ? pid !== process.pid : startedTicks(pid) === ticks;
};

/**
 * Takes a folder for this process and returns the way to give it back. PGlite lets two processes open one folder and ruin it.
 * A lock left by a process that was killed is taken over. Throws when a living process holds the folder.
 */
export const lockFolder = (folder: string): (() => void) => {
  const file = path.join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, JSON.stringify({ pid: process.pid, startedTicks: startedTicks(process.pid) } satisfies Holder));
      closeSync(descriptor);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder)) {
      throw new Error(`${folder} is in use by process ${holder.pid}. Stop it, or give this one another DATA_DIR.`);
    }
    rmSync(file, { force: true });
  }
  throw new Error(`${folder} was taken by another process just now. Stop it, or give this one another DATA_DIR.`);
};

const readHolder = (file: string): Holder | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
};
