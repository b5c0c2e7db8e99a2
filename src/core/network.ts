import { BlockList, isIPv4, isIPv6 } from 'node:net';

const groupsOf = (address: string): string[] => {
  const [head = '', tail = ''] = address.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const gap = address.includes('::') ? Array.from({ length: 8 - left.length - right.length }, () => '0') : [];
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16).toString(16));
};

const unmapped = (address: string): string => {
  const bare = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  return mapped?.[1] ?? bare;
};

/**
 * Whom a limit counts: an IPv4 address, or the /64 of an IPv6 address, since one household or one rented server holds a whole /64.
 * An address that is none shares one bucket, so that it is limited rather than free.
 */
export const limitedNetwork = (address: string | undefined): string => {
  const ip = unmapped(address ?? '');
  if (isIPv4(ip)) return ip;
  if (isIPv6(ip)) return `${groupsOf(ip).slice(0, 4).join(':')}::/64`;
  return 'unknown';
};

/** What a session remembers of where it was opened: /24 or /48, enough to recognise a place and not a person. */
export const coarseNetwork = (address: string | undefined): string | null => {
  const ip = unmapped(address ?? '');
  if (isIPv4(ip)) return `${ip.split('.').slice(0, 3).join('.')}.0/24`;
  if (isIPv6(ip)) return `${groupsOf(ip).slice(0, 3).join(':')}::/48`;
  return null;
};

const canonicalAddress = (address: string): string | null => {
  const ip = unmapped(address);
  if (isIPv4(ip)) return ip;
  return isIPv6(ip) ? groupsOf(ip).join(':') : null;
};

/** Whether two texts name the same address; one that is none is the same as no other. */
export const isSameAddress = (a: string, b: string | undefined): boolean => {
  const first = canonicalAddress(a);
  return first !== null && first === canonicalAddress(b ?? '');
};

/** Whether an address is this machine's own. */
export const isLoopback = (address: string | undefined): boolean => {
  const ip = unmapped(address ?? '');
  return ip === '::1' || (isIPv4(ip) && LOOPBACK.check(ip));
};

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);

/** The client's address: the one that the outermost of `hops` trusted proxies saw, counted from the right of X-Forwarded-For. */
export const clientAddress = (remote: string | undefined, forwardedFor: string | undefined, hops: number): string | undefined => {
  if (hops === 0 || !forwardedFor) return remote;
  const chain = forwardedFor.split(',').map((part) => part.trim());
  return chain[Math.max(0, chain.length - hops)] ?? remote;
};
