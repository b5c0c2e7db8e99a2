import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from './load.ts';
import { embeddedFolder, freePort } from './servers.ts';
import type { Scale, Shop } from './shop.ts';
import { spread, table } from './table.ts';
import { atMost } from './targets.ts';

const STARTS = 7;
const LOOK_EVERY_MS = 2;
const START_MS_MAX = 60_000;
const BODY = '{"query":"{ __typename }"}';

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Milliseconds from starting the built gateway until it has answered an operation. */
const startTime = async (environment: Record<string, string>): Promise<number> => {
  const port = await freePort();
  const before = performance.now();
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: `${port}`, SAMPLE_SHOP: 'false', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    while (!(await isListening(port))) {
      if (child.exitCode !== null || performance.now() - before > START_MS_MAX) throw new Error('the gateway did not start');
      await sleep(LOOK_EVERY_MS);
    }
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: BODY });
    const text = await answer.text();
    if (!text.includes('"Query"')) throw new Error(`the first answer was ${answer.status} ${text}`);
    return performance.now() - before;
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
};

const nodeTime = async (): Promise<number> => {
  const before = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - before;
};

/** From `node dist/main.js` to the first answer, on services that are migrated and on a folder that is filled, against Node that does nothing. */
export const start = async (scale: Scale, { databaseUrl }: Shop): Promise<void> => {
  const dataDir = await embeddedFolder(scale.embeddedCustomers);
  const ways: readonly [name: string, time: () => Promise<number>][] = [
    ['node -e 0', nodeTime],
    ['gateway, PostgreSQL and Redis', () => startTime({ DATABASE_URL: databaseUrl, REDIS_URL: SERVICES.redisUrl })],
    ['gateway, embedded, a filled folder', () => startTime({ DATA_DIR: dataDir })],
  ];
  const taken = new Map<string, number[]>(ways.map(([name]) => [name, []]));
  const starts = scale.isSmoke ? 1 : STARTS;
  // The first of each reads files that the later ones find in memory.
  for (let count = scale.isSmoke ? 1 : 0; count <= starts; count += 1) {
    for (const [name, time] of ways) {
      const ms = await time();
      if (count > 0) taken.get(name)?.push(ms);
    }
  }
  const [bare = [], own = []] = [...taken.values()];
  const rows = [...taken].map(([name, times]) => [
    name,
    spread(times),
    name === 'node -e 0' ? '1' : spread(times.map((ms, index) => ms / (bare[index] as number))),
  ]);
  const title = 'Start to the first answer';
  console.log(
    scale.isSmoke
      ? `${title}: both modes answer`
      : table(title, `${starts} starts of each in turn; median [smallest-largest].`, ['', 'ms', 'ratio'], rows),
  );
  atMost(
    'start: gateway beyond node -e 0, ms',
    1_500,
    own.map((ms, index) => ms - (bare[index] as number)),
  );
};
