import { describe, expect, it } from 'vitest';
import { clientAddress, coarseNetwork, isLoopback, limitedNetwork } from '../../src/core/network.ts';

describe('network', () => {
  it('counts an IPv6 household or server as one', () => {
    expect(limitedNetwork('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(limitedNetwork('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
    expect(limitedNetwork('2001:0db8:0001:0002:ffff::')).toBe('2001:db8:1:2::/64');
    expect(limitedNetwork('2001:db8:1:3::9')).not.toBe(limitedNetwork('2001:db8:1:2::9'));
  });

  it('folds IPv4 that is written as IPv6', () => {
    expect(limitedNetwork('::ffff:203.0.113.9')).toBe('203.0.113.9');
  });

  it('puts what is no address into one bucket instead of letting it pass', () => {
    expect([undefined, '', 'nonsense', '1.2.3.4.5'].map(limitedNetwork)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });

  it('keeps a place and not a person of an address', () => {
    expect(coarseNetwork('203.0.113.77')).toBe('203.0.113.0/24');
    expect(coarseNetwork('2001:db8:1:2::9')).toBe('2001:db8:1::/48');
    expect(coarseNetwork('nonsense')).toBeNull();
  });

  it('believes X-Forwarded-For only as far as there are proxies, counted from the right', () => {
    const spoofed = '6.6.6.6, 203.0.113.9';
    expect(clientAddress('10.0.0.1', spoofed, 0)).toBe('10.0.0.1');
    expect(clientAddress('10.0.0.1', spoofed, 1)).toBe('203.0.113.9');
    expect(clientAddress('10.0.0.1', `${spoofed}, 10.0.0.2`, 2)).toBe('203.0.113.9');
    expect(clientAddress('10.0.0.1', undefined, 1)).toBe('10.0.0.1');
  });

  it('knows its own machine', () => {
    expect(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['128.0.0.1', '::2', undefined].map(isLoopback)).toEqual([false, false, false]);
  });
});
