import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

/** What no column keeps: NUL, which PostgreSQL has no place for, and half of a surrogate pair, which is no character. */
const BROKEN = /\0|\p{Surrogate}/u;

const refusal = (where: string): GraphQLError =>
  new GraphQLError(`The text ${where} holds a NUL character or half of a surrogate pair. Send Unicode text.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });

/** Validation rule: no text in the document is broken, in arguments and in directives. */
export const refuseBrokenLiterals = (context: ValidationContext): ASTVisitor => ({
  StringValue: (node) => {
    if (BROKEN.test(node.value)) context.reportError(refusal(`at line ${node.loc?.startToken.line ?? 1}`));
  },
});

/** The refusal of the first broken text in an operation's variables, or null. Every argument and every directive takes its text from here or from the document. */
export const brokenVariable = (value: unknown, path: readonly (string | number)[] = []): GraphQLError | null => {
  if (typeof value === 'string') return BROKEN.test(value) ? refusal(`in $${path.join('.')}`) : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, item] of Object.entries(value)) {
    const found = brokenVariable(item, [...path, name]);
    if (found) return found;
  }
  return null;
};
