import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerSearch } from '../../src/capabilities/customers/search.ts';
import { transactionSearch } from '../../src/capabilities/store-credit/search.ts';
import { DomainError } from '../../src/core/errors.ts';

describe('customerSearch', () => {
  it('joins terms by AND and excludes with a minus or NOT', () => {
    expect(customerSearch('tag:vip AND -tag:"old customer" NOT state:disabled')).toEqual({
      AND: [{ tags: { has: 'vip' } }, { NOT: { tags: { has: 'old customer' } } }, { NOT: { state: 'DISABLED' } }],
    });
  });

  it('takes a quoted e-mail address whole and a bare one as a part', () => {
    expect(customerSearch('email:"Anna@example.com"')).toEqual({ AND: [{ email: 'anna@example.com' }] });
    expect(customerSearch('email:anna')).toEqual({ AND: [{ email: { contains: 'anna', mode: 'insensitive' } }] });
  });

  it.each([
    ['shoe_size:42', 'shoe_size:42'],
    ['state:SLEEPING', 'state:SLEEPING'],
    ['created_at:>=yesterday-ish', 'created_at:>=yesterday-ish'],
    ['anna OR otto', 'OR'],
  ])('names the word of “%s” that it does not understand', (query, word) => {
    expect(() => customerSearch(query)).toThrow(expect.objectContaining({ code: 'INVALID', params: expect.objectContaining({ word }) }));
  });

  it('refuses or understands any text, and never breaks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (query) => {
        for (const search of [customerSearch, transactionSearch]) {
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
      OR: [{ AND: [{ kind: 'CREDIT' }, { expiresAt: { lte: new Date('2026-12-31T23:00:00Z') } }] }, { AND: [{ kind: 'DEBIT' }] }],
    });
  });

  it('ignores a kind that it does not know, as Shopify does', () => {
    expect(transactionSearch('type:gift')).toEqual({ AND: [] });
  });
});
