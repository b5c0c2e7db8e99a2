import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Backend } from './backend/backend.ts';
import { deliverMail, type MailSender } from './capabilities/mail/deliver.ts';
import type { SmsSender } from './capabilities/mail/sms.ts';
import { deliverLogout } from './capabilities/oidc-provider/back-channel.ts';
import { rotateOidcKey, type SigningKeys, signingKeys } from './capabilities/oidc-provider/keys.ts';
import { authenticating, stillLive } from './capabilities/sessions/authenticate.ts';
import { type OpenByEmail, openingByEmail } from './capabilities/sessions/open-by-email.ts';
import { deliverCreditMail } from './capabilities/store-credit/deliver-mail.ts';
import { newsOf } from './capabilities/store-credit/news.ts';
import { batchingLedger, type Ledger } from './capabilities/store-credit/post.ts';
import { topics } from './core/events.ts';
import { Keyring } from './core/secret.ts';
import { SYSTEM_ACTOR, type Viewer } from './core/viewer.ts';
import { createTransact, createTransactSql, type Transact, type TransactSql } from './db/transact.ts';
import { type Outbox, startOutbox } from './jobs/outbox.ts';

/** A captcha, or a proof of work: asked before a code is sent. */
export interface Captcha {
  /** `proof` is what the page sent along, null when it sent nothing; `address` is whom it came from. */
  isPerson(proof: string | null, address: string | undefined): Promise<boolean>;
  /** How the gateway's own sign-in page shows it. Absent: `isPerson` is asked without a proof there. */
  readonly widget?: CaptchaWidget;
}

export interface CaptchaWidget {
  /** The vendor's script; its origin may then load scripts, frames and data on that page. */
  readonly scriptUrl: string;
  /** The HTML that the script looks for, put into the form as it is. */
  readonly html: string;
  /** The form field in which the script leaves its proof. */
  readonly field: string;
}

export interface AppOptions {
  /** The first signs, all verify. */
  readonly secretKeys: readonly string[];
  /** Where the gateway is reached from outside, without a slash at the end. */
  readonly publicUrl: string;
  /** As mails and pages name the shop. */
  readonly shopName: string;
  /** How long credit that has run out meanwhile lives on when a debit is reverted. Absent: it runs out at once. */
  readonly revertGraceDays?: number;
  /** How long a customer may take back that her data is erased. Absent: ten days. */
  readonly erasureGraceDays?: number;
  /** For how long a merge can be undone; absent: 30 days. */
  readonly mergeUndoDays?: number;
  readonly mail: MailSender;
  /** The domain under which passkeys are made, for the pages of it and of its subdomains; absent: the host of `publicUrl`. */
  readonly passkeyDomain?: string;
  /** Asks whoever wants a code to show that she is a person. Absent: nobody is asked. */
  readonly captcha?: Captcha;
  /** Absent: no text messages, and no phone number is changed by its owner. */
  readonly sms?: SmsSender;
  /** Whether pages of this origin are the shop's: links may lead there. Absent: the gateway's own alone. */
  readonly allowsOrigin?: (origin: string) => boolean;
  readonly log: Logger;
  /** For tests that own time; absent, verbs use this machine's clock and the ledger the database's. */
  readonly clock?: () => Date;
}

/** What the edges hold: the ways to read, to write, to tell and to wait. */
export interface App {
  readonly backend: Backend;
  readonly transact: Transact;
  readonly transactSql: TransactSql;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: () => Date;
  /** The moment that a test has set; null leaves the ledger its own clock, the database's. */
  readonly ledgerMoment: () => Date | null;
  readonly publicUrl: string;
  readonly shopName: string;
  readonly sendsSms: boolean;
  readonly captcha: Captcha | null;
  readonly passkeyDomain: string;
  /** Whether links and redirections may lead to this address. */
  readonly mayLeadTo: (url: string) => boolean;
  readonly revertGraceSeconds: number;
  readonly erasureGraceSeconds: number;
  readonly mergeUndoDays: number;
  readonly log: Logger;
  readonly outbox: Outbox;
  /** Who signs id tokens: the origin of `publicUrl`. */
  readonly oidcIssuer: string;
  /** The keys that sign id tokens, as they are now. */
  readonly oidcKeys: () => Promise<SigningKeys>;
  /** Who shows a token. */
  readonly authenticate: (token: string | null) => Promise<Viewer>;
  /** Opens a session for whoever has proven an address, together with all who do so at the same time. */
  readonly openByEmail: OpenByEmail;
  /** Whether the token that this viewer showed is still good. */
  readonly isLive: (viewer: Viewer) => Promise<boolean>;
  /** Aborted when the gateway closes: live readers end. */
  readonly closing: AbortSignal;
  /** Ends live readers and lets a delivery under way finish; the backend stays open. */
  close(): Promise<void>;
}

