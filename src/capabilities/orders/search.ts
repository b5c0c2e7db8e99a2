import { momentOf } from '../../core/moment.ts';
import { literally, searchConditions, type Term, wrongWord } from '../../core/search.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';
import { OrderFinancialStatus, OrderFulfillmentStatus } from '../../db/generated/enums.ts';

type Where = Prisma.OrderWhereInput;

const DAY_MS = 24 * 60 * 60 * 1000;
const COMPARISONS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const;

const text = ({ value, isPrefix, isQuoted }: Term) =>
  isPrefix
    ? { startsWith: literally(value), mode: 'insensitive' as const }
    : isQuoted
      ? { equals: literally(value), mode: 'insensitive' as const }
      : { contains: literally(value), mode: 'insensitive' as const };

/** A day as a whole, or what lies before or after a moment. */
const moment = ({ value, comparator, text: word }: Term) => {
  const at = momentOf(value);
  if (!at) throw wrongWord(word);
  if (comparator) return { [COMPARISONS[comparator]]: at };
  return { gte: at, lt: new Date(at.getTime() + DAY_MS) };
};

const number = ({ value, comparator, text: word }: Term) => {
  if (!/^#?\d{1,9}$/.test(value)) throw wrongWord(word);
  return { [comparator ? COMPARISONS[comparator] : 'equals']: Number(value.replace('#', '')) };
};

const oneOf = <Value extends string>(values: Readonly<Record<string, Value>>, { value, text: word }: Term): Value => {
  const found = Object.values(values).find((known) => known === value.toUpperCase());
  if (!found) throw wrongWord(word);
  return found;
};

const FILTERS: Readonly<Record<string, (term: Term) => Where>> = {
  id: ({ value }) => ({ id: uuidIn(value) }),
  name: (term) => ({ name: text(term) }),
  order_number: (term) => ({ number: number(term) }),
  confirmation_number: (term) => ({ confirmationNumber: text(term) }),
  email: (term) => ({ email: text(term) }),
  financial_status: (term) => ({ financialStatus: oneOf(OrderFinancialStatus, term) }),
  fulfillment_status: (term) => ({ fulfillmentStatus: oneOf(OrderFulfillmentStatus, term) }),
  shipment_status: (term) => ({ fulfillmentStatus: oneOf(OrderFulfillmentStatus, term) }),
  created_at: (term) => ({ createdAt: moment(term) }),
  processed_at: (term) => ({ processedAt: moment(term) }),
  updated_at: (term) => ({ updatedAt: moment(term) }),
};

const free = (term: Term): Where => ({ OR: [{ name: text(term) }, { confirmationNumber: text(term) }, { email: text(term) }] });

/** Shopify's filters on orders, and financial and fulfilment status besides. Refuses INVALID, naming the word that is not understood. */
export const orderSearch = (query: string | null | undefined): Where => searchConditions(query, FILTERS, free);
