import type { DomainError } from '../core/errors.ts';
import type { Language } from '../core/language.ts';
import { builder } from './builder.ts';
import { messageOf } from './messages/messages.ts';

/** A refusal as clients see it: plain, since graphql-js takes any Error in a result for a failure. */
export interface UserError {
  readonly field: readonly string[] | null;
  readonly message: string;
  readonly code: string;
}

export const userErrorOf = (error: DomainError, language: Language): UserError => ({
  field: error.field,
  message: messageOf(error.code, error.params, language),
  code: error.code,
});

const DisplayableError = builder.interfaceRef<UserError>('DisplayableError').implement({
  description: 'A refusal that the caller can act on.',
  fields: (t) => ({
    field: t.stringList({
      description: "Path of the input at fault, from the mutation's arguments.",
      resolve: (error) => (error.field ? [...error.field] : null),
    }),
    message: t.exposeString('message', { nullable: false, description: 'What is wrong and what to do, in the language of the operation.' }),
  }),
});

/** A mutation's own error type: `DisplayableError` and a code from a closed list; names are Shopify's where it has them. */
export const userErrorType = (name: string, codes: readonly string[], codeName = `${name}Code`) => {
  const Code = builder.enumType(codeName, { values: [...new Set(codes)].sort() as [string, ...string[]] });
  return builder.objectRef<UserError>(name).implement({
    interfaces: [DisplayableError],
    isTypeOf: () => true,
    fields: (t) => ({ code: t.field({ type: Code, nullable: false, resolve: (error) => error.code }) }),
  });
};

/** What `settle` answers a mutation with: the verb's ids, or the refusals. */
export type Settled<Ids> = Partial<Ids> & { readonly userErrors: readonly UserError[] };

type Fields<Ids> = Parameters<ReturnType<typeof builder.objectRef<Settled<Ids>>>['implement']>[0]['fields'];

/** A mutation's payload: nullable success fields that re-read what was written, and `userErrors`. */
export const payloadType = <Ids extends object>(name: string, errorType: ReturnType<typeof userErrorType>, fields: NonNullable<Fields<Ids>>) => {
  const ref = builder.objectRef<Settled<Ids>>(name);
  ref.implement({
    fields: (t) => ({
      ...(typeof fields === 'function' ? fields(t) : fields),
      userErrors: t.field({ type: [errorType], nullable: false, resolve: (settled) => [...settled.userErrors] }),
    }),
  });
  return ref;
};
