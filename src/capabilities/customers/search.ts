import { DomainError } from '../../core/errors.ts';
import { momentOf } from '../../core/moment.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';

type Where = Prisma.CustomerWhereInput;

const QUERY_CHARACTERS_MAX = 500;
const TERMS_MAX = 20;

// One term: an optional minus, an optional field with colon, then a quoted text or a run without spaces.
const TERM = /(-?)(?:([a-z_]+):)?(?:"([^"]*)"|'([^']*)'|(\S+))/gy;
const COMPARED = /^(>=|<=|>|<)?(.+)$/;
const STATES = ['DECLINED', 'DISABLED', 'ENABLED', 'INVITED'] as const;

const contains = (text: string) => ({ contains: text, mode: 'insensitive' as const });

const anywhere = (text: string): Where => ({
  OR: [
    { firstName: contains(text) },
    { lastName: contains(text) },
    { email: contains(text.toLowerCase()) },
    ...(/\d{3}/.test(text) ? [{ phone: { contains: text.replace(/[^\d+]/g, '') } }] : []),
  ],
});

const moment = (text: string, field: string) => {
  const [, comparator = '', value = ''] = COMPARED.exec(text) ?? [];
  const at = momentOf(value);
  if (!at) throw wrong(field, text);
  if (comparator === '') return { gte: at, lt: new Date(at.getTime() + 24 * 60 * 60 * 1000) };
  return { [{ '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' }[comparator] as string]: at };
};

/** Filters of Shopify's customer search that this capability knows; more join with the capabilities they ask about. */
const FILTERS: Record<string, (text: string, field: string, quoted: boolean) => Where> = {
  id: (text) => ({ id: uuidIn(text) }),
  // Quoted means the whole address, as in Shopify's search; otherwise a part of it.
  email: (text, _field, quoted) => ({ email: quoted ? text.toLowerCase() : contains(text.toLowerCase()) }),
  phone: (text) => ({ phone: { contains: text.replace(/[^\d+]/g, '') } }),
  first_name: (text) => ({ firstName: contains(text) }),
  last_name: (text) => ({ lastName: contains(text) }),
  tag: (text) => ({ tags: { has: text } }),
  tag_not: (text) => ({ NOT: { tags: { has: text } } }),
  country: (text) => ({ addresses: { some: { territoryCode: text.toUpperCase() } } }),
  state: (text, field) => {
    const state = STATES.find((known) => known === text.toUpperCase());
    if (!state) throw wrong(field, text);
    return { state };
  },
  created_at: (text, field) => ({ createdAt: moment(text, field) }),
  customer_date: (text, field) => ({ createdAt: moment(text, field) }),
  updated_at: (text, field) => ({ updatedAt: moment(text, field) }),
};

const wrong = (field: string, text: string): DomainError =>
  new DomainError('INVALID', ['query'], { detail: 'INVALID_FILTER', word: `${field}:${text}` });

/**
 * Shopify's search syntax as far as it goes here: `field:value` with `> >= < <=` on dates, quotes, a minus in front or NOT to exclude,
 * free text over name, e-mail and phone; terms are joined by AND. Refuses INVALID, naming the word that is not understood.
 */
export const customerSearch = (query: string | null | undefined): Where => {
  const text = query?.trim() ?? '';
  if (text.length > QUERY_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['query'], { max: QUERY_CHARACTERS_MAX });
  const conditions: Where[] = [];
  let negated = false;
  for (const match of text.matchAll(new RegExp(TERM.source, 'g'))) {
    const [whole, minus, field, double, single, bare] = match;
    if (whole === 'AND') continue;
    if (whole === 'OR') throw new DomainError('INVALID', ['query'], { detail: 'INVALID_FILTER', word: 'OR' });
    if (whole === 'NOT') {
      negated = true;
      continue;
    }
    const value = (double ?? single ?? bare ?? '').replaceAll('\0', '');
    const filter = field && Object.hasOwn(FILTERS, field) ? FILTERS[field] : undefined;
    if (field && !filter) throw wrong(field, value);
    const condition = filter ? filter(value, field as string, bare === undefined) : anywhere(value);
    conditions.push(minus || negated ? { NOT: condition } : condition);
    negated = false;
  }
  if (conditions.length > TERMS_MAX) throw new DomainError('TOO_MANY', ['query'], { max: TERMS_MAX });
  return { AND: conditions };
};
