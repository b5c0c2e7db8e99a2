import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { type SampleGateway, startSampleGateway } from '../support/sample-gateway.ts';

const run = promisify(execFile);

/** The README's tour: what it says to type, and what it says comes back. */
const tour = /^## Two minutes$(.*?)^## /ms.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const blocks = (language: string): string[] =>
  [...tour.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text as string);

/** The JSON values in a text, one after the other; what differs from run to run is made the same. */
const answersIn = (text: string): string[] => {
  const answers: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '{' && depth++ === 0) start = index;
    if (character === '}' && --depth === 0) answers.push([...text].slice(start, index + 1).join(''));
  }
  return answers.map((answer) =>
    JSON.stringify(JSON.parse(answer))
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/clt_at_[\w-]+/g, 'TOKEN'),
  );
};

describe("the README's tour", () => {
  let shop: SampleGateway;
  let folder: string;
  beforeAll(async () => {
    shop = await startSampleGateway(backends[0] as (typeof backends)[number]);
    folder = mkdtempSync(path.join(tmpdir(), 'clientele-tour-'));
    mkdirSync(path.join(folder, '.clientele'));
    writeFileSync(path.join(folder, '.clientele/admin-token'), shop.staffToken);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await shop.stop();
  });

  it('answers as it says when it is pasted as it stands', async () => {
    const typed = blocks('sh').filter((block) => !block.startsWith('npm '));
    expect(typed.length).toBeGreaterThan(6);
    const script = typed.join('\n').replaceAll('localhost:4000', new URL(shop.url).host);
    const { stdout } = await run('bash', ['-c', script], { cwd: folder, timeout: 25_000 });
    // What is told live may come before or after the answer of the debit that it tells of.
    expect(answersIn(stdout).sort()).toEqual(answersIn(blocks('json').join('\n')).sort());
  });
});
