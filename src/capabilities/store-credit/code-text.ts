import { randomBytes } from 'node:crypto';
import type { Keyring } from '../../core/secret.ts';

/** Crockford's base 32: no I, L, O or U, so that what is read aloud or written down is not mistaken. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 16;
const PURPOSE = 'store credit code';

/** A new code, `XXXX-XXXX-XXXX-XXXX`, with 80 random bits. */
export const mintCreditCode = (): string =>
  [...randomBytes(CHARACTERS)]
    .map((byte) => ALPHABET[byte % 32])
    .join('')
    .replace(/.{4}(?=.)/g, '$&-');

/** A code as it was minted, however it was typed: small letters, spaces, O for 0, I and L for 1. Null for what cannot be one. */
export const readCreditCode = (typed: string): string | null => {
  if (typed.length > 64) return null;
  const text = typed
    .toUpperCase()
    .replace(/[\s\u2010-\u2015-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return text.length === CHARACTERS && [...text].every((character) => ALPHABET.includes(character)) ? text : null;
};

/** What is kept of a code, as hexadecimal text: without the keys nobody can try codes on it. */
export const creditCodeDigest = (keyring: Keyring, code: string): string => keyring.digest(PURPOSE, readCreditCode(code) as string).toString('hex');

/** The same under every key that may have signed it; none for what cannot be a code. */
export const creditCodeDigests = (keyring: Keyring, typed: string): string[] => {
  const code = readCreditCode(typed);
  return code ? keyring.digests(PURPOSE, code).map((digest) => digest.toString('hex')) : [];
};
