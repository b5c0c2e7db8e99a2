import { readFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { expect, it } from 'vitest';
import { sortedSchema } from '../../src/graphql/schema.ts';

it('is what schema.graphql says; run `npm run schema` and review the difference', () => {
  expect(`${printSchema(sortedSchema())}\n`).toBe(readFileSync('schema.graphql', 'utf8'));
});
