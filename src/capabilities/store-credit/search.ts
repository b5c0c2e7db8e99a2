import { momentOf } from '../../core/moment.ts';
import { searchConditions, type Term, wrongWord } from '../../core/search.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';
import { StoreCreditBulkIssueRowState, StoreCreditBulkIssueState, StoreCreditSystemEvent } from '../../db/generated/enums.ts';

type Filters<Where> = Readonly<Record<string, (term: Term) => Where>>;

const DAY_MS = 24 * 60 * 60 * 1000;
const KINDS = { credit: 'CREDIT', debit: 'DEBIT', debit_revert: 'DEBIT_REVERT', expiration: 'EXPIRATION' } as const;
const STATES = { active: 'ACTIVE', captured: 'CAPTURED', released: 'RELEASED', expired: 'EXPIRED' } as const;
const COMPARISONS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const;

/** What is before or after a moment; without a comparison that moment, or the whole of a day. */
const moment = ({ value, comparator, text }: Term) => {
  const at = momentOf(value);
  if (!at) throw wrongWord(text);
  if (comparator) return { [COMPARISONS[comparator]]: at };
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? { gte: at, lt: new Date(at.getTime() + DAY_MS) } : { equals: at };
};

const text = ({ value, isPrefix }: Term) => (isPrefix ? { startsWith: value } : value);

const oneOf = <Value extends string>(values: Readonly<Record<string, Value>>, { value, text: word }: Term): Value => {
  const found = Object.entries(values).find(([name]) => name.toLowerCase() === value.toLowerCase());
  if (!found) throw wrongWord(word);
  return found[1];
};

const nothingFree = (term: Term): never => {
  throw wrongWord(term.text);
};

const TRANSACTION: Filters<Prisma.StoreCreditTransactionWhereInput> = {
  // Shopify ignores a kind that it does not know.
  type: ({ value }) => (Object.hasOwn(KINDS, value) ? { kind: KINDS[value as keyof typeof KINDS] } : {}),
  id: ({ value }) => ({ id: uuidIn(value) }),
  event: (term) => ({ event: oneOf(StoreCreditSystemEvent, term) }),
  reference: (term) => ({ reference: text(term) }),
  expires_at: (term) => ({ lotExpiresAt: moment(term) }),
  created_at: (term) => ({ createdAt: moment(term) }),
};

/**
 * Shopify's filters on an account's transactions: `type:credit OR type:debit`, `expires_at:<='2026-12-31T23:00:00Z'`, `created_at`, `id`;
 * and ours: `event`, `reference`. Refuses INVALID, naming the word that is not understood.
 */
export const transactionSearch = (query: string | null | undefined): Prisma.StoreCreditTransactionWhereInput =>
  searchConditions(query, TRANSACTION, nothingFree);

const ALL_TRANSACTIONS: Filters<Prisma.StoreCreditTransactionWhereInput> = {
  ...TRANSACTION,
  account_id: ({ value }) => ({ accountId: uuidIn(value) }),
  customer_id: ({ value }) => ({ account: { customerId: uuidIn(value) } }),
  currency_code: ({ value }) => ({ currency: value.toUpperCase() }),
  actor: (term) => ({ actor: text(term) }),
  reason: (term) => ({ reason: text(term) }),
};

/** The same on the shop's transactions, with `reason`, `account_id`, `customer_id`, `currency_code` and `actor`. */
export const allTransactionsSearch = (query: string | null | undefined): Prisma.StoreCreditTransactionWhereInput =>
  searchConditions(query, ALL_TRANSACTIONS, nothingFree);

const HOLD: Filters<Prisma.StoreCreditHoldWhereInput> = {
  state: (term) => ({ state: oneOf(STATES, term) }),
  id: ({ value }) => ({ id: uuidIn(value) }),
  reference: (term) => ({ reference: text(term) }),
  expires_at: (term) => ({ expiresAt: moment(term) }),
  created_at: (term) => ({ createdAt: moment(term) }),
};

/** Filters on an account's holds: `state:active`, `reference`, `expires_at`, `created_at`, `id`. States are those that were posted. */
export const holdSearch = (query: string | null | undefined): Prisma.StoreCreditHoldWhereInput => searchConditions(query, HOLD, nothingFree);

const ACCOUNT: Filters<Prisma.StoreCreditAccountWhereInput> = {
  currency_code: ({ value }) => ({ currency: value.toUpperCase() }),
  id: ({ value }) => ({ id: uuidIn(value) }),
};

/** Shopify's filters on a customer's accounts: `currency_code:EUR`, `id:…`. */
export const accountSearch = (query: string | null | undefined): Prisma.StoreCreditAccountWhereInput => searchConditions(query, ACCOUNT, nothingFree);

