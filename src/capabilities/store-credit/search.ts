import { DomainError } from '../../core/errors.ts';
import { momentOf } from '../../core/moment.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';

type Where = Prisma.StoreCreditTransactionWhereInput;

const KINDS = { credit: 'CREDIT', debit: 'DEBIT', debit_revert: 'DEBIT_REVERT', expiration: 'EXPIRATION' } as const;
const QUERY_CHARACTERS_MAX = 500;
const TERM = /([a-z_]+):(>=|<=|>|<)?(?:'([^']*)'|"([^"]*)"|(\S+))|(\S+)/g;

const COMPARISONS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte', '': 'equals' } as const;

const wrong = (word: string): DomainError => new DomainError('INVALID', ['query'], { detail: 'INVALID_FILTER', word });

const condition = (field: string, comparator: keyof typeof COMPARISONS, value: string): Where | null => {
  switch (field) {
    // Shopify ignores a kind that it does not know.
    case 'type':
      return Object.hasOwn(KINDS, value) ? { kind: KINDS[value as keyof typeof KINDS] } : null;
    case 'id':
      return { id: uuidIn(value) };
    case 'expires_at':
    case 'created_at': {
      const moment = momentOf(value);
      if (!moment) throw wrong(`${field}:${value}`);
      return { [field === 'expires_at' ? 'expiresAt' : 'createdAt']: { [COMPARISONS[comparator]]: moment } };
    }
    default:
      throw wrong(`${field}:${value}`);
  }
};

/** Shopify's filters on an account's transactions: `type:credit OR type:debit`, `expires_at:<='2026-12-31T23:00:00Z'`, `created_at`, `id`. OR binds weaker than AND. */
export const transactionSearch = (query: string | null | undefined): Where => {
  const text = query?.trim() ?? '';
  if (text.length > QUERY_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['query'], { max: QUERY_CHARACTERS_MAX });
  const alternatives: Where[][] = [[]];
  for (const [, field, comparator = '', single, double, bare, word] of text.matchAll(TERM)) {
    if (word === 'OR') alternatives.push([]);
    else if (word && word !== 'AND') throw wrong(word);
    else if (field) {
      const found = condition(field, comparator as keyof typeof COMPARISONS, single ?? double ?? bare ?? '');
      if (found) alternatives.at(-1)?.push(found);
    }
  }
  return alternatives.length === 1 ? { AND: alternatives[0] } : { OR: alternatives.map((all) => ({ AND: all })) };
};

/** Shopify's filters on a customer's accounts: `currency_code:EUR`, `id:…`. */
export const accountSearch = (query: string | null | undefined): Prisma.StoreCreditAccountWhereInput => {
  const conditions = [...(query?.trim() ?? '').slice(0, QUERY_CHARACTERS_MAX).matchAll(TERM)].map(([whole, field, , single, double, bare]) => {
    const value = single ?? double ?? bare ?? '';
    if (field === 'currency_code') return { currency: value.toUpperCase() };
    if (field === 'id') return { id: uuidIn(value) };
    if (whole === 'AND') return {};
    throw wrong(whole);
  });
  return { AND: conditions };
};
