import { DomainError } from '../../core/errors.ts';
import type { Money } from '../../core/money.ts';
import { NOTE_CHARACTERS_MAX, type PostRefusal } from './errors.ts';
import type { Ledger, Movement, Posted } from './post.ts';

/** An account, or an owner whose account of the amount's currency is meant. */
export type AccountRef = { readonly accountId: string } | { readonly customerId: string };

export interface CreditInput {
  readonly account: AccountRef;
  readonly amount: Money;
  readonly expiresAt?: Date | null;
  /** For staff; at most 5,000 characters. */
  readonly note?: string | null;
  readonly actor: string;
  readonly idempotency: Movement['idempotency'];
}

/**
 * Puts `amount` into an account as a new lot; an owner's first credit in a currency opens the account.
 *
 * Invariant, before and after: balance = Σ transaction.amount = Σ lot.remaining ≥ Σ hold.remaining ≥ 0.
 * Refuses: ACCOUNT_NOT_FOUND, OWNER_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, EXPIRES_AT_IN_PAST,
 * CREDIT_LIMIT_EXCEEDED, NOTE_TOO_LONG, IDEMPOTENCY_KEY_PARAMETER_MISMATCH.
 */
export const credit = async (ledger: Ledger, { account, amount, expiresAt, note, actor, idempotency }: CreditInput): Promise<Posted> => {
  refuseLongNote(note, 'creditInput');
  return accepted(
    await ledger.post({
      kind: 'CREDIT',
      ...accountOf(account),
      ...amount,
      expiresAt: expiresAt ?? null,
      event: 'ADJUSTMENT',
      note: note ?? null,
      actor,
      idempotency,
    }),
    { amount: ['creditInput', 'creditAmount'], expiresAt: ['creditInput', 'expiresAt'] },
  );
};

export const accountOf = (account: AccountRef): Pick<Movement, 'accountId' | 'customerId'> => ({
  accountId: 'accountId' in account ? account.accountId : null,
  customerId: 'customerId' in account ? account.customerId : null,
});

export const refuseLongNote = (note: string | null | undefined, input: string): void => {
  if (note && [...note].length > NOTE_CHARACTERS_MAX) throw new DomainError('NOTE_TOO_LONG', [input, 'note'], { max: NOTE_CHARACTERS_MAX });
};

/** The door's answer, or its refusal as an error that names the argument at fault. */
export const accepted = (
  answer: Awaited<ReturnType<Ledger['post']>>,
  paths: { readonly amount: readonly string[]; readonly expiresAt: readonly string[] | null },
): Posted => {
  if ('ok' in answer) return answer.ok;
  const { code } = answer.refused;
  const fields: Record<PostRefusal, readonly string[] | null> = {
    ACCOUNT_NOT_FOUND: ['id'],
    OWNER_NOT_FOUND: ['id'],
    CREDIT_LIMIT_EXCEEDED: paths.amount,
    INSUFFICIENT_FUNDS: paths.amount,
    NEGATIVE_OR_ZERO_AMOUNT: paths.amount,
    MISMATCHING_CURRENCY: [...paths.amount, 'currencyCode'],
    EXPIRES_AT_IN_PAST: paths.expiresAt,
    IDEMPOTENCY_KEY_PARAMETER_MISMATCH: null,
  };
  throw new DomainError(code, fields[code]);
};
