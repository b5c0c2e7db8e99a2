import { DomainError } from '../../core/errors.ts';
import { type Database, type Prisma, tookTooLong } from '../../db/client.ts';
import type { Read } from '../../db/read/read.ts';
import type { CustomerSearch } from './search.ts';
import { type WordLists, wordLists } from './search-words.ts';

type Where = Prisma.CustomerWhereInput;

/** As many as are put in order by themselves; what finds more is common, and its list is walked. */
const FOUND_MAX = 5_000;
/** So many when no index is of any help: beyond that, the list is as well walked. */
const WALKED_MIN = 100;
/** Of names that are like what was written, each has to be compared. */
const LIKE_MAX = 2_000;

/** Where a list is to be read, and by what condition. */
export interface Finding {
  readonly read: Pick<Read, 'customer'>;
  readonly where: Where;
  /** The same condition as counting takes it, which goes through all of them. */
  readonly counted: Where;
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
 * Decides how the list of a search is read: whom its words mean is found first, by their indexes alone and not more than 5,000, since
 * PostgreSQL knows neither how rare a word is nor that names go together, and as little of a class; a list of more is walked in its order.
 * When nobody has the words as written, names are found that are like those that are nobody's. Asked of the whole list, so that all its
 * pages are of one search.
 * Refuses TOO_SLOW.
 */
export const findingOf = async (database: Database, search: CustomerSearch): Promise<Finding> => {
  const { exact, looks, words, hasFilters, namesClass } = search;
  const { look, plain, walked } = database.searches;
  if (words.length === 0 && looks.length === 0 && !namesClass) return { read: plain, where: living(exact), counted: living(exact) };
  return inTime(async () => {
    const lists = await wordLists(look, looks);
    const byWords = search.found(lists);
    const max = hasFilters || [...lists.values()].some((known) => known !== null) ? FOUND_MAX : WALKED_MIN;
    const found = await idsOf(database, byWords, max + 1);
    if (found.length > max) return { read: walked, where: living(exact), counted: living(byWords) };
    const likenesses = words.flatMap(({ likeness }) => likeness ?? []);
    if (found.length > 0 || likenesses.length === 0) return among(database, found);
    const known = await knownWords(database, words, lists);
    const like = await idsOf(database, search.tolerant(new Map([...lists, ...(await wordLists(look, likenesses))]), known), LIKE_MAX);
    return among(database, like);
  });
};

const among = ({ searches }: Database, ids: readonly string[]): Finding => {
  const where = living({ id: { in: [...ids] } });
  return { read: searches.picked, where, counted: where };
};

/** Words that are somebody's, one of several at least being nobody's: those are written right. All of them known, any may be wrong. */
const knownWords = async (database: Database, words: CustomerSearch['words'], lists: WordLists): Promise<ReadonlySet<string>> => {
  const known = new Set<string>();
  if (words.length === 1) return known;
  for (const { text, where } of words) if ((await idsOf(database, where(lists), 1)).length > 0) known.add(text);
  return known.size === words.length ? new Set() : known;
};
