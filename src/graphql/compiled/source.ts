import type { LazyRow } from '../../db/read/rows.ts';

/*
 * Writers as source of their own, compiled once for a selection and the rows that it meets. A writer put together of closures runs the
 * same few functions for every field of every type, which JavaScript can neither inline nor fit to anything (docs/performance.md).
 * Whatever a document says enters the source as a quoted text, never as code.
 */

/** JSON text that is known, or an expression for what is not. */
export type Piece = string | { readonly code: string };

/** Names of what a function's source refers to. */
export interface Constants {
  nameOf(value: unknown): string;
}

type Make<Result> = (...constants: unknown[]) => Result;

const withoutSeams = (pieces: readonly Piece[]): Piece[] => {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
};

/** An expression of the text that the pieces make. */
export const codeOf = (pieces: readonly Piece[]): string => {
  const joined = withoutSeams(pieces).map((piece) => (typeof piece === 'string' ? JSON.stringify(piece) : piece.code));
  // What comes first is text, so that all that follows is joined as text.
  return typeof pieces[0] === 'string' ? joined.join('+') : `""+${joined.join('+')}`;
};

/** What writes a row: `row` and `run` are in the source's reach, and `v`, its values as they came from the database. */
export type WriteRow<Run> = (row: LazyRow, run: Run) => string;

/** Compiles a function of a row out of statements and the pieces of its answer. */
export const rowFunction = <Run>(write: (constants: Constants) => { statements: readonly string[]; pieces: readonly Piece[] }): WriteRow<Run> => {
  const names = new Map<unknown, string>();
  const nameOf = (value: unknown): string => {
    const name = names.get(value) ?? `c${names.size}`;
    names.set(value, name);
    return name;
  };
  const { statements, pieces } = write({ nameOf });
  const source = `return (row, run) => { const v = row.values; ${statements.map((statement) => `${statement};`).join('')} return ${codeOf(pieces)}; }`;
  const make = new Function(...names.values(), source) as Make<WriteRow<Run>>;
  return make(...names.keys());
};
