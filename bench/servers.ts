import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import { embedded } from '../src/backend/embedded.ts';
import { SCOPES } from '../src/core/scopes.ts';
import { mintToken, tokenHash } from '../src/core/secret.ts';
import type { Sql } from '../src/db/client.ts';
import { fill, onSession, SERVICES } from './load.ts';

/** A server in a process of its own, which `stop` ends. */
export interface Started {
  readonly pid: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  stop(): Promise<void>;
}

const running = new Set<Started>();
const children = new Set<ChildProcess>();
const folders = new Set<string>();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const kept = new Map<string, Promise<Started>>();

/** The server that was started under that name before, else a new one: suites that follow each other share what they compare. */
export const shared = (name: string, start: () => Promise<Started>): Promise<Started> => {
  const starting = kept.get(name) ?? start();
  kept.set(name, starting);
  return starting;
};

/** Ends what is still running. */
export const stopAll = async (): Promise<void> => {
  kept.clear();
  await Promise.all([...running].map((server) => server.stop()));
};

const START_MS_MAX = 60_000;

const given = new Set<number>();

/** A port that was free a moment ago, and that nobody here was given before. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  if (given.has(port)) return freePort();
  given.add(port);
  return port;
};

interface Program {
  readonly node?: string;
  readonly args: readonly string[];
  readonly environment: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** What answers 200 once it serves; absent, any answer will do. */
  readonly readyPath?: string;
}

const TRIES = 3;

/** Starts a server that listens on PORT of 127.0.0.1, and waits until it answers; anew when another process took the port in between. */
const startProgram = async (program: Program, tries = TRIES): Promise<Started> => {
  try {
    return await tryProgram(program);
  } catch (error) {
    if (tries === 1) throw error;
    return startProgram(program, tries - 1);
  }
};

const tryProgram = async ({ node = process.execPath, args, environment, headers = {}, readyPath }: Program): Promise<Started> => {
  const port = await freePort();
  const child = spawn(node, args, {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const late = Date.now() + START_MS_MAX;
  const isReady = () =>
    fetch(`${url}${readyPath ?? '/ready'}`).then(
      ({ ok }) => ok || !readyPath,
      () => false,
    );
  while (!(await isReady()) || child.exitCode !== null) {
    if (child.exitCode !== null || Date.now() > late) throw new Error(`${args.join(' ')} did not start`);
    await sleep(20);
  }
  const started: Started = {
    pid: child.pid as number,
    url,
    headers,
    stop: async () => {
      running.delete(started);
      child.kill('SIGTERM');
      await exited;
      children.delete(child);
    },
  };
  running.add(started);
  return started;
};

export interface GatewayOptions {
  readonly node?: string;
  readonly environment?: Record<string, string>;
}

const gateway = (environment: Record<string, string>, { node, environment: more }: GatewayOptions, token: string): Promise<Started> =>
  startProgram({
    ...(node ? { node } : {}),
    args: ['dist/main.js'],
    environment: { SAMPLE_SHOP: 'false', LOG_LEVEL: 'warn', ...environment, ...more },
    headers: { authorization: `Bearer ${token}` },
    readyPath: '/health/ready',
  });

const TOKEN = mintToken('staff');

/** Lets the benchmarks in as staff. A token of their own: of those that ADMIN_TOKEN makes, the newest gateway's alone is good. */
const letIn = async (sql: Sql): Promise<void> => {
  await sql(
    `insert into staff_token (id, name, token_hash, hint, scopes) values ($1::text::uuid, 'bench', decode($2::text, 'hex'), $3::text, $4::text[])
     on conflict (token_hash) do nothing`,
    [uuid(), tokenHash(TOKEN).toString('hex'), TOKEN.slice(-4), [...SCOPES]],
  );
};

/** The gateway as an operator runs it on PostgreSQL and Redis. */
export const startOnServices = async (databaseUrl: string, options: GatewayOptions = {}): Promise<Started> => {
  await onSession(databaseUrl, letIn);
  return gateway({ DATABASE_URL: databaseUrl, REDIS_URL: SERVICES.redisUrl }, options, TOKEN);
};

const fillFolder = async (customers: number): Promise<string> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'clientele-bench-'));
  folders.add(dataDir);
  const backend = await embedded({ dataDir });
  await fill(backend.database.sql, customers);
  await letIn(backend.database.sql);
  await backend.database.sql('analyze', []);
  await backend.close();
  return dataDir;
};

const filled = new Map<number, Promise<string>>();

/** A folder with an embedded database of that many customers, for as long as the benchmarks run. */
export const embeddedFolder = (customers: number): Promise<string> => {
  const filling = filled.get(customers) ?? fillFolder(customers);
  filled.set(customers, filling);
  return filling;
};

/** The gateway on the embedded database of a folder. */
export const startInFolder = (dataDir: string, options: GatewayOptions = {}): Promise<Started> => gateway({ DATA_DIR: dataDir }, options, TOKEN);

const TSX = ['--import', 'tsx'];

/** Another server of this folder: the floors and the plain way. */
export const startScript = (file: string, environment: Record<string, string>, node?: string): Promise<Started> =>
  startProgram({ ...(node ? { node } : {}), args: [...TSX, `bench/${file}`], environment: { NODE_ENV: 'production', ...environment } });

const PEERS = path.resolve('bench/peers');

/** Installs what only the benchmarks compare with, at the first run. */
export const installPeers = (): void => {
  if (existsSync(path.join(PEERS, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing the peers into bench/peers, once');
  execFileSync('npm', ['ci', '--prefix', PEERS, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
};

/** A Node that PostGraphile runs on: this one when it is new enough, else the one that came with the peers; null on a machine that has neither. */
export const newerNode = (): string | null => {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const binary = path.join(PEERS, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(binary) ? binary : null;
};

/** A server among the peers. */
export const startPeer = (file: string, environment: Record<string, string>, node?: string): Promise<Started> =>
  startProgram({ ...(node ? { node } : {}), args: [`bench/peers/${file}`], environment: { NODE_ENV: 'production', ...environment } });
