import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../../src/capabilities/passwords/hash.ts';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { useAccounts } from '../support/classic.ts';
import { type Comparison, compare, isTellable } from '../support/compare.ts';
import { someEmail } from '../support/given.ts';

/** Of each kind; `TIMING_SAMPLES=400` measures what docs/accounts.md promises. */
const SAMPLES = Number(process.env.TIMING_SAMPLES ?? 40);
const WARM_UP = 15;

const OPERATIONS = {
  'asking for a code': (email: string) => ({
    query: 'mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { code } } }',
    variables: { email },
  }),
  'signing in by password': (email: string) => ({
    query: 'mutation ($input: CustomerAccessTokenCreateInput!) { customerAccessTokenCreate(input: $input) { customerUserErrors { code } } }',
    variables: { input: { email, password: 'a guess at the password' } },
  }),
  'recovering a password': (email: string) => ({
    query: 'mutation ($email: String!) { customerRecover(email: $email) { customerUserErrors { code } } }',
    variables: { email },
  }),
  registering: (email: string) => ({
    query: 'mutation ($input: CustomerInput!) { customerCreate(input: $input) { customer { id } customerUserErrors { code } } }',
    variables: { input: { email, password: 'vivid harbour', firstName: 'Ines' } },
  }),
} as const;

describe('a comparison', () => {
  const around = (mean: number) => Array.from({ length: 400 }, () => mean + Math.random() * 4);
  it('tells two milliseconds apart and calls nothing what is none', () => {
    expect(isTellable(compare(around(20), around(22)))).toBe(true);
    expect(isTellable(compare(around(20), around(20)))).toBe(false);
    expect(isTellable(compare(around(20), around(20.6)))).toBe(false);
  });
});

describe.each(backends)('the time of an answer on $name', (kind) => {
  let test: TestApp;
  let gateway: Gateway;
  let url: string;
  beforeAll(async () => {
    test = await openTestApp(kind);
    await useAccounts(test.app, 'CLASSIC');
    // Every request comes from a network of its own, so that none is limited.
    gateway = createServer(test.app, { isProduction: true, allowedOrigins: [], trustedProxyHops: 1, showInbox: false });
    url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/graphql`;
  });
  afterAll(async () => {
    await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
    await gateway.close();
  });

  const knownEmails = async (count: number): Promise<string[]> => {
    const hash = await hashPassword(randomUUID());
    const customers = Array.from({ length: count }, () => ({
      id: randomUUID(),
      email: someEmail(),
      state: 'ENABLED' as const,
      emailVerifiedAt: new Date(),
    }));
    const { prisma } = test.app.backend.database;
    await prisma.customer.createMany({ data: customers });
    await prisma.customerPassword.createMany({ data: customers.map(({ id }) => ({ customerId: id, hash, updatedAt: new Date() })) });
    return customers.map(({ email }) => email);
  };

  const measure = async (operation: object): Promise<number> => {
    const address = `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const body = JSON.stringify(operation);
    const begun = performance.now();
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    const tookMs = performance.now() - begun;
    // Whoever is limited is answered sooner: that would measure nothing.
    expect(text).not.toMatch(/TOO_MANY|BUSY|PASSWORDS_NOT_IN_USE|"errors"/);
    return tookMs;
  };

  it.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])(
    'of %s does not tell known addresses from unknown',
    async (name) => {
      const count = SAMPLES + WARM_UP;
      const known = (await knownEmails(count)).map((email) => ({ email, isKnown: true }));
      const unknown = Array.from({ length: count }, () => ({ email: someEmail(), isKnown: false }));
      const order = [...known, ...unknown].map((item) => ({ item, place: Math.random() })).sort((a, b) => a.place - b.place);
      const samples: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
      let index = 0;
      for (const { item } of order) {
        const tookMs = await measure(OPERATIONS[name](item.email));
        index += 1;
        if (index > 2 * WARM_UP) samples[item.isKnown ? 'known' : 'unknown'].push(tookMs);
      }
      const found: Comparison = compare(samples.known, samples.unknown);
      if (process.env.TIMING_SAMPLES) {
        const [a, b] = found.meansMs.map((ms) => ms.toFixed(2));
        console.info(
          `${kind.name}, ${name}: known ${a} ms (${samples.known.length}), unknown ${b} ms (${samples.unknown.length}), t ${found.t.toFixed(2)}`,
        );
      }
      expect({ found, isTellable: isTellable(found) }).toMatchObject({ isTellable: false });
    },
    300_000,
  );
});
