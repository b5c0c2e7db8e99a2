import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerSearch } from '../../src/capabilities/customers/search.ts';
import { orderSearch } from '../../src/capabilities/orders/search.ts';
import {
  accountSearch,
  allCodesSearch,
  allTransactionsSearch,
  codeSearch,
  holdSearch,
  requestSearch,
  transactionSearch,
} from '../../src/capabilities/store-credit/search.ts';
import { DomainError } from '../../src/core/errors.ts';

describe('customerSearch', () => {
  const exact = (query: string) => customerSearch(query).exact;

  it('joins terms by AND and excludes with a minus or NOT', () => {
    expect(exact('tag:vip AND -tag:"old customer" NOT state:disabled')).toEqual({
      AND: [{ tags: { has: 'vip' } }, { NOT: { tags: { has: 'old customer' } } }, { NOT: { state: 'DISABLED' } }],
    });
  });

  it('knows OR, weaker than AND, and parentheses', () => {
    expect(exact('tag:a tag:b OR -(tag:c OR tag:d)')).toEqual({
      AND: [
        {
          OR: [
            { AND: [{ tags: { has: 'a' } }, { tags: { has: 'b' } }] },
            { AND: [{ NOT: { OR: [{ AND: [{ tags: { has: 'c' } }] }, { AND: [{ tags: { has: 'd' } }] }] } }] },
          ],
        },
      ],
    });
  });

  it('takes a star for a beginning', () => {
    expect(exact('first_name:An*')).toEqual({ AND: [{ firstName: { startsWith: 'An', mode: 'insensitive' } }] });
  });

  it('refuses more than it should look for', () => {
    expect(() => customerSearch('a '.repeat(21))).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
    expect(() => customerSearch(`${'('.repeat(9)}a${')'.repeat(9)}`)).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
    expect(() => customerSearch('a'.repeat(501))).toThrow(expect.objectContaining({ code: 'TOO_LONG' }));
  });

  it('takes a quoted e-mail address whole and a bare one as a part', () => {
    expect(exact('email:"Anna@example.com"')).toEqual({ AND: [{ email: 'anna@example.com' }] });
    expect(exact('email:anna')).toEqual({ AND: [{ email: { contains: 'anna', mode: 'insensitive' } }] });
  });

  it.each([
    ['shoe_size:42', 'shoe_size:42'],
    ['state:SLEEPING', 'state:SLEEPING'],
    ['created_at:>=yesterday-ish', 'created_at:>=yesterday-ish'],
    ['anna OR (otto', '('],
    ['anna )', ')'],
    ['NOT', 'NOT'],
    ['(tag:vip OR -)', '-'],
  ])('names the word of “%s” that it does not understand', (query, word) => {
    expect(() => customerSearch(query)).toThrow(expect.objectContaining({ code: 'INVALID', params: expect.objectContaining({ word }) }));
  });

  it('refuses or understands any text, and never breaks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (query) => {
        for (const search of [customerSearch, orderSearch, transactionSearch]) {
          try {
            search(query);
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('transactionSearch', () => {
  it('reads Shopify’s filters, OR weaker than AND', () => {
    expect(transactionSearch("type:credit AND expires_at:<='2026-12-31T23:00:00Z' OR type:debit")).toEqual({
      AND: [{ OR: [{ AND: [{ kind: 'CREDIT' }, { lotExpiresAt: { lte: new Date('2026-12-31T23:00:00Z') } }] }, { AND: [{ kind: 'DEBIT' }] }] }],
    });
  });

  it('ignores a kind that it does not know, as Shopify does', () => {
    expect(transactionSearch('type:gift')).toEqual({ AND: [{}] });
  });
});

describe('searches of the ledger', () => {
  const now = new Date('2026-11-22T12:00:00Z');

  it('speak the syntax of all searches', () => {
    expect(transactionSearch('(type:credit OR type:debit) -event:order_payment')).toEqual({
      AND: [{ OR: [{ AND: [{ kind: 'CREDIT' }] }, { AND: [{ kind: 'DEBIT' }] }] }, { NOT: { event: 'ORDER_PAYMENT' } }],
    });
    expect(holdSearch('state:active reference:cart-*')).toEqual({ AND: [{ state: 'ACTIVE' }, { reference: { startsWith: 'cart-' } }] });
    expect(accountSearch('currency_code:eur')).toEqual({ AND: [{ currency: 'EUR' }] });
  });

  it('take a day whole and a moment to the millisecond', () => {
    const day = { gte: new Date('2026-11-22'), lt: new Date('2026-11-23') };
    expect(transactionSearch('created_at:2026-11-22')).toEqual({ AND: [{ createdAt: day }] });
    expect(transactionSearch('created_at:"2026-11-22T12:00:00Z"')).toEqual({ AND: [{ createdAt: { equals: now } }] });
    expect(transactionSearch("expires_at:<='2026-11-22T12:00:00Z'")).toEqual({ AND: [{ lotExpiresAt: { lte: now } }] });
  });

  it('let customers ask nothing about what is for staff', () => {
    for (const query of ['reason:LATE', 'actor:system', 'customer_id:1']) {
      expect(() => transactionSearch(query)).toThrow(expect.objectContaining({ code: 'INVALID' }));
      expect(() => allTransactionsSearch(query)).not.toThrow();
    }
    expect(() => codeSearch('batch:spring', now)).toThrow(expect.objectContaining({ code: 'INVALID' }));
    expect(allCodesSearch('batch:spring', now)).toEqual({ AND: [{ batch: 'spring' }] });
  });

  it('know by the clock what has lapsed', () => {
    expect(requestSearch('state:pending', now)).toEqual({ AND: [{ state: 'PENDING', expiresAt: { gt: now } }] });
    expect(requestSearch('state:expired', now)).toEqual({ AND: [{ state: 'PENDING', expiresAt: { lte: now } }] });
    expect(requestSearch('state:declined', now)).toEqual({ AND: [{ state: 'DECLINED' }] });
    expect(codeSearch('state:open', now)).toEqual({
      AND: [{ claimedAt: null, disabledAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }],
    });
    expect(() => codeSearch('state:lost', now)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });

  it('refuse a word without a field, naming it', () => {
    for (const search of [transactionSearch, accountSearch, holdSearch])
      expect(() => search('anna')).toThrow(expect.objectContaining({ params: { detail: 'INVALID_FILTER', word: 'anna' } }));
  });
});