const ALL_ACCOUNTS: Filters<Prisma.StoreCreditAccountWhereInput> = {
  ...ACCOUNT,
  customer_id: ({ value }) => ({ customerId: uuidIn(value) }),
  // Whether something is there: amounts of several currencies are not compared.
  balance: ({ value, comparator, text: word }) => {
    if (value !== '0' || !['', '>'].includes(comparator)) throw wrongWord(word);
    return { balanceMinor: comparator ? { gt: 0n } : 0n };
  },
  created_at: (term) => ({ createdAt: moment(term) }),
  updated_at: (term) => ({ updatedAt: moment(term) }),
};

/** The same on the shop's accounts, with `customer_id`, `balance:0`, `balance:>0`, `created_at` and `updated_at`. */
export const allAccountsSearch = (query: string | null | undefined): Prisma.StoreCreditAccountWhereInput =>
  searchConditions(query, ALL_ACCOUNTS, nothingFree);

/** Filters on credit requests: `state:pending`, `expired`, `approved`, `declined`; `currency_code`, `customer_id`, `created_at`, `id`. */
export const requestSearch = (query: string | null | undefined, now: Date): Prisma.StoreCreditCreditRequestWhereInput =>
  searchConditions<Prisma.StoreCreditCreditRequestWhereInput>(
    query,
    {
      state: (term) =>
        oneOf<string>({ pending: 'PENDING', expired: 'EXPIRED', approved: 'APPROVED', declined: 'DECLINED' }, term) === 'PENDING'
          ? { state: 'PENDING', expiresAt: { gt: now } }
          : term.value.toLowerCase() === 'expired'
            ? { state: 'PENDING', expiresAt: { lte: now } }
            : { state: oneOf({ approved: 'APPROVED', declined: 'DECLINED' } as const, term) },
      currency_code: ({ value }) => ({ currency: value.toUpperCase() }),
      customer_id: ({ value }) => ({ customerId: uuidIn(value) }),
      created_at: (term) => ({ createdAt: moment(term) }),
      id: ({ value }) => ({ id: uuidIn(value) }),
    },
    nothingFree,
  );

const codeState = (term: Term, now: Date): Prisma.StoreCreditCodeWhereInput => {
  const unended = { claimedAt: null, disabledAt: null };
  switch (oneOf({ open: 'OPEN', claimed: 'CLAIMED', disabled: 'DISABLED', expired: 'EXPIRED' } as const, term)) {
    case 'CLAIMED':
      return { claimedAt: { not: null } };
    case 'DISABLED':
      return { disabledAt: { not: null } };
    case 'EXPIRED':
      return { ...unended, expiresAt: { lte: now } };
    case 'OPEN':
      return { ...unended, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
  }
};

const codeFilters = (now: Date): Filters<Prisma.StoreCreditCodeWhereInput> => ({
  state: (term) => codeState(term, now),
  currency_code: ({ value }) => ({ currency: value.toUpperCase() }),
  hint: ({ value }) => ({ hint: value.toUpperCase() }),
  created_at: (term) => ({ createdAt: moment(term) }),
  expires_at: (term) => ({ expiresAt: moment(term) }),
  id: ({ value }) => ({ id: uuidIn(value) }),
});

/** Filters on a customer's credit codes: `state:open`, `currency_code`, `hint`, `created_at`, `expires_at`, `id`. */
export const codeSearch = (query: string | null | undefined, now: Date): Prisma.StoreCreditCodeWhereInput =>
  searchConditions(query, codeFilters(now), nothingFree);

/** The same on the shop's codes, with `batch` and `customer_id`. */
export const allCodesSearch = (query: string | null | undefined, now: Date): Prisma.StoreCreditCodeWhereInput =>
  searchConditions<Prisma.StoreCreditCodeWhereInput>(
    query,
    { ...codeFilters(now), batch: (term) => ({ batch: text(term) }), customer_id: ({ value }) => ({ customerId: uuidIn(value) }) },
    nothingFree,
  );

/** Filters on bulk issues: `state:checked`, `created_at`, `id`. */
export const bulkIssueSearch = (query: string | null | undefined): Prisma.StoreCreditBulkIssueWhereInput =>
  searchConditions<Prisma.StoreCreditBulkIssueWhereInput>(
    query,
    {
      state: (term) => ({ state: oneOf(StoreCreditBulkIssueState, term) }),
      created_at: (term) => ({ createdAt: moment(term) }),
      id: ({ value }) => ({ id: uuidIn(value) }),
    },
    nothingFree,
  );

/** Filters on a bulk issue's rows: `state:refused`, `code:credit_limit_exceeded`, `currency_code:EUR`, `customer_id`. */
export const bulkRowSearch = (query: string | null | undefined): Prisma.StoreCreditBulkIssueRowWhereInput =>
  searchConditions<Prisma.StoreCreditBulkIssueRowWhereInput>(
    query,
    {
      state: (term) => ({ state: oneOf(StoreCreditBulkIssueRowState, term) }),
      code: ({ value }) => ({ code: value.toUpperCase() }),
      currency_code: ({ value }) => ({ currency: value.toUpperCase() }),
      customer_id: ({ value }) => ({ customerId: uuidIn(value) }),
    },
    nothingFree,
  );
