import type { App } from '../../app.ts';

/** Words that are looked at in one round, each with a look at an index. */
const SLICE_WORDS = 200;

const SLICE = `
with slice as materialized (select id, word from customer_word where id > $1::text::bigint order by id limit ${SLICE_WORDS})
select coalesce(max(id), 0)::text as last, customer_words_forget(coalesce(array_agg(word), '{}')) as gone from slice`;

/**
 * Rounds through customers' words that take away those that nobody has. A word goes with the last who has it; one stays behind when the last
 * two let it go at the same moment, or when one who was about to have it was not written after all. Answers how many went.
 */
export const sweepingWords = ({ backend }: App): (() => Promise<number>) => {
  let after = '0';
  return async () => {
    const [slice] = await backend.database.sql<{ last: string; gone: number }>(SLICE, [after]);
    after = slice?.last ?? '0';
    return slice?.gone ?? 0;
  };
};
