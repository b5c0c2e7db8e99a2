import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { embedded } from '../src/backend/embedded.ts';
import { startProcess } from '../test/support/process.ts';
import type { Candidate } from './harness.ts';
import { fill, SERVICES } from './load.ts';

/** A server in a process of its own, which `stop` ends. */
export interface Started {
  readonly pid: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  stop(): Promise<void>;
}

/** The same server as a candidate of one suite. */
export const candidate = (name: string, { url, pid, headers }: Started, pathname: string): Candidate => ({
  name,
  url: `${url}${pathname}`,
  pid,
  headers,
});

const startGateway = async (environment: Record<string, string>): Promise<Started> => {
  const token = randomBytes(32).toString('base64url');
  const gateway = await startProcess({ HOST: '127.0.0.1', ADMIN_TOKEN: token, SAMPLE_SHOP: 'false', ...environment });
  const kill = (): void => void gateway.child.kill('SIGKILL');
  process.on('exit', kill);
  return {
    pid: gateway.child.pid as number,
    url: gateway.url,
    headers: { authorization: `Bearer ${token}` },
    stop: async () => {
      await gateway.stop();
      process.off('exit', kill);
    },
  };
};

/** The gateway as an operator runs it on PostgreSQL and Redis. */
export const startOnServices = (databaseUrl: string): Promise<Started> => startGateway({ DATABASE_URL: databaseUrl, REDIS_URL: SERVICES.redisUrl });

/** The gateway on an embedded database of that many customers, in a folder that goes with it. */
export const startEmbedded = async (customers: number): Promise<Started> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'clientele-bench-'));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  process.on('exit', remove);
  const backend = await embedded({ dataDir });
  await fill(backend.database.sql, customers);
  await backend.database.sql('analyze', []);
  await backend.close();
  const started = await startGateway({ DATA_DIR: dataDir });
  return {
    ...started,
    stop: async () => {
      await started.stop();
      remove();
    },
  };
};

/** The floor: see floor.ts. */
export const startFloor = async (databaseUrl: string): Promise<Started> => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/floor.ts'], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    pid: child.pid as number,
    url: `http://127.0.0.1:${port.toString().trim()}`,
    headers: {},
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
      process.off('exit', kill);
    },
  };
};
