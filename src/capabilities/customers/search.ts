import { createHash } from 'node:crypto';
import { literally, searchConditions, type Term, wrongWord } from '../../core/search.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';
import { nameKeyOf } from '../groups/fields.ts';
import { day, money, number, trueOrFalse } from './search-values.ts';

type Where = Prisma.CustomerWhereInput;

const STATES = ['DECLINED', 'DISABLED', 'ENABLED', 'INVITED'] as const;
const CONSENTS = ['INVALID', 'NOT_SUBSCRIBED', 'PENDING', 'REDACTED', 'SUBSCRIBED', 'UNSUBSCRIBED'] as const;

const contains = (text: string) => ({ contains: literally(text), mode: 'insensitive' as const });

const like = ({ value, isPrefix }: Pick<Term, 'value' | 'isPrefix'>) =>
  isPrefix ? { startsWith: literally(value), mode: 'insensitive' as const } : contains(value);

/** Shorter words have too few trigrams to tell a typing error from another word. */
const SIMILAR_CHARACTERS_MIN = 4;

/** Names that are like the word, typing errors and all: an operator of the reader's own. */
const similar = ({ value, isPrefix, isQuoted }: Term): Where[] =>
  isPrefix || isQuoted || value.length < SIMILAR_CHARACTERS_MIN || !/^\p{L}+$/u.test(value)
    ? []
    : [{ firstName: { similar: value } as never }, { lastName: { similar: value } as never }];

/** A first and a last name in quotes, cut between any two of the words. */
const fullName = ({ value, isQuoted }: Term): Where[] => {
  const words = value.trim().split(/\s+/);
  if (!isQuoted || words.length < 2) return [];
  return words.slice(1).map((_word, index) => ({
    firstName: { endsWith: literally(words.slice(0, index + 1).join(' ')), mode: 'insensitive' },
    lastName: { startsWith: literally(words.slice(index + 1).join(' ')), mode: 'insensitive' },
  }));
};

const anywhere = (term: Term): { OR: Where[] } => ({
  OR: [
    { firstName: like(term) },
    { lastName: like(term) },
    { email: like({ ...term, value: term.value.toLowerCase() }) },
    ...(/\d{3}/.test(term.value) ? [{ phone: { contains: term.value.replace(/[^\d+]/g, '') } }] : []),
    ...fullName(term),
  ],
});

const nearly = (term: Term): Where => ({ OR: [...anywhere(term).OR, ...similar(term)] });

const oneOf = <Value extends string>(values: readonly Value[], { value, text }: Term): Value => {
  const found = values.find((known) => known === value.toUpperCase());
  if (!found) throw wrongWord(text);
  return found;
};

const consent =
  (column: 'emailState' | 'smsState' | 'whatsappState') =>
  (term: Term): Where => {
    const state = oneOf(CONSENTS, term);
    const is = { marketing: { is: { [column]: state } } } as Where;
    // Whoever was never asked has no row.
    return state === 'NOT_SUBSCRIBED' ? { OR: [is, { marketing: null }] } : is;
  };

const ordersCount = (term: Term): Where => {
  const { condition, holds } = number(term);
  const counted: Where = { statistics: { is: { ordersCount: condition } } };
  return holds(0) ? { OR: [counted, { statistics: null }] } : counted;
};

/** When she last signed in. A moment before which she did not, since, is one she has not signed in after. */
const lastSignIn = (term: Term): Where => {
  const { gte, gt, lt, lte } = day(term);
  const from = gte ? { gte } : gt ? { gt } : null;
  const until = lt ? { gte: lt } : lte ? { gt: lte } : null;
  return {
    AND: [{ sessions: { some: from ? { authenticatedAt: from } : {} } }, ...(until ? [{ sessions: { none: { authenticatedAt: until } } }] : [])],
  };
};

const groupOf = ({ value }: Term): Where => {
  const id = uuidIn(value);
  const isId = value.toLowerCase() === id || (value.startsWith('gid://') && value.toLowerCase().endsWith(`/${id}`));
  return { groupMemberships: { some: { group: { is: isId ? { id } : { nameKey: nameKeyOf(value) } } } } };
};

