import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Backend } from './backend/backend.ts';
import { deliverMail, type MailSender } from './capabilities/mail/deliver.ts';
import { isLive } from './capabilities/sessions/authenticate.ts';
import { batchingLedger, type Ledger } from './capabilities/store-credit/post.ts';
import { topics } from './core/events.ts';
import { Keyring } from './core/secret.ts';
import type { Viewer } from './core/viewer.ts';
import { createTransact, type Transact } from './db/transact.ts';
import { type Outbox, startOutbox } from './jobs/outbox.ts';

export interface AppOptions {
  /** The first signs, all verify. */
  readonly secretKeys: readonly string[];
  /** Where the gateway is reached from outside, without a slash at the end. */
  readonly publicUrl: string;
  /** As mails and pages name the shop. */
  readonly shopName: string;
  readonly mail: MailSender;
  readonly log: Logger;
  /** For tests that own time; absent, verbs use this machine's clock and the ledger the database's. */
  readonly clock?: () => Date;
}

/** What the edges hold: the ways to read, to write, to tell and to wait. */
export interface App {
  readonly backend: Backend;
  readonly transact: Transact;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: () => Date;
  /** The moment that a test has set; null leaves the ledger its own clock, the database's. */
  readonly ledgerMoment: () => Date | null;
  readonly publicUrl: string;
  readonly shopName: string;
  readonly log: Logger;
  readonly outbox: Outbox;
  /** Whether the token that this viewer showed is still good. */
  readonly isLive: (viewer: Viewer) => Promise<boolean>;
  /** Aborted when the gateway closes: live readers end. */
  readonly closing: AbortSignal;
  /** Ends live readers and lets a delivery under way finish; the backend stays open. */
  close(): Promise<void>;
}

/** Binds a backend to a clock, keys and a way to send mail. No container: what is not here is an argument. */
export const createApp = (backend: Backend, { secretKeys, publicUrl, shopName, mail, log, clock }: AppOptions): App => {
  const keyring = new Keyring(secretKeys);
  const closing = new AbortController();
  // Every open subscription listens.
  setMaxListeners(0, closing.signal);
  const outbox = startOutbox({
    database: backend.database,
    log,
    deliver: { 'sign_in_code.requested': deliverMail({ keyring, send: mail }) },
  });
  const transact = createTransact(backend.database, backend.bus, {
    clock: clock ?? (() => new Date()),
    onCommit: () => outbox.wake(),
  });
  const ledger = batchingLedger(backend.database.sql, {
    clock: clock ?? null,
    onCommit: ({ accountId }) => backend.bus.publish(topics.storeCreditAccount(accountId)),
  });
  return {
    backend,
    transact,
    ledger,
    keyring,
    clock: clock ?? (() => new Date()),
    ledgerMoment: () => clock?.() ?? null,
    publicUrl,
    shopName,
    log,
    outbox,
    isLive: (viewer) => isLive(backend.database, viewer),
    closing: closing.signal,
    close: async () => {
      closing.abort();
      await outbox.stop();
    },
  };
};
