import { expect, it } from 'vitest';
import { loggedError } from '../../src/start.ts';

it('tells of an error what it was and where, and none of the values that PostgreSQL adds', () => {
  const detail = 'Key (email)=(ida@example.com) already exists.';
  const told = { code: '23505', constraint: 'customer_email_key', detail, where: 'ida@example.com', parameters: ['ida@example.com'] };
  const logged = loggedError(Object.assign(new Error('duplicate key value violates unique constraint "customer_email_key"'), told));
  expect(logged).toMatchObject({ code: '23505', constraint: 'customer_email_key', stack: expect.stringContaining('log.test.ts') });
  expect(JSON.stringify(logged)).not.toContain('ida@example.com');
});
