import { exponentOf } from '../../core/currency.ts';
import type { DomainEvent } from '../../core/events.ts';
import { type Language, languageOf } from '../../core/language.ts';
import { formatMinor } from '../../core/money.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Sql } from '../../db/client.ts';
import { brandingOf } from '../branding/branding.ts';
import { type MailSender, orderedMail } from '../mail/deliver.ts';
import type { MailOrder } from '../mail/request.ts';
import { unsubscribeUrl } from '../marketing/links.ts';
import { creditMailSettings } from './mail-settings.ts';

interface Post {
  readonly sql: Sql;
  readonly keyring: Keyring;
  readonly send: MailSender;
  readonly publicUrl: string;
  readonly shopName: string;
  readonly clock: () => Date;
}

/** Whom a mail is for, in whom she lives on when she was merged away, and what it is about. Amounts are minor units. */
interface Facts {
  readonly customerId: string;
  readonly email: string | null;
  readonly locale: string | null;
  readonly isReachable: boolean;
  readonly isSubscribed: boolean;
  readonly currency: string;
  readonly amount: string | null;
  readonly expiresAt: Date | string | null;
  readonly memo: string | null;
  readonly available: string;
}

const READER = `
c.id::text as "customerId", c.email, c.locale, c.deleted_at is null and c.blocked_at is null as "isReachable",
  exists (select 1 from customer_marketing m where m.customer_id = c.id and m.email_state = 'SUBSCRIBED') as "isSubscribed", a.currency,
  coalesce((select s.available from store_credit_account b cross join lateral store_credit_standing(b.id, greatest(b.updated_at, $2::text::timestamptz)) s
    where b.customer_id = c.id and b.currency = a.currency), 0)::text as available
from store_credit_account a join customer o on o.id = a.customer_id join customer c on c.id = coalesce(o.merged_into_id, o.id)`;

const MOVED = `
select abs(t.amount_minor)::text as amount, t.memo, l.expires_at as "expiresAt", ${READER}
join store_credit_transaction t on t.account_id = a.id left join store_credit_lot l on l.id = t.id
where t.id = $1::text::uuid`;

/** What of these credits is still unspent, and has neither run out nor been moved out of the reminder's reach. */
const EXPIRING = `
select (select sum(remaining_minor) from open)::text as amount, (select min(expires_at) from open) as "expiresAt", null as memo, ${READER}
where a.id = $1::text::uuid`;

const OPEN = `with open as (
  select remaining_minor, expires_at from store_credit_lot
  where id = any($3::text[]::uuid[]) and is_open and expires_at > $2::text::timestamptz)`;

const localeOf = (locale: string | null, language: Language): string =>
  locale && languageOf(locale) === language && Intl.NumberFormat.supportedLocalesOf(locale.replace('_', '-')).length > 0
    ? locale.replace('_', '-')
    : language;

/** An amount as a language writes it, exact whatever its size. */
const moneyIn = (locale: string, minor: string, currency: string): string => {
  const digits = exponentOf(currency);
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits });
  return format.format(formatMinor(minor, currency) as `${number}`);
};

type Event = Extract<DomainEvent, { type: 'store_credit_mail.requested' }>;

const factsOf = async ({ sql, clock }: Post, event: Event): Promise<Facts | undefined> => {
  const now = clock().toISOString();
  const [facts] =
    event.kind === 'EXPIRING'
      ? await sql<Facts>(`${OPEN} ${EXPIRING}`, [event.accountId, now, event.lotIds])
      : await sql<Facts>(MOVED, [event.transactionId, now]);
  return facts;
};

const TEMPLATES = { CREDITED: 'store_credit_credited', DEBITED: 'store_credit_debited', EXPIRED: 'store_credit_expired' } as const;

const templateOf = (kind: Event['kind'], hasExpiry: boolean, toEveryone: boolean): MailOrder['template'] => {
  if (kind === 'EXPIRING') return toEveryone ? 'store_credit_expiring' : 'store_credit_expiring_reminder';
  return kind === 'CREDITED' && hasExpiry ? 'store_credit_credited_expiring' : TEMPLATES[kind];
};

/**
 * Sends a mail about store credit, in its reader's language, with what is so at this moment. Nobody is written to who is gone, blocked or has
 * no address, nor about credit that is to expire and is spent by now; and of reminders those alone who want the shop's mail, unless the shop
 * has decided that everyone gets them.
 */
export const deliverCreditMail =
  (post: Post) =>
  async (event: DomainEvent): Promise<void> => {
    if (event.type !== 'store_credit_mail.requested') return;
    const facts = await factsOf(post, event);
    if (!facts?.email || !facts.isReachable || facts.amount === null) return;
    const { keyring, publicUrl, sql, send, shopName } = post;
    const isReminder = event.kind === 'EXPIRING';
    const { expiringToEveryone } = await creditMailSettings(sql);
    if (isReminder && !expiringToEveryone && !facts.isSubscribed) return;
    const { email, currency, expiresAt, memo, customerId } = facts;
    const language = languageOf(facts.locale);
    const locale = localeOf(facts.locale, language);
    const unsubscribe = isReminder && !expiringToEveryone ? unsubscribeUrl(keyring, publicUrl, customerId) : null;
    const order: MailOrder = {
      template: templateOf(event.kind, expiresAt !== null, expiringToEveryone),
      to: email,
      language,
      shopName: (await brandingOf(sql, shopName)).name,
      ...(unsubscribe ? { unsubscribeUrl: unsubscribe } : {}),
      values: {
        amount: moneyIn(locale, facts.amount, currency),
        available: moneyIn(locale, facts.available, currency),
        link: `${publicUrl}/account/store-credit`,
        ...(expiresAt ? { date: new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(expiresAt)) } : {}),
        ...(memo ? { message: memo } : {}),
        ...(unsubscribe ? { unsubscribe: `${unsubscribe}?locale=${language}` } : {}),
      },
    };
    const mail = orderedMail(order);
    if (mail) await send(mail);
  };
