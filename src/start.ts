import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Logger, pino } from 'pino';
import { type App, createApp } from './app.ts';
import type { Backend } from './backend/backend.ts';
import { bootstrapStaffToken } from './capabilities/admin/tokens.ts';
import { advanceRfmGroups } from './capabilities/customers/rfm-groups.ts';
import { sweepingWords } from './capabilities/customers/sweep-words.ts';
import { keepDuplicates } from './capabilities/duplicates/keep.ts';
import { developmentInbox, developmentSms, type MailSender, smtpSender } from './capabilities/mail/deliver.ts';
import { advanceMergeRun } from './capabilities/merge-runs/advance.ts';
import { followCredit } from './capabilities/merges/follow-credit.ts';
import { advanceMergeJobs } from './capabilities/merges/job.ts';
import { eraseDue } from './capabilities/privacy/erasure.ts';
import { advanceRetention } from './capabilities/retention/advance.ts';
import { advanceBulkIssue } from './capabilities/store-credit/advance-bulk-issue.ts';
import { postDue } from './capabilities/store-credit/due.ts';
import { remindOfExpiry } from './capabilities/store-credit/remind.ts';
import { advanceImports } from './capabilities/transfer/advance.ts';
import { hasSampleCustomer, loadSampleShop, openSampleSession } from './capabilities/transfer/sample-shop.ts';
import type { Config } from './config.ts';
import { mintToken } from './core/secret.ts';
import { SYSTEM_ACTOR } from './core/viewer.ts';
import type { Database } from './db/client.ts';
import { originRule } from './http/origins.ts';
import { createServer, type Gateway } from './http/server.ts';
import { startRounds } from './jobs/rounds.ts';

export interface Started {
  readonly app: App;
  readonly gateway: Gateway;
  readonly url: string;
  /** The staff token that was made because none was given; null when ADMIN_TOKEN was. */
  readonly madeAdminToken: string | null;
  /** Whether the sample shop's first customer is there to try things out with. */
  readonly hasSampleCustomer: boolean;
  /** Drains and closes everything. */
  stop(): Promise<void>;
}

const MEMORY = 'memory';

/** What is due counts from its moment anyway; this is how late it may stand in the books, and reach live readers. */
const DUE_EVERY_MS = 1_000;
/** How late a changed customer's duplicates are looked for at most, while there are not many. */
const DUPLICATES_EVERY_MS = 1_000;

/** How long a merge that was asked for waits at most before it begins. */
const MERGES_EVERY_MS = 1_000;
/** How long an import waits for its first chunk at most; the others follow at once. */
const IMPORTS_EVERY_MS = 1_000;
/** Reminders of credit that runs out count in days. */
const REMINDERS_EVERY_MS = 60_000;

/** A customer's group follows her own orders at once; this is about the others', whom they shift. */
const RFM_EVERY_MS = 10_000;

/** Erasures count in days. */
const ERASURES_EVERY_MS = 60_000;

/** A word that nobody has any more hurts no search; this only gives its row back. */
const WORDS_EVERY_MS = 60_000;

/** What a shop keeps counts in days; this is how soon a change of them begins to count. */
const RETENTION_EVERY_MS = 60_000;

/** What must never be in a log line, whoever puts it there. */
const REDACTED = ['email', 'phone', 'token', 'password', 'authorization', '*.email', '*.phone', '*.token', '*.password', '*.authorization'];

/** Of an error what helps to find its cause; PostgreSQL's also tell values, in `detail` and `where`. */
export const loggedError = (error: Error): object => {
  const { type, message, stack, code, constraint, table, routine } = pino.stdSerializers.err(error);
  return { type, message, stack, code, constraint, table, routine };
};

export const createLog = (level: string): Logger => pino({ level, redact: REDACTED, serializers: { error: loggedError } });

/** Only the mode's own modules are loaded: the database in this process is the largest part of the gateway. */
const openBackend = async (config: Config, log: Logger): Promise<Backend> => {
  if (config.backend.mode === 'embedded') {
    const { embedded } = await import('./backend/embedded.ts');
    return embedded(config.backend);
  }
  const { service } = await import('./backend/service.ts');
  return service({ ...config.backend, onFault: (error) => log.warn({ reason: error.message }, 'connection lost, reconnecting') });
};

/** The key that stands in for SECRET_KEYS outside production: made once, kept in the database, the same for every process on it. */
const keptSecret = async ({ sql }: Database): Promise<string> => {
  const made = JSON.stringify(randomBytes(48).toString('base64'));
  await sql(`insert into setting (name, value) values ('secret_key', $1::text::jsonb) on conflict do nothing`, [made]);
  const [row] = await sql<{ value: string }>(`select value from setting where name = 'secret_key'`, []);
  return row?.value as string;
};

