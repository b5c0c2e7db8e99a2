import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A service that belongs to one test alone, which may kill it. */
interface OwnService {
  readonly url: string;
  /** Starts it, for the first time or again, and answers when it serves. */
  start(): Promise<void>;
  /** As `kill -9` of all its processes at once. */
  kill(): Promise<void>;
  /** As its operator stops it. */
  stop(): Promise<void>;
}

export interface OwnServices {
  readonly postgres: OwnService;
  readonly redis: OwnService;
  /** Stops both and removes what they wrote. */
  remove(): Promise<void>;
}

const output = (command: string, ...args: readonly string[]): string | null => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
};

/** Where the server of PostgreSQL is installed: what `pg_config` says, or the newest of where Debian keeps them. */
const postgresFolder = (): string | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [output('pg_config', '--bindir') ?? '', ...versions.map((version) => path.join(debian, version, 'bin'))].find(
    (folder) => folder !== '' && existsSync(path.join(folder, 'initdb')) && existsSync(path.join(folder, 'postgres')),
  );
};

/** PostgreSQL refuses to run as root: its user is then the one of that name. */
const postgresUser = (): { uid: number; gid: number } | null => {
  const [uid, gid] = [output('id', '-u', 'postgres'), output('id', '-g', 'postgres')];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
};

const isRoot = (): boolean => process.getuid?.() === 0;

/** Why no services of a test's own can be had here, or null. */
export const whyNoOwnServices = (): string | null => {
  if (!existsSync('/proc/self/stat')) return 'there is no /proc to find the processes of PostgreSQL in';
  if (!postgresFolder()) return 'no server of PostgreSQL is installed';
  if (isRoot() && !postgresUser()) return 'PostgreSQL does not run as root, and there is no user postgres';
  if (output('redis-server', '--version') === null) return 'no redis-server is installed';
  return null;
};

/**
 * A free port below those that the system gives to outgoing connections: one of them could take it while the service is dead, and a client
 * that calls a dead service again and again would at last be connected to itself.
 */
const lastingPort = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]).catch(() => false);
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
};

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  hasEnded(): boolean;
  /** What it printed last. */
  output(): string;
}

const run = (command: string, args: readonly string[], options: SpawnOptions): Running => {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text = `${text}${chunk}`.slice(-10_000)));
  let hasEnded = false;
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true;
      resolve();
    };
    // A command that cannot be run does not exit, but fails.
    child.once('exit', end).once('error', end);
  });
  return { child, exited, hasEnded: () => hasEnded, output: () => text };
};

interface Means {
  readonly name: string;
  readonly url: string;
  launch(): Running;
  serves(): Promise<boolean>;
  /** The processes that die with the one that was launched, while that one makes no more of them. */
  partsOf(pid: number): readonly number[];
  readonly stopSignal: NodeJS.Signals;
}

const ownService = ({ name, url, launch, serves, partsOf, stopSignal }: Means): OwnService => {
  let running: Running | undefined;
  const end = async (signals: (child: ChildProcess) => void): Promise<void> => {
    const ending = running;
    running = undefined;
    if (!ending) return;
    signals(ending.child);
    await ending.exited;
  };
  return {
    url,
    start: async () => {
      const late = Date.now() + START_MS_MAX;
      running = launch();
      while (!(await serves())) {
        if (!running) throw new Error(`${name} was stopped while it started.`);
        if (Date.now() > late) throw new Error(`${name} did not start:\n${running.output()}`);
        // PostgreSQL gives up while processes of the one that was killed still hold its shared memory; they are gone soon.
        if (running.hasEnded()) running = launch();
        await sleep(20);
      }
    },
    kill: () =>
      end((child) => {
        // Stopped first, so that it makes no more processes while they are counted.
        child.kill('SIGSTOP');
        for (const pid of [...partsOf(child.pid as number), child.pid as number]) signal(pid, 'SIGKILL');
      }),
    stop: () =>
      end((child) => {
        child.kill(stopSignal);
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
        child.once('exit', () => clearTimeout(late));
      }),
  };
};

/** Signals a process that may have ended meanwhile. */
const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        // `pid (name) state parent …`, where the name may hold anything.
        const [, parentPid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(parentPid) === parent;
      } catch {
        return false;
      }
    });

const ownPostgres = async (folder: string): Promise<OwnService> => {
  const bin = postgresFolder() as string;
  const data = path.join(folder, 'postgres');
  const user = isRoot() ? postgresUser() : null;
  const options: SpawnOptions = { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' }, ...(user ?? {}) };
  const initdb = run(path.join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], options);
  await initdb.exited;
  if (initdb.child.exitCode !== 0) throw new Error(`No cluster could be made:\n${initdb.output()}`);
  const port = await lastingPort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'on', synchronous_commit: 'on', shared_buffers: '32MB' };
  const args = ['-D', data, '-p', String(port), ...Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`])];
  return ownService({
    name: 'PostgreSQL',
    url,
    launch: () => run(path.join(bin, 'postgres'), args, options),
    serves: async () => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      return client.connect().then(
        () => client.end().then(() => true),
        () => false,
      );
    },
    partsOf: childrenOf,
    stopSignal: 'SIGINT',
  });
};

const ownRedis = async (folder: string): Promise<OwnService> => {
  const port = await lastingPort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'];
  return ownService({
    name: 'Redis',
    url: `redis://127.0.0.1:${port}`,
    launch: () => run('redis-server', args, { cwd: folder }),
    serves: () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.destroy());
        socket.once('error', () => resolve(false));
        socket.once('close', (isBroken) => resolve(!isBroken));
      }),
    partsOf: () => [],
    stopSignal: 'SIGTERM',
  });
};

/** Makes and starts a PostgreSQL, which syncs what it commits, and a Redis, which keeps nothing, both in a folder that nobody else has. */
export const startOwnServices = async (): Promise<OwnServices> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clientele-services-'));
  const user = isRoot() ? postgresUser() : null;
  if (user) chownSync(folder, user.uid, user.gid);
  const started: OwnService[] = [];
  const remove = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const make of [ownPostgres, ownRedis]) {
      const service = await make(folder);
      started.push(service);
      await service.start();
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const [postgres, redis] = started as [OwnService, OwnService];
  return { postgres, redis, remove };
};
