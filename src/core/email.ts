import { domainToASCII } from 'node:url';

/** RFC 5321: 64 octets before the @, 254 in all. */
const LOCAL_OCTETS_MAX = 64;
const ADDRESS_OCTETS_MAX = 254;

// RFC 5322 dot-atom, and RFC 6531's letters beyond ASCII. Quoted local parts are refused: no shop's mail gets there.
const LOCAL = /^[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}]+$/u;
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * The form under which an e-mail address identifies a customer: trimmed, NFC, the domain by IDNA, all lower-case.
 * Dots and plus tags in the local part stay: they are different inboxes to some hosts, and sign-in must not guess.
 * Null when it is not an address.
 */
export const canonicalEmail = (text: string): string | null => {
  const trimmed = text.trim().normalize('NFC');
  const at = trimmed.lastIndexOf('@');
  if (at < 1) return null;
  const local = trimmed.slice(0, at).toLowerCase().normalize('NFC');
  const domain = domainToASCII(trimmed.slice(at + 1)).toLowerCase();
  if (!LOCAL.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return null;
  if (!DOMAIN.test(domain)) return null;
  const address = `${local}@${domain}`;
  if (Buffer.byteLength(local) > LOCAL_OCTETS_MAX || Buffer.byteLength(address) > ADDRESS_OCTETS_MAX) return null;
  return address;
};

/** Hosts that ignore dots in the local part. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/**
 * The inbox that a canonical address most likely reaches, for counting what is sent there: tags after a plus are cut, and Gmail's dots.
 * Never used to tell customers apart. What is no address, such as a phone number, stays as it is.
 */
export const inboxOf = (email: string): string => {
  const at = email.lastIndexOf('@');
  if (at < 1) return email;
  const domain = email.slice(at + 1);
  const local = email.slice(0, at).replace(/(?<=.)\+.*$/, '');
  return DOTLESS.has(domain) ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${domain}`;
};
