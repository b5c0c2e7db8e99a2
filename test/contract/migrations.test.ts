import { expect, it } from 'vitest';
import { shadowAdapter } from '../../src/backend/embedded.ts';
import { pendingSql } from '../../src/db/migrate.ts';

it('lead to exactly what schema.prisma says; `npm run migration -- name` writes what is missing', async () => {
  expect(await pendingSql(shadowAdapter())).toBe('');
});
