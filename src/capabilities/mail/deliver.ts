import type { DomainEvent } from '../../core/events.ts';
import { gather } from '../../core/gather.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Database } from '../../db/client.ts';
import { mailOf } from './letter.ts';
import { type MailOrder, SEALED_MAIL } from './request.ts';
import { SEALED_CODE, type SealedCode, signInCodeMail } from './sign-in-code.ts';
import { SEALED_SMS, type SmsOrder, type SmsSender, smsText } from './sms.ts';
import { TEMPLATES } from './templates.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the development inbox shows apart, for scripts. */
  readonly code?: string;
  readonly link?: string;
  /** By which a mail program shows a button that ends such mails with one click: RFC 8058. */
  readonly headers?: { readonly 'List-Unsubscribe': string; readonly 'List-Unsubscribe-Post': string };
}

const withUnsubscribe = (mail: Mail, url: string | undefined): Mail =>
  url ? { ...mail, headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } } : mail;

/** An ordered mail as it is sent; null for what only looks like one to whoever asked. */
export const orderedMail = (order: MailOrder): Mail | null =>
  order.template === 'nothing' ? null : withUnsubscribe(mailOf(TEMPLATES[order.template](order)), order.unsubscribeUrl);

export type MailSender = (mail: Mail) => Promise<void>;

/** Sends over SMTP: `smtp://user:password@host:587`, `smtps://…`. The sender is `from` in the URL's query, else no-reply at the host of `publicUrl`. */
export const smtpSender = (smtpUrl: string, publicUrl: string): MailSender & { close(): Promise<void> } => {
  const url = new URL(smtpUrl);
  const from = url.searchParams.get('from') ?? `no-reply@${new URL(publicUrl).hostname}`;
  url.searchParams.delete('from');
  const open = async () =>
    (await import('nodemailer')).default.createTransport({
      url: url.href,
      pool: true,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
    });
  let opening: ReturnType<typeof open> | undefined;
  const send: MailSender = async ({ to, subject, text, html, headers }) => {
    // A hosted address is one recipient: a comma or a second address in `to` must not become more.
    opening ??= open();
    await (await opening).sendMail({ from, to: { name: '', address: to }, subject, text, html, ...(headers ? { headers } : {}) });
  };
  return Object.assign(send, { close: async () => (await opening)?.close() });
};

const INBOX_MAX = 500;

const KEEP = `
with kept as (
  insert into development_mail ("to", subject, text, html, code, link, at)
  select v."to", v.subject, v.text, v.html, v.code, v.link, v.at
  from jsonb_to_recordset($1::text::jsonb) as v("to" text, subject text, text text, html text, code text, link text, at timestamptz)
  returning id
)
delete from development_mail where id <= (select max(id) from kept) - $2::int`;

/** Keeps mail for `GET /dev/inbox` instead of sending it; the newest 500. */
export const developmentInbox = ({ sql }: Database): MailSender => {
  const keep = gather(async (mails: readonly object[]) => {
    await sql(KEEP, [JSON.stringify(mails), INBOX_MAX]);
    return mails;
  });
  return async ({ to, subject, text, html, code, link }) => {
    await keep({ to, subject, text, html, code, link, at: new Date() });
  };
};

/** Text messages into the development inbox, where somebody who tries the gateway out can read the codes. */
export const developmentSms =
  (inbox: MailSender): SmsSender =>
  ({ to, text, code }) =>
    inbox({ to, subject: text, text, html: '', code });

/** Turns what was asked for into a mail or a text message, unless it has run out on the way: a late code helps nobody. */
export const deliverMail =
  ({ keyring, send, sms }: { keyring: Keyring; send: MailSender; sms: SmsSender | undefined }) =>
  async (event: DomainEvent): Promise<void> => {
    if (event.type === 'sign_in_code.requested') {
      const code = JSON.parse(keyring.open(SEALED_CODE, Buffer.from(event.sealed, 'base64'))) as SealedCode;
      if (new Date(code.expiresAt) > new Date()) await send(signInCodeMail(code));
    }
    if (event.type === 'mail.requested') {
      const order = JSON.parse(keyring.open(SEALED_MAIL, Buffer.from(event.sealed, 'base64'))) as MailOrder;
      if (order.expiresAt && new Date(order.expiresAt) <= new Date()) return;
      const mail = orderedMail(order);
      if (mail) await send(mail);
    }
    if (event.type === 'sms.requested' && sms) {
      const order = JSON.parse(keyring.open(SEALED_SMS, Buffer.from(event.sealed, 'base64'))) as SmsOrder;
      if (new Date(order.expiresAt) > new Date()) await sms({ to: order.to, code: order.code, text: smsText(order) });
    }
  };
