import { DomainError } from '../../core/errors.ts';
import { type Database, type Prisma, tookTooLong } from '../../db/client.ts';
import type { Read } from '../../db/read/read.ts';
import type { CustomerSearch } from './search.ts';

type Where = Prisma.CustomerWhereInput;

/** As many as are put in order by themselves; what finds more is common, and its list is walked. */
const FOUND_MAX = 2_000;

/** Where a list is to be read, and by what condition. */
export interface Finding {
  readonly read: Pick<Read, 'customer'>;
  readonly where: Where;
}

const living = (where: Where): Where => ({ deletedAt: null, AND: where });

/** Refuses TOO_SLOW for a search that its time ended. */
export const inTime = async <Result>(search: () => Promise<Result>): Promise<Result> => {
  try {
    return await search();
  } catch (error) {
    if (tookTooLong(error)) throw new DomainError('TOO_SLOW', ['query']);
    throw error;
  }
};

const idsOf = async ({ searches }: Database, where: Where, take: number): Promise<string[]> =>
  (await searches.found.customer.findMany({ where, select: { id: true }, take })).map(({ id }) => id);

/**
 * Decides how the list of a search is read: whom its words mean is found first, by their indexes alone and not more than 2,000, since
 * PostgreSQL knows neither how rare a word is nor that names go together; a list of more is walked in its order. When nobody has the words
 * as written, names are found that are like those that are nobody's. Asked of the whole list, so that all its pages are of one search.
 * Refuses TOO_SLOW.
 */
export const findingOf = async (database: Database, { exact, words, tolerant }: CustomerSearch): Promise<Finding> => {
  if (words.length === 0) return { read: database.searches.plain, where: living(exact) };
  return inTime(async () => {
    const found = await idsOf(database, exact, FOUND_MAX + 1);
    if (found.length > FOUND_MAX) return { read: database.searches.walked, where: living(exact) };
    if (found.length > 0 || !words.some(({ canBeMistyped }) => canBeMistyped)) return among(database, found);
    const like = await idsOf(database, tolerant(await knownWords(database, words)), FOUND_MAX);
    return among(database, like);
  });
};

const among = ({ searches }: Database, ids: readonly string[]): Finding => ({ read: searches.picked, where: living({ id: { in: [...ids] } }) });

/** Words that are somebody's, one of several at least being nobody's: those are written right. All of them known, any may be wrong. */
const knownWords = async (database: Database, words: CustomerSearch['words']): Promise<ReadonlySet<string>> => {
  const known = new Set<string>();
  if (words.length === 1) return known;
  for (const { text, where } of words) if ((await idsOf(database, where, 1)).length > 0) known.add(text);
  return known.size === words.length ? new Set() : known;
};
