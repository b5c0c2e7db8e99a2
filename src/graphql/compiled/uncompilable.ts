/** What compiled execution does not do; the document is then executed by graphql-js, always. */
export class Uncompilable extends Error {}

/** Thrown while an answer is written when something is not as it mostly is: graphql-js then executes the operation and says what is wrong. */
export const BAIL = new Error('not here');
