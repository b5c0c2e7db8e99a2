import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { untidy } from '../support/tidy.ts';

const read = (...folders: readonly string[]): Map<string, string> =>
  new Map(
    folders
      .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !file.includes('generated') && !file.endsWith('support/operations.ts'))
      .map((file) => [file.replaceAll('\\', '/'), readFileSync(file, 'utf8')]),
  );

// The rules write what they look for; they are not held to it.
const files = [...read('src', 'test', 'prisma')].filter(([file]) => !/tidy(?:\.test)?\.ts$/.test(file));

describe('tidy', () => {
  it('finds nothing in the tree', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(untidy(new Map(files))).toEqual([]);
  });

  it.each([
    ['core imports node: and itself', 'src/core/x.ts', "import { z } from 'zod';"],
    ['db knows no GraphQL', 'src/db/x.ts', "import { credit } from '../capabilities/store-credit/credit.ts';"],
    ['only graphql.ts files', 'src/capabilities/customers/x.ts', "import { GraphQLError } from 'graphql';"],
    ['only src/graphql and graphql.ts files import Pothos', 'src/http/x.ts', "import SchemaBuilder from '@pothos/core';"],
    ['only db imports the generated client', 'src/capabilities/customers/x.ts', "import { PrismaClient } from '../../db/generated/client.ts';"],
    ['verbs import no GraphQL', 'src/capabilities/customers/x.ts', "import { badInput } from '../../graphql/access.ts';"],
    ['never its graphql.ts', 'src/capabilities/customers/graphql/x.ts', "import '../../addresses/graphql.ts';"],
    ['src/graphql knows no capability', 'src/graphql/x.ts', "import { credit } from '../capabilities/store-credit/credit.ts';"],
    ['a backend is opened by', 'src/app.ts', "import { embedded } from './backend/embedded.ts';"],
    ['http is imported by', 'src/app.ts', "import { answer } from './http/routes.ts';"],
    ['src imports neither tests', 'src/app.ts', "import { someEmail } from '../test/support/given.ts';"],
    ['kebab-case', 'src/core/someThing.ts', ''],
    ['name it by its verb', 'src/capabilities/customers/customer-service.ts', ''],
    ['the only barrel', 'src/core/index.ts', ''],
    ['more than 400', 'src/core/x.ts', '\n'.repeat(400)],
    ['left for later', 'src/core/x.ts', '// TODO: later'],
    ['types are not switched off', 'src/core/x.ts', '// @ts-ignore'],
    ['only main.ts', 'src/core/x.ts', 'process.exit(1)'],
    ['a nested list after a cursor is read whole', 'src/capabilities/orders/graphql.ts', "t.relatedConnection('orders', { cursor: 'id' })"],
    ['focused', 'test/unit/x.test.ts', 'it.only()'],
  ])('holds: %s', (rule, file, text) => {
    expect(untidy(new Map([[file, text]])).join('\n')).toContain(rule);
  });

  it('holds: no circles at run time, while types may point back', () => {
    const back = (type: string) =>
      new Map([
        ['src/core/a.ts', "import { b } from './b.ts';"],
        ['src/core/b.ts', `import ${type}{ a } from './a.ts';`],
      ]);
    expect(untidy(back('')).join()).toContain('in a circle');
    expect(untidy(back('type '))).toEqual([]);
  });
});
