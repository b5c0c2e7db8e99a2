/** Why a value or a validation is none: a sentence of `graphql/messages` and what it says. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly detail: string,
    readonly params: Readonly<Record<string, string | number>> = {},
  ) {
    super(detail);
  }
}
