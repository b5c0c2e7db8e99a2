import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportLine } from '../../src/capabilities/transfer/import-customers.ts';
import { mintToken, tokenHash } from '../../src/core/secret.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSession, someEmail } from '../support/given.ts';
import { sortLines } from '../support/imports.ts';

type Line = ImportLine | { error: { code: string; message: string } };

describe.each(backends)('POST /import/customers on $name', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.stop());

  const post = (body: string, headers: Record<string, string> = {}, query = '') =>
    fetch(`${gateway.url}/import/customers${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.staffToken}`, 'content-type': 'text/csv', ...headers },
      body,
    });

  const givenToken = async (scopes: string[]): Promise<{ token: string; id: string }> => {
    const token = mintToken('staff');
    const { id } = await gateway.app.backend.database.prisma.staffToken.create({
      data: { name: 'import', tokenHash: new Uint8Array(tokenHash(token)), hint: token.slice(-4), scopes },
    });
    return { token, id };
  };

  /** An upload that stays open: what is written goes out at once, and answers are read as they come. */
  const open = async (token = gateway.staffToken): Promise<{ request: ClientRequest; next: () => Promise<Line | null> }> => {
    const request = httpRequest(`${gateway.url}/import/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    });
    request.on('error', () => {});
    request.write('email,first_name\n');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    return { request, next: async () => lines.next().then(({ value, done }) => (done ? null : (JSON.parse(value) as Line))) };
  };

  const rows = (own: string, count: number, from = 0): string =>
    Array.from({ length: count }, (_, at) => `p${from + at}@${own}.example,N${from + at}\n`).join('');

  const countOf = (own: string): Promise<number> =>
    gateway.app.backend.database.prisma.customer.count({ where: { email: { endsWith: `@${own}.example` } } });

  it('answers a line for every row and the totals last', async () => {
    const email = someEmail();
    const response = await post(`Email,Name,Shoe Size\n${email},Ada Lovelace,38\nnobody,,\n`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportLine);
    expect(lines).toEqual([
      { ignored: ['Shoe Size'] },
      { line: 2, outcome: 'created', customerId: expect.stringMatching(/^gid:\/\/clientele\/Customer\/[0-9a-f-]{36}$/) },
      { line: 3, outcome: 'rejected', code: 'INVALID', field: 'email', message: 'This is not an e-mail address.' },
      { done: { rows: 2, created: 1, updated: 0, unchanged: 0, rejected: 1 } },
    ]);
    const { results } = sortLines(lines);
    const read = await gateway.graphql(
      'query ($id: ID!) { customer(id: $id) { displayName } }',
      { id: 'customerId' in (results[0] ?? {}) ? (results[0] as { customerId: string }).customerId : '' },
      gateway.staffToken,
    );
    expect(read.data.customer.displayName).toBe('Ada Lovelace');
    const { done } = sortLines(
      (await (await post(`email,name\n${email},Ada Lovelace\n`)).text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ImportLine),
    );
    expect(done).toMatchObject({ unchanged: 1 });
  });

  it('says only what needs attention when it is asked to', async () => {
    const email = someEmail();
    const response = await post(`email,first_name\n${email},A\n${email},B\nnobody,\n`, {}, '?results=notable');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportLine);
    expect(lines).toMatchObject([{ line: 3, note: 'kept the first_name of line 2' }, { line: 4, outcome: 'rejected' }, { done: { rows: 3 } }]);
  });

  it('is for staff who may write customers', async () => {
    const csv = `email\n${someEmail()}\n`;
    const { tokens } = await givenSession(gateway.app);
    const reader = await givenToken(['customers:read']);
    const answers = await Promise.all([
      post(csv, { authorization: '' }),
      post(csv, { authorization: 'Bearer nonsense' }),
      post(csv, { authorization: `Bearer ${tokens.accessToken}` }),
      post(csv, { authorization: `Bearer ${reader.token}` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 403]);
    for (const answer of answers)
      expect((await answer.json()) as object).toMatchObject({ errors: [{ message: expect.any(String), extensions: { code: expect.any(String) } }] });
  });

  it('refuses what is no file of customers, and says why', async () => {
    const code = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code,
    ];
    expect(await code(await post(''))).toEqual([400, 'EMPTY_FILE']);
    expect(await code(await post('foo,bar\n1,2\n'))).toEqual([400, 'NO_KNOWN_COLUMN']);
    expect(await code(await post('{}', { 'content-type': 'application/json' }))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await code(await post('email\n', { 'content-encoding': 'gzip' }))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await code(await post('email\n', { 'content-type': 'text/csv; charset=klingon' }))).toEqual([415, 'UNSUPPORTED_ENCODING']);
  });

  it('answers a refused upload although the file is larger than what it reads', async () => {
    const answer = await post(`email\n${'x@y.example\n'.repeat(500_000)}`, { authorization: 'Bearer nonsense' });
    expect(answer.status).toBe(401);
  });

  it('tells progress and results while the file is still coming', async () => {
    const own = randomUUID();
    const { request, next } = await open();
    request.write(rows(own, 1_000));
    const seen: Line[] = [];
    for (let line = await next(); line; line = await next()) {
      seen.push(line);
      if ('progress' in line && line.progress.rows === 1_000) break;
    }
    expect(seen.at(-1)).toEqual({ progress: { rows: 1_000, created: 1_000, updated: 0, unchanged: 0, rejected: 0 } });
    expect(await countOf(own)).toBe(1_000);
    request.end(rows(own, 1, 1_000));
    expect(await next()).toMatchObject({ line: 1_002, outcome: 'created' });
    expect(await next()).toEqual({ done: { rows: 1_001, created: 1_001, updated: 0, unchanged: 0, rejected: 0 } });
    expect(await next()).toBeNull();
  });

  it('stops between chunks when its caller goes, and goes on where it stopped when the file comes again', async () => {
    const own = randomUUID();
    const { request, next } = await open();
    request.write(rows(own, 500));
    for (let line = 0; line < 400; line += 1) await next();
    request.destroy();
    const marks = () =>
      gateway.app.backend.database.sql(`select 1 from imported_customer m join customer c on c.id = m.customer_id where c.email like $1`, [
        `%@${own}.example`,
      ]);
    for (let tries = 0; tries < 100 && (await marks()).length > 0; tries += 1) await sleep(20);
    expect(await marks()).toEqual([]);
    expect(await countOf(own)).toBe(400);
    const again = await post(`email,first_name\n${rows(own, 500)}`);
    const lines = (await again.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportLine);
    expect(sortLines(lines).done).toEqual({ rows: 500, created: 100, updated: 0, unchanged: 400, rejected: 0 });
  });

  it('ends when its token is revoked', async () => {
    const own = randomUUID();
    const { token, id } = await givenToken(['customers:write']);
    const { request, next } = await open(token);
    request.write(rows(own, 200));
    for (let line = 0; line < 200; line += 1) await next();
    await gateway.app.backend.database.prisma.staffToken.update({ where: { id }, data: { revokedAt: new Date() } });
    await sleep(2_100);
    request.write(rows(own, 400, 200));
    let last: Line | null = null;
    for (let line = await next(); line; line = await next()) last = line;
    expect(last).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(await countOf(own)).toBe(400);
    request.destroy();
  });
});
