import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { expect } from 'vitest';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { embedded } from '../../src/backend/embedded.ts';
import { service } from '../../src/backend/service.ts';
import type { Mail } from '../../src/capabilities/mail/deliver.ts';

/** The services that the environment gives; without them the suites run on the embedded backend alone. */
export const services =
  process.env.TEST_DATABASE_URL && process.env.TEST_REDIS_URL
    ? { databaseUrl: process.env.TEST_DATABASE_URL, redisUrl: process.env.TEST_REDIS_URL }
    : null;

/** A new, empty database of this run on the given server. */
export const createDatabase = async (databaseUrl: string): Promise<string> => {
  const name = `${process.env.CLIENTELE_TEST_RUN ?? 'clientele_test'}_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
};

interface Kind {
  readonly name: 'embedded' | 'service';
  readonly open: () => Promise<Backend>;
}

const KINDS: readonly Kind[] = [
  { name: 'embedded', open: () => embedded({ dataDir: 'memory' }) },
  ...(services
    ? [
        {
          name: 'service' as const,
          open: async () =>
            service({
              databaseUrl: await createDatabase(services.databaseUrl),
              redisUrl: services.redisUrl,
              redisPrefix: `${randomBytes(6).toString('hex')}:`,
            }),
        },
      ]
    : []),
];

/** An app on a backend of this worker, with mail that is kept and a log that is silent. */
export interface TestApp {
  readonly app: App;
  readonly mails: Mail[];
  readonly name: Kind['name'];
}

// The worker's files share one backend of each kind: opening one takes seconds, and every test keeps to its own customers.
const worker = globalThis as { clienteleBackends?: Map<string, Promise<Backend>>; clienteleApps?: { file: string | undefined; apps: App[] } };
worker.clienteleBackends ??= new Map();
worker.clienteleApps ??= { file: undefined, apps: [] };
const shared = worker.clienteleBackends;

const openShared = ({ name, open }: Kind): Promise<Backend> => {
  const existing = shared.get(name);
  if (existing) return existing;
  const opening = open();
  shared.set(name, opening);
  return opening;
};

/** What a file before this one left open would go on taking mails out of the outbox that both share. */
const closeFormerApps = async (): Promise<void> => {
  const former = worker.clienteleApps as NonNullable<typeof worker.clienteleApps>;
  const file = expect.getState().testPath;
  if (former.file === file) return;
  worker.clienteleApps = { file, apps: [] };
  for (const app of former.apps) await app.close();
};

export const TEST_SECRET = 'a key for tests that is long enough to be one';

/** Makes an app on the worker's shared backend of that kind. `clock` owns time when it is given. */
export const openTestApp = async (
  kind: Kind,
  clock?: () => Date,
  publicUrl = 'http://localhost:4000',
  more: Partial<AppOptions> = {},
): Promise<TestApp> => {
  await closeFormerApps();
  const test = appOn(await openShared(kind), kind, clock, publicUrl, more);
  worker.clienteleApps?.apps.push(test.app);
  return test;
};

/** Makes an app on a new backend that nobody shares; the caller closes both. */
export const openOwnApp = async (kind: Kind): Promise<TestApp & { readonly backend: Backend }> => {
  const backend = await kind.open();
  return { ...appOn(backend, kind), backend };
};

const appOn = (backend: Backend, kind: Kind, clock?: () => Date, publicUrl = 'http://localhost:4000', more: Partial<AppOptions> = {}): TestApp => {
  const mails: Mail[] = [];
  const app = createApp(backend, {
    secretKeys: [TEST_SECRET],
    publicUrl,
    shopName: 'Test Shop',
    mail: async (mail) => void mails.push(mail),
    sms: async ({ to, text, code }) => void mails.push({ to, text, code, subject: text, html: '' }),
    allowsOrigin: (origin) => origin === 'https://shop.example',
    log: pino({ level: 'silent' }),
    ...(clock ? { clock } : {}),
    ...more,
  });
  return { app, mails, name: kind.name };
};

/** Both backends where services are given: `describe.each(backends)('…', (kind) => …)`. */
export const backends = KINDS;
