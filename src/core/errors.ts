/**
 * A refusal that the caller can act on: a code, the path of the input it is about, and what the message needs to say it.
 * Anything else that is thrown is a bug and is masked at the edge.
 */
export class DomainError<Code extends string = string> extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: Code,
    /** Path into the mutation's arguments, or null when no single field is at fault. */
    readonly field: readonly string[] | null = null,
    /** Values for the placeholders of the message in `graphql/messages`. */
    readonly params: Readonly<Record<string, string | number>> = {},
  ) {
    super(code);
  }
}

/** Codes that any mutation can answer with, besides its own. */
export const IDEMPOTENCY_CODES = ['IDEMPOTENCY_KEY_PARAMETER_MISMATCH', 'IDEMPOTENCY_KEY_INVALID', 'IDEMPOTENCY_RESULT_EXPIRED'] as const;
