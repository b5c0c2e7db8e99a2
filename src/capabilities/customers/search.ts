import { createHash } from 'node:crypto';
import { literally, searchConditions, type Term, wrongWord } from '../../core/search.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';
import { nameKeyOf } from '../groups/fields.ts';
import { RFM_GROUPS, type RfmGroup } from './rfm-groups.ts';
import { day, money, number, trueOrFalse } from './search-values.ts';
import { keyOf, type Look, looksFor, type WordLists } from './search-words.ts';

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

/** The least that the index of addresses and numbers is any help with. */
const hasTrigrams = (value: string): boolean => /[^\t\n\r !-/:-@[-`{-~]{3}/.test(value);

/** Those who have one of each list's words, and are what else is asked. */
const withWords = (lists: readonly (readonly string[])[], instead: Where, rest: readonly Where[]): Where => {
  const having = lists.map((any) => ({ hasWord: { any, instead } }) as Where);
  return lists.find((words) => words.length === 0) ? ({ hasWord: { any: [], instead } } as Where) : { AND: [...having, ...rest] };
};

const listsOf = (looks: readonly Look[], lists: WordLists): (readonly string[])[] =>
  looks.flatMap((look) => {
    const words = lists.get(keyOf(look));
    return words ? [words] : [];
  });

/** The condition with what the index of words can do for it; itself when that is nothing. */
const byWords = (term: Term, exact: Where, lists: WordLists): Where => {
  const known = listsOf(looksFor(term), lists);
  return known.length === 0 ? exact : withWords(known, exact, [exact]);
};

/** An address as the index of trigrams is asked for it: what most addresses end in is compared, and not looked up. */
const addressOf = (term: Term): Where => {
  const local = term.value.slice(0, term.value.indexOf('@') + 1).toLowerCase();
  return term.isPrefix || !hasTrigrams(local)
    ? { email: like({ ...term, value: term.value.toLowerCase() }) }
    : { AND: [{ email: contains(local) }, { email: { holds: term.value.toLowerCase() } as never }] };
};

/** A free word, found by indexes: names by their words, addresses and numbers by trigrams where there are digits. */
const anywhereByWords = (term: Term, lists: WordLists): Where => {
  const exact = anywhere(term);
  const looks = looksFor(term);
  const known = listsOf(looks, lists);
  if (known.length === 0) return exact;
  if (/\d/.test(term.value)) {
    // Digits are no part of addresses' words.
    const inNames: Where = { OR: exact.OR.filter((one) => !('email' in one || 'phone' in one)) };
    const elsewhere = [addressOf(term), ...exact.OR.filter((one) => 'phone' in one)];
    return hasTrigrams(term.value) ? { OR: [withWords(known, inNames, [inNames]), ...elsewhere] } : exact;
  }
  const isThatAlone = looks.length === 1 && looks[0]?.how === 'CONTAINS' && looks[0].text === term.value;
  return withWords(known, exact, isThatAlone ? [] : [exact]);
};

/** The same with names that are like the word. */
const nearlyByWords = (term: Term, lists: WordLists): Where => {
  const asWritten = listsOf(looksFor(term), lists);
  const like = listsOf(likenessOf(term), lists);
  if (asWritten.length === 0 || like.length === 0) return nearly(term);
  const isNobodys = asWritten.some((words) => words.length === 0);
  const exact = isNobodys ? { OR: similar(term) } : nearly(term);
  return withWords([[...new Set([...asWritten, ...like].flat())]], exact, [exact]);
};

/** What is asked about typing errors in a word; nothing of one that cannot have any. */
const likenessOf = (term: Term): Look[] => (similar(term).length > 0 ? [{ how: 'LIKE', text: term.value }] : []);

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

const RFM_GROUP_NAMES = Object.keys(RFM_GROUPS) as RfmGroup[];

const rfmGroup = (term: Term): Where => {
  const group = oneOf(RFM_GROUP_NAMES, term);
  const is: Where = { statistics: { is: { rfmGroup: group } } };
  // Whoever never ordered has no row.
  return group === 'PROSPECTS' ? { OR: [is, { statistics: null }] } : is;
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

type Filter = (term: Term) => Where;

/** The filters of names, each in another's hands. */
const named = (change: (filter: Filter) => (term: Term, isNegated: boolean) => Where) => ({
  first_name: change(FILTERS.first_name as Filter),
  last_name: change(FILTERS.last_name as Filter),
});

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
  readonly where: (lists: WordLists) => Where;
  /** What is asked about typing errors in it; null when it cannot have any. */
  readonly likeness: Look | null;
}

export interface CustomerSearch {
  /** Every word as it is written. */
  readonly exact: Where;
  /** Free words: whoever they mean is looked for first, and put in order afterwards. */
  readonly words: readonly Word[];
  /** Whether a filter names a class of customers that an index knows, and of which nobody can tell how large it is. */
  readonly namesClass: boolean;
  /** Whether something else is asked too. */
  readonly hasFilters: boolean;
  /** What is to be known of customers' words before the search. */
  readonly looks: readonly Look[];
  /** The same as `exact`, by the indexes of words. */
  readonly found: (lists: WordLists) => Where;
  /** Names that are like the free words too, but for those that are somebody's. */
  readonly tolerant: (lists: WordLists, known: ReadonlySet<string>) => Where;
}

/**
 * Shopify's search over customers; a free word is looked for in name, e-mail and phone. The tolerant search is for when the exact one finds
 * nobody: a name that is somebody's is not mixed with others like it, and costs no comparing. Refuses INVALID, naming the word that is not
 * understood.
 */
export const customerSearch = (query: string | null | undefined): CustomerSearch => {
  const words: Word[] = [];
  let namesClass = false;
  const filters = {
    ...FILTERS,
    rfm_group: (term: Term): Where => {
      namesClass = true;
      return rfmGroup(term);
    },
  };
  const looks: Look[] = [];
  const remember =
    (filter: (term: Term) => Where) =>
    (term: Term, isNegated: boolean): Where => {
      if (!isNegated) looks.push(...looksFor(term));
      return filter(term);
    };
  const exact = searchConditions(
    query,
    { ...filters, ...named((column) => remember(column)) },
    remember((term) => {
      words.push({ text: term.text, where: (lists) => anywhereByWords(term, lists), likeness: likenessOf(term)[0] ?? null });
      return anywhere(term);
    }),
    metafield,
  );
  const byIndexes = (lists: WordLists, free: (term: Term, isNegated: boolean) => Where): Where =>
    searchConditions(
      query,
      { ...filters, ...named((filter) => (term, isNegated) => (isNegated ? filter(term) : byWords(term, filter(term), lists))) },
      free,
      metafield,
    );
  const foundBy = (lists: WordLists) => (term: Term, isNegated: boolean) => (isNegated ? anywhere(term) : anywhereByWords(term, lists));
  return {
    exact,
    words,
    namesClass,
    hasFilters: exact.AND.length > words.length,
    looks,
    found: (lists) => byIndexes(lists, foundBy(lists)),
    tolerant: (lists, known) =>
      byIndexes(lists, (term, isNegated) => {
        if (known.has(term.text)) return foundBy(lists)(term, isNegated);
        return isNegated ? nearly(term) : nearlyByWords(term, lists);
      }),
  };
};
