import nodemailer from 'nodemailer';
import type { DomainEvent } from '../../core/events.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Database } from '../../db/client.ts';
import { SEALED_CODE, type SealedCode, signInCodeMail } from './sign-in-code.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the development inbox shows apart, for scripts. */
  readonly code?: string;
  readonly link?: string;
}

export type MailSender = (mail: Mail) => Promise<void>;

/** Sends over SMTP: `smtp://user:password@host:587`, `smtps://…`. The sender is `from` in the URL's query, else no-reply at the host of `publicUrl`. */
export const smtpSender = (smtpUrl: string, publicUrl: string): MailSender & { close(): void } => {
  const url = new URL(smtpUrl);
  const from = url.searchParams.get('from') ?? `no-reply@${new URL(publicUrl).hostname}`;
  url.searchParams.delete('from');
  const transport = nodemailer.createTransport({ url: url.href, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 });
  const send: MailSender = async ({ to, subject, text, html }) => {
    // A hosted address is one recipient: a comma or a second address in `to` must not become more.
    await transport.sendMail({ from, to: { name: '', address: to }, subject, text, html });
  };
  return Object.assign(send, { close: () => transport.close() });
};

const INBOX_MAX = 500;

/** Keeps mail for `GET /dev/inbox` instead of sending it; the newest 500. */
export const developmentInbox =
  ({ prisma, sql }: Database): MailSender =>
  async (mail) => {
    await prisma.developmentMail.create({ data: { ...mail, at: new Date() } });
    await sql('delete from development_mail where id <= (select max(id) from development_mail) - $1::int', [INBOX_MAX]);
  };

/** Turns a code that was asked for into a mail, unless it has run out on the way: a late code helps nobody. */
export const deliverMail =
  ({ keyring, send }: { keyring: Keyring; send: MailSender }) =>
  async (event: DomainEvent): Promise<void> => {
    if (event.type !== 'sign_in_code.requested') return;
    const code = JSON.parse(keyring.open(SEALED_CODE, Buffer.from(event.sealed, 'base64'))) as SealedCode;
    if (new Date(code.expiresAt) <= new Date()) return;
    await send(signInCodeMail(code));
  };
