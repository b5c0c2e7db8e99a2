import { searchConditions, type Term, wrongWord } from '../../core/search.ts';
import { uuidIn } from '../../core/uuid.ts';
import type { Prisma } from '../../db/client.ts';
import { SubscriptionStatus } from '../../db/generated/enums.ts';

type Where = Prisma.SubscriptionContractWhereInput;

const statusOf = ({ value, text }: Term): SubscriptionStatus => {
  const found = Object.values(SubscriptionStatus).find((known) => known === value.toUpperCase());
  if (!found) throw wrongWord(text);
  return found;
};

/** `status:active`, `id:…`. Refuses INVALID, naming the word that is not understood. */
export const subscriptionSearch = (query: string | null | undefined): Where =>
  searchConditions<Where>(query, { id: ({ value }) => ({ id: uuidIn(value) }), status: (term) => ({ status: statusOf(term) }) }, ({ text }) => {
    throw wrongWord(text);
  });
