import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { DomainError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { languageOfOperation } from './directives.ts';
import { type UserError, userErrorOf } from './errors.ts';

export const PAGE_MAX = 250;

/** Refuses a page of more than 250 rather than silently shortening it, and `first` together with `last`. */
export const checkPage = ({ first, last }: { first?: number | null; last?: number | null; reverse?: boolean | null }): void => {
  for (const [name, size] of Object.entries({ first, last })) {
    if (size != null && (size < 1 || size > PAGE_MAX)) {
      throw new GraphQLError(`\`${name}\` must be from 1 to ${PAGE_MAX}; it is ${size}.`, { extensions: { code: 'BAD_USER_INPUT' } });
    }
  }
  if (first != null && last != null) throw new GraphQLError('Give `first` or `last`, not both.', { extensions: { code: 'BAD_USER_INPUT' } });
};

/** The same where only arguments are at hand: in English. */
export const refusing = <Result>(read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    throw error instanceof DomainError ? readError(userErrorOf(error, 'en')) : error;
  }
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