/** The embedded mode's staff token, kept beside its data so that it is the same at the next start and the import command finds it. */
export const adminTokenFile = (dataDir: string): string => path.join(path.resolve(dataDir), 'admin-token');

const keptAdminToken = (dataDir: string): string => {
  if (dataDir === MEMORY) return mintToken('staff');
  const file = adminTokenFile(dataDir);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    const token = mintToken('staff');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    return token;
  }
};

const publicUrlOf = ({ publicUrl, port }: Config): string => publicUrl ?? `http://localhost:${port}`;

/** Opens the backend and the app that a config describes, without serving. */
export const openApp = async (config: Config, log: Logger): Promise<App> => {
  const publicUrl = publicUrlOf(config);
  const backend = await openBackend(config, log);
  const mail: MailSender = config.smtpUrl ? smtpSender(config.smtpUrl, publicUrl) : developmentInbox(backend.database);
  return createApp(backend, {
    secretKeys: config.secretKeys ?? [await keptSecret(backend.database)],
    publicUrl,
    shopName: config.shopName,
    revertGraceDays: config.revertGraceDays,
    erasureGraceDays: config.erasureGraceDays,
    mergeUndoDays: config.mergeUndoDays,
    mail,
    ...(config.smtpUrl ? {} : { sms: developmentSms(mail) }),
    ...(config.passkeyDomain ? { passkeyDomain: config.passkeyDomain } : {}),
    // Every page may call a gateway that says `*`; that makes none of them the shop's.
    allowsOrigin: originRule({ publicUrl, allowed: config.allowedOrigins.filter((origin) => origin !== '*'), isProduction: config.isProduction }),
    log,
  });
};

/** From a config to a gateway that serves. */
export const start = async (config: Config): Promise<Started> => {
  const log = createLog(config.logLevel);
  const app = await openApp(config, log);
  const { backend } = config;
  const madeAdminToken = config.adminToken || backend.mode === 'service' ? null : keptAdminToken(backend.dataDir);
  const adminToken = config.adminToken ?? madeAdminToken;
  if (adminToken) await app.transact(SYSTEM_ACTOR, (tx) => bootstrapStaffToken(tx, adminToken));
  if (config.sampleShop) await loadSampleShop(app);

  const gateway = createServer(app, {
    isProduction: config.isProduction,
    allowedOrigins: config.allowedOrigins,
    trustedProxyHops: config.trustedProxyHops,
    ...(config.isProduction ? {} : { graphiqlTokens: { staff: madeAdminToken, customer: () => openSampleSession(app) } }),
    showInbox: !config.smtpUrl && !config.isProduction,
    shopifyWebhookSecrets: config.shopifyWebhookSecrets,
  });
  const port = await gateway.listen(config.port, config.host);
  const rounds = [
    startRounds('store credit due', DUE_EVERY_MS, log, () => postDue(app)),
    startRounds('bulk store credit', DUE_EVERY_MS, log, () => advanceBulkIssue(app)),
    startRounds('credit of merged profiles', DUE_EVERY_MS, log, () => followCredit(app)),
    startRounds('merges of large profiles', MERGES_EVERY_MS, log, () => advanceMergeJobs(app)),
    startRounds('merge of all likely pairs', MERGES_EVERY_MS, log, () => advanceMergeRun(app)),
    startRounds('duplicates', DUPLICATES_EVERY_MS, log, () => keepDuplicates(app)),
    startRounds('imports', IMPORTS_EVERY_MS, log, () => advanceImports(app)),
    startRounds('RFM groups', RFM_EVERY_MS, log, () => advanceRfmGroups(app)),
    startRounds('reminders of store credit', REMINDERS_EVERY_MS, log, () => remindOfExpiry(app)),
    startRounds('data retention', RETENTION_EVERY_MS, log, () => advanceRetention(app)),
    startRounds('erasures due', ERASURES_EVERY_MS, log, () => eraseDue(app)),
    startRounds('words of nobody', WORDS_EVERY_MS, log, sweepingWords(app)),
  ];
  return {
    app,
    gateway,
    url: config.publicUrl ?? `http://localhost:${port}`,
    madeAdminToken,
    hasSampleCustomer: await hasSampleCustomer(app),
    stop: async () => {
      await Promise.all([gateway.close(), ...rounds.map((round) => round.stop())]);
      await app.backend.close();
    },
  };
};
