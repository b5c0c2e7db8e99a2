import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smtpSender } from '../../src/capabilities/mail/deliver.ts';
import { signInCodeMail } from '../../src/capabilities/mail/sign-in-code.ts';
import { LANGUAGES } from '../../src/core/language.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
}

describe('mail over SMTP', () => {
  const received: Received[] = [];
  let refusing = false;
  let server: SMTPServer;
  let url: string;
  beforeAll(async () => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (refusing) return done(new Error('come back later'));
          const { mailFrom, rcptTo } = session.envelope;
          received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            source: Buffer.concat(chunks).toString(),
          });
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    url = `smtp://127.0.0.1:${(server.server.address() as { port: number }).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  const code = (to: string) =>
    signInCodeMail({ to, code: '042917', language: 'en', ttlSeconds: 300, expiresAt: new Date().toISOString(), shopName: 'Åse & Søn <b>' });

  it('arrives whole, from the sender in the URL, in both parts', async () => {
    const sender = smtpSender(`${url}?from=shop@example.com`, 'https://id.example.com');
    await sender(code('anna@example.com'));
    sender.close();
    const mail = received.at(-1);
    expect(mail).toMatchObject({ from: 'shop@example.com', to: ['anna@example.com'] });
    expect(mail?.source).toMatch(/^Subject: .*042917/m);
    expect(mail?.source).toContain('text/plain');
    expect(mail?.source).toContain('text/html');
    expect(code('anna@example.com').html).not.toContain('<b>');
  });

  it('comes from no-reply at the gateway’s host when nobody is named', async () => {
    const sender = smtpSender(url, 'https://id.example.com');
    await sender(code('anna@example.com'));
    sender.close();
    expect(received.at(-1)?.from).toBe('no-reply@id.example.com');
  });

  it('goes to one address, whatever is in it', async () => {
    const sender = smtpSender(url, 'https://id.example.com');
    const before = received.length;
    await sender(code('anna@example.com, mallory@example.com')).catch(() => {});
    sender.close();
    expect(received.slice(before).flatMap(({ to }) => to)).not.toContain('mallory@example.com');
  });

  it('fails when the server refuses it, so that the outbox tries again', async () => {
    refusing = true;
    const sender = smtpSender(url, 'https://id.example.com');
    await expect(sender(code('anna@example.com'))).rejects.toThrow('come back later');
    sender.close();
    refusing = false;
  });

  it.each(LANGUAGES)('shows the code within the first 30 characters of the subject in %s', (language) => {
    const { subject, text, html } = signInCodeMail({
      to: 'anna@example.com',
      code: '042917',
      language,
      ttlSeconds: 300,
      expiresAt: new Date().toISOString(),
      shopName: 'A shop with a rather long name',
    });
    expect(subject.slice(0, 30)).toContain('042917');
    expect(text).toContain('042917');
    expect(html).toContain(`lang="${language}"`);
  });
});
