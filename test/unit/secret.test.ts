import { describe, expect, it } from 'vitest';
import { Keyring, mintCode, mintToken, tokenHash } from '../../src/core/secret.ts';

const OLD = 'an old key that is long enough to be one';
const NEW = 'a new key that is long enough to be one';

describe('Keyring', () => {
  it('opens what an older key sealed, and nothing that was changed or sealed for something else', () => {
    const sealed = new Keyring([OLD]).seal('mail', 'text');
    expect(new Keyring([NEW, OLD]).open('mail', sealed)).toBe('text');
    expect(() => new Keyring([NEW]).open('mail', sealed)).toThrow();
    expect(() => new Keyring([OLD]).open('cookie', sealed)).toThrow();
    sealed[14] = (sealed[14] ?? 0) ^ 1;
    expect(() => new Keyring([OLD]).open('mail', sealed)).toThrow();
  });

  it('signs with the first key and knows what the others signed', () => {
    const before = new Keyring([OLD]).digest('code', 'anna@example.com', '123456');
    const digests = new Keyring([NEW, OLD]).digests('code', 'anna@example.com', '123456');
    expect(digests[0]).not.toEqual(before);
    expect(digests[1]).toEqual(before);
  });

  it('keeps the parts of what it signs apart', () => {
    const keyring = new Keyring([OLD]);
    expect(keyring.digest('code', 'ab', 'c')).not.toEqual(keyring.digest('code', 'a', 'bc'));
  });
});

describe('tokens and codes', () => {
  it('have 256 bits and tell what they are', () => {
    expect(mintToken('staff')).toMatch(/^clt_st_[\w-]{43}$/);
    expect(mintToken('access')).not.toBe(mintToken('access'));
    expect(tokenHash('x')).toHaveLength(32);
  });

  it('are six digits, leading zeros included', () => {
    const codes = Array.from({ length: 2_000 }, mintCode);
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
  });
});
