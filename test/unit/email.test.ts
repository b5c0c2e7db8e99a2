import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalEmail } from '../../src/core/email.ts';

describe('canonicalEmail', () => {
  it.each([
    [' Anna@Example.COM ', 'anna@example.com'],
    ['jürgen@bücher.example', 'jürgen@xn--bcher-kva.example'],
    ['a+tag.x@example.com', 'a+tag.x@example.com'],
    ["o'brien@example.co.uk", "o'brien@example.co.uk"],
    ['zoe\u0308@example.com', 'zoë@example.com'],
    ['用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
  ])('makes %s the identity %s', (text, canonical) => {
    expect(canonicalEmail(text)).toBe(canonical);
  });

  it.each([
    '',
    'anna',
    '@example.com',
    'anna@',
    'a b@example.com',
    'a@b@example.com',
    'a,b@example.com',
    'anna@example',
    'anna@-example.com',
    'anna@example..com',
    '.anna@example.com',
    'an..na@example.com',
    '"anna"@example.com',
    'anna@127.0.0.1',
    'anna@[127.0.0.1]',
    'anna\u0000@example.com',
    'anna\n@example.com',
    'an\u200bna@example.com',
    `${'x'.repeat(65)}@example.com`,
    `anna@${'x.'.repeat(130)}com`,
  ])('refuses %j', (text) => {
    expect(canonicalEmail(text)).toBeNull();
  });

  it('is stable: the canonical form of a canonical form is itself', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        const once = canonicalEmail(text);
        expect(once === null || canonicalEmail(once) === once).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
