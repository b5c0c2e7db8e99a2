import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { DomainError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { languageOfOperation } from './directives.ts';
import { type UserError, userErrorOf } from './errors.ts';
import { PAGE_MAX } from './limits.ts';

export interface Page {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
  /** Every list has it; a relation's arguments are typed without the four above, which come all the same. */
  readonly reverse?: boolean | null;
}

// What the Prisma plugin makes of a row's id; anything else would fail as a bug when the database is asked for it.
const CURSOR = /^GPC:S:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Refuses a page of more than 250 rather than silently shortening it, `first` together with `last`, and what is no cursor of ours. */
export const checkPage = ({ first, last, after, before }: Page): void => {
  for (const [name, size] of Object.entries({ first, last })) {
    if (size != null && (size < 1 || size > PAGE_MAX)) {
      throw new GraphQLError(`\`${name}\` must be from 1 to ${PAGE_MAX}; it is ${size}.`, { extensions: { code: 'BAD_USER_INPUT' } });
    }
  }
  for (const [name, cursor] of Object.entries({ after, before })) {
    if (cursor != null && !CURSOR.test(Buffer.from(cursor, 'base64').toString())) {
      throw new GraphQLError(`\`${name}\` is not a cursor: give one that a page of this list came with.`, { extensions: { code: 'BAD_USER_INPUT' } });
    }
  }
  if (first != null && last != null) throw new GraphQLError('Give `first` or `last`, not both.', { extensions: { code: 'BAD_USER_INPUT' } });
};

const readError = ({ message, field, code }: UserError): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', field, reason: code } });

/** A read has no `userErrors`: its refusals are top-level errors with the same sentence. */
export const refusingRead = <Result>(context: Context, info: GraphQLResolveInfo, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    throw error instanceof DomainError ? readError(userErrorOf(error, languageOfOperation(info, context))) : error;
  }
};

/** The same for a read that is awaited. */
export const refusingReads = async <Result>(context: Context, info: GraphQLResolveInfo, read: () => Promise<Result>): Promise<Result> => {
  try {
    return await read();
  } catch (error) {
    throw error instanceof DomainError ? readError(userErrorOf(error, languageOfOperation(info, context))) : error;
  }
};

/** The same where only arguments are at hand: in English. */
export const refusing = <Result>(read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    throw error instanceof DomainError ? readError(userErrorOf(error, 'en')) : error;
  }
};