const DAY_SECONDS = 24 * 60 * 60;

/** How late the readers of all transactions may hear of one. */
const SHOP_TOLD_MS = 20;

/** Binds a backend to a clock, keys and a way to send mail. No container: what is not here is an argument. */
export const createApp = (
  backend: Backend,
  {
    secretKeys,
    publicUrl,
    shopName,
    revertGraceDays = 0,
    erasureGraceDays = 10,
    mergeUndoDays = 30,
    mail,
    sms,
    captcha,
    passkeyDomain,
    allowsOrigin,
    log,
    clock,
  }: AppOptions,
): App => {
  const keyring = new Keyring(secretKeys);
  const closing = new AbortController();
  // Every open subscription listens.
  setMaxListeners(0, closing.signal);
  const mailed = deliverMail({ keyring, send: mail, sms });
  const now = clock ?? (() => new Date());
  const creditMailed = deliverCreditMail({ sql: backend.database.sql, keyring, send: mail, publicUrl, shopName, clock: now });
  const outbox = startOutbox({
    database: backend.database,
    log,
    deliver: { 'sign_in_code.requested': mailed, 'mail.requested': mailed, 'sms.requested': mailed, 'store_credit_mail.requested': creditMailed },
  });
  const oidcKeys = signingKeys({
    sql: backend.database.sql,
    keyring,
    clock: now,
    rotate: (rotation) => transact(SYSTEM_ACTOR, (tx) => rotateOidcKey(tx, rotation)),
  });
  const oidcIssuer = new URL(publicUrl).origin;
  const logouts = startOutbox({
    database: backend.database,
    log,
    deliver: { 'back_channel_logout.requested': deliverLogout({ sql: backend.database.sql, keys: oidcKeys, issuer: oidcIssuer, clock: now }) },
  });
  const wake = (): void => {
    outbox.wake();
    logouts.wake();
  };
  const options = { clock: now, onCommit: wake };
  const transact = createTransact(backend.database, backend.bus, options);
  // One message for all that is posted in such a moment: it says no more than that there is something new.
  let isToldSoon = false;
  const tellShop = (): void => {
    if (isToldSoon) return;
    isToldSoon = true;
    setTimeout(() => {
      isToldSoon = false;
      if (!closing.signal.aborted) backend.bus.publish(topics.storeCreditTransactions);
    }, SHOP_TOLD_MS).unref();
  };
  const ledger = batchingLedger(backend.database.sql, {
    clock: clock ?? null,
    onCommit: (movement, posted) => {
      backend.bus.publish(topics.storeCreditAccount(posted.accountId), newsOf(movement, posted));
      if ('to' in posted && posted.to) backend.bus.publish(topics.storeCreditAccount(posted.to.accountId));
      tellShop();
    },
  });
  return {
    backend,
    transact,
    transactSql: createTransactSql(backend.database, backend.bus, options),
    ledger,
    keyring,
    clock: now,
    ledgerMoment: () => clock?.() ?? null,
    publicUrl,
    shopName,
    sendsSms: sms !== undefined,
    captcha: captcha ?? null,
    passkeyDomain: passkeyDomain ?? new URL(publicUrl).hostname,
    mayLeadTo: leadsTo(new URL(publicUrl).origin, allowsOrigin),
    revertGraceSeconds: revertGraceDays * DAY_SECONDS,
    erasureGraceSeconds: erasureGraceDays * DAY_SECONDS,
    mergeUndoDays,
    log,
    outbox,
    oidcIssuer,
    oidcKeys,
    authenticate: authenticating(backend.database, now),
    openByEmail: openingByEmail(backend.database.sql),
    isLive: stillLive(backend.database),
    closing: closing.signal,
    close: async () => {
      closing.abort();
      await Promise.all([outbox.stop(), logouts.stop()]);
    },
  };
};

const leadsTo =
  (own: string, allowsOrigin: AppOptions['allowsOrigin']) =>
  (url: string): boolean => {
    if (!URL.canParse(url)) return false;
    const { protocol, origin, username, password } = new URL(url);
    return (protocol === 'https:' || protocol === 'http:') && !username && !password && (origin === own || (allowsOrigin?.(origin) ?? false));
  };
