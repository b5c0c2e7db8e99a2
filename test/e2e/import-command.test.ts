import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { someEmail } from '../support/given.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the import command', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(backends[0] as (typeof backends)[number]);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the command in an environment of its own, where no gateway answers unless `--url` names one. */
  const run = (args: readonly string[], input = '', environment: Record<string, string> = {}): Promise<Ran> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH ?? '', PORT: '1', DATA_DIR: path.join(folder, 'shop'), ...environment };
      const child = execFile(process.execPath, ['dist/import.js', ...args], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
      child.stdin?.end(input);
    });

  const file = (name: string, text: string): string => {
    const place = path.join(folder, name);
    writeFileSync(place, text);
    return place;
  };

  it('sends the file to a gateway, lists what was rejected and ends with the totals', async () => {
    const email = someEmail();
    const csv = file('gateway.csv', `email,name,hat\n${email},Ada Lovelace,yes\nnobody,,\n`);
    const args = [csv, '--url', gateway.url, '--token', gateway.staffToken];
    expect(await run(args)).toEqual({
      code: 0,
      err: '',
      out: 'Columns that are not imported: hat\nline 3 rejected: INVALID email. This is not an e-mail address.\n2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected\n',
    });
    expect((await run(args)).out).toContain('2 rows: 0 created, 0 updated, 1 unchanged, 1 rejected');
    expect(await gateway.app.backend.database.prisma.customer.count({ where: { email, lastName: 'Lovelace' } })).toBe(1);
  }, 120_000);

  it('opens the database itself where no gateway answers, and finds there what it wrote', async () => {
    const csv = 'name,email,password\nAda Lovelace,ada@shop.example,correct horse\nAda L,ada@shop.example,\n';
    const first = await run(['-'], csv);
    expect(first).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 rows: 1 created, 0 updated, 0 unchanged, 0 rejected'.replace('0 unchanged', '1 unchanged')),
    });
    expect(first.out).toContain('--notes lists them');
    const second = await run(['-', '--notes'], csv);
    expect(second).toMatchObject({ code: 0, out: 'line 3: kept the last_name of line 2\n2 rows: 0 created, 0 updated, 2 unchanged, 0 rejected\n' });
  }, 120_000);

  it('fails with one plain sentence when nothing can be imported', async () => {
    expect(await run([path.join(folder, 'missing.csv')])).toMatchObject({ code: 1, err: expect.stringContaining('missing.csv cannot be read') });
    expect(await run(['-', '--url', 'http://127.0.0.1:1'], 'email\n')).toMatchObject({ code: 1, err: 'No gateway answers at http://127.0.0.1:1.\n' });
    expect(await run(['-', '--url', gateway.url, '--token', 'wrong'], 'email\na@b.example\n')).toMatchObject({
      code: 1,
      err: expect.stringContaining('staff token'),
    });
    expect(await run(['-', '--url', gateway.url], 'email\na@b.example\n')).toMatchObject({ code: 1, err: expect.stringContaining('--token') });
    expect(await run(['-', '--url', gateway.url, '--token', gateway.staffToken], 'email\nnobody\n')).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 rejected'),
    });
    expect(await run(['-'], 'email\n', { DATA_DIR: 'memory' })).toMatchObject({ code: 1, err: expect.stringContaining('keeps nothing') });
  }, 120_000);
});
