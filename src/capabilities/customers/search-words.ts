import { literally, type Term } from '../../core/search.ts';
import type { Sql } from '../../db/client.ts';

/** What is asked of the words that customers have. */
export interface Look {
  readonly how: 'BEGINS' | 'CONTAINS' | 'ENDS' | 'IS' | 'LIKE';
  readonly text: string;
}

/** Words that were found, by what was asked; null for too many to ask for whose they are. */
export type WordLists = ReadonlyMap<string, readonly string[] | null>;

/** Whoever has one of more words than these is one of many. */
const WORDS_MAX = 1_000;
/** Shorter parts of words have no trigram. */
const PART_CHARACTERS_MIN = 3;

/** What stands between words, as in the database's `customer_words`. */
const BETWEEN = /[\t\n\r !"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/;

const howOf = (isLeftEnd: boolean, isRightEnd: boolean): Look['how'] => {
  if (isLeftEnd) return isRightEnd ? 'IS' : 'BEGINS';
  return isRightEnd ? 'ENDS' : 'CONTAINS';
};

/**
 * What a customer's words are like when her name or address holds the text: whole words in its middle, the end of one at its beginning, the
 * beginning of one at its end. Of an address the part before the @ says enough.
 */
export const looksFor = ({ value, isPrefix }: Pick<Term, 'value' | 'isPrefix'>): Look[] => {
  const at = value.indexOf('@');
  const isAddress =
    at > 0 &&
    value
      .slice(0, at)
      .split(BETWEEN)
      .some((part) => part !== '');
  const parts = (isAddress ? value.slice(0, at) : value).split(BETWEEN);
  return parts.flatMap((part, place): Look[] => {
    // Other alphabets' blanks are letters to the database, and may as well stand between a first and a last name.
    const pieces = part.split(/\s/).filter((piece) => piece !== '');
    if (pieces.length !== 1 || pieces[0] !== part) return pieces.map((text) => ({ how: 'CONTAINS', text }));
    return [{ how: howOf(place > 0 || isPrefix, isAddress || place < parts.length - 1), text: part }];
  });
};

export const keyOf = ({ how, text }: Look): string => `${how} ${text}`;

const CONDITIONS: Readonly<Record<Look['how'], (parameter: string) => string>> = {
  IS: (text) => `word = lower(${text})`,
  BEGINS: (text) => `word like lower(${text}) || '%'`,
  ENDS: (text) => `word like '%' || lower(${text})`,
  CONTAINS: (text) => `word like '%' || lower(${text}) || '%'`,
  LIKE: (text) => `(word % lower(${text}) or lower(${text}) <% word)`,
};

const hasIndex = ({ how, text }: Look): boolean => how === 'IS' || how === 'LIKE' || how === 'BEGINS' || text.length >= PART_CHARACTERS_MIN;

/** Customers' words, looked up in one statement. */
export const wordLists = async (sql: Sql, looks: readonly Look[]): Promise<WordLists> => {
  const lists = new Map<string, readonly string[] | null>(looks.map((look) => [keyOf(look), null]));
  const asked = [...new Map(looks.filter(hasIndex).map((look) => [keyOf(look), look]))];
  if (asked.length === 0) return lists;
  const columns = asked.map(
    ([, { how }], index) =>
      `array(select distinct word from (select word from customer_word where ${CONDITIONS[how](`$${index + 1}::text`)} limit ${WORDS_MAX + 1}) w) as w${index}`,
  );
  const values = asked.map(([, { how, text }]) => (how === 'IS' || how === 'LIKE' ? text : literally(text)));
  const [found] = await sql<Record<string, string[]>>(`select ${columns.join(', ')}`, values);
  for (const [index, [key]] of asked.entries()) {
    const words = found?.[`w${index}`] ?? [];
    lists.set(key, words.length > WORDS_MAX ? null : words);
  }
  return lists;
};