/** Filters of Shopify's customer search, then those that it lacks. */
const FILTERS: Readonly<Record<string, (term: Term) => Where>> = {
  id: ({ value }) => ({ id: uuidIn(value) }),
  // Quoted means the whole address, as in Shopify's search; otherwise a part of it.
  email: (term) => ({ email: term.isQuoted ? term.value.toLowerCase() : like({ ...term, value: term.value.toLowerCase() }) }),
  phone: ({ value }) => ({ phone: { contains: value.replace(/[^\d+]/g, '') } }),
  first_name: (term) => ({ firstName: like(term) }),
  last_name: (term) => ({ lastName: like(term) }),
  tag: ({ value }) => ({ tags: { has: value } }),
  tag_not: ({ value }) => ({ NOT: { tags: { has: value } } }),
  country: ({ value }) => ({ addresses: { some: { territoryCode: value.toUpperCase() } } }),
  state: (term) => ({ state: oneOf(STATES, term) }),
  created_at: (term) => ({ createdAt: day(term) }),
  customer_date: (term) => ({ createdAt: day(term) }),
  updated_at: (term) => ({ updatedAt: day(term) }),
  accepts_marketing: (term) =>
    trueOrFalse(term) ? { marketing: { is: { emailState: 'SUBSCRIBED' } } } : { NOT: { marketing: { is: { emailState: 'SUBSCRIBED' } } } },
  order_date: (term) => ({ orders: { some: { processedAt: day(term) } } }),
  orders_count: ordersCount,
  total_spent: (term) => ({ spending: { some: { OR: money(term, 'spentMinor'), ordersCount: { gt: 0 } } } }),
  amount_spent: (term) => ({ spending: { some: { OR: money(term, 'spentMinor'), ordersCount: { gt: 0 } } } }),
  email_marketing: consent('emailState'),
  sms_marketing: consent('smsState'),
  whatsapp_marketing: consent('whatsappState'),
  group: groupOf,
  last_sign_in: lastSignIn,
  last_order_date: (term) => ({ statistics: { is: { lastOrderAt: day(term) } } }),
  store_credit_balance: (term) => ({ storeCreditAccounts: { some: { OR: money(term, 'balanceMinor') } } }),
  store_credit_expires_at: (term) => ({ storeCreditAccounts: { some: { lots: { some: { isOpen: true, expiresAt: day(term) } } } } }),
};

/** `metafields.sizes.shoe:38`; `38*` is how it begins, `*` that there is one. A value is found as it is kept, which no other field's name tells. */
const metafield = ({ value, comparator, isPrefix, text }: Term): Where | null => {
  // As it was written: namespaces and keys may have capitals.
  const [, namespace, key] = /^metafields\.([\w-]+)\.([\w-]+):/i.exec(text) ?? [];
  if (!namespace || !key) return null;
  if (comparator || value === '') throw wrongWord(text);
  const digest = new Uint8Array(createHash('sha256').update(value).digest());
  const holds = isPrefix ? { value: { startsWith: literally(value) } } : value === '*' ? {} : { digest };
  return { metafields: { some: { namespace, key, ...holds } } };
};

/** A free word of a search, and who has it as it is written. */
interface Word {
  readonly text: string;
  readonly where: Where;
  readonly canBeMistyped: boolean;
}

export interface CustomerSearch {
  /** Every word as it is written. */
  readonly exact: Where;
  /** Free words and filters that name something: whoever they mean is looked for first, and put in order afterwards. */
  readonly words: readonly Word[];
  /** Names that are like the free words too, but for those that are somebody's. */
  readonly tolerant: (known: ReadonlySet<string>) => Where;
}

/**
 * Shopify's search over customers; a free word is looked for in name, e-mail and phone. The tolerant search is for when the exact one finds
 * nobody: a name that is somebody's is not mixed with others like it, and costs no comparing. Refuses INVALID, naming the word that is not
 * understood.
 */
export const customerSearch = (query: string | null | undefined): CustomerSearch => {
  const words: Word[] = [];
  const exact = searchConditions(
    query,
    FILTERS,
    (term) => {
      const where = anywhere(term);
      words.push({ text: term.text, where, canBeMistyped: similar(term).length > 0 });
      return where;
    },
    metafield,
  );
  return {
    exact,
    words,
    tolerant: (known) => searchConditions(query, FILTERS, (term) => (known.has(term.text) ? anywhere(term) : nearly(term)), metafield),
  };
};
