import { DomainError } from '../../core/errors.ts';
import type { Money } from '../../core/money.ts';
import type { PostRefusal } from './errors.ts';
import type { Held, Movement, Posted } from './movement.ts';
import type { Ledger } from './post.ts';

/** An account, or an owner whose account of the amount's currency is meant. */
export type AccountRef = { readonly accountId: string } | { readonly customerId: string };

export const accountOf = (account: AccountRef): { accountId: string | null; customerId: string | null } => ({
  accountId: 'accountId' in account ? account.accountId : null,
  customerId: 'customerId' in account ? account.customerId : null,
});

/** The total of the order that is paid, for the ledger. Refuses MISMATCHING_CURRENCY. */
export const orderTotalOf = (total: Money | null | undefined, currency: string, field: readonly string[]): { orderTotalMinor?: string } => {
  if (!total) return {};
  if (total.currency !== currency) throw new DomainError('MISMATCHING_CURRENCY', [...field, 'currencyCode']);
  return { orderTotalMinor: total.amountMinor.toString() };
};

/** A part, or null for all that there is. */
export const partOf = (amount: Money | null | undefined): Partial<Money> => amount ?? {};

/** The arguments that a movement's refusals are about. */
interface Paths {
  readonly amount?: readonly string[];
  readonly expiresAt?: readonly string[];
  readonly target?: readonly string[];
  readonly orderTotal?: readonly string[];
}

const fieldOf = (code: PostRefusal, { amount, expiresAt, target, orderTotal }: Paths): readonly string[] | null => {
  switch (code) {
    case 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH':
    case 'NOT_DUE':
      return null;
    case 'AMOUNT_BELOW_MINIMUM':
    case 'AMOUNT_EXCEEDS_CREDIT':
    case 'AMOUNT_EXCEEDS_DEBIT':
    case 'AMOUNT_EXCEEDS_HOLD':
    case 'APPROVAL_REQUIRED':
    case 'CREDIT_LIMIT_EXCEEDED':
    case 'INSUFFICIENT_FUNDS':
    case 'NEGATIVE_OR_ZERO_AMOUNT':
    case 'ORDER_SHARE_EXCEEDED':
      return amount ?? ['id'];
    case 'ORDER_TOTAL_REQUIRED':
      return orderTotal ?? null;
    case 'MISMATCHING_CURRENCY':
    case 'UNSUPPORTED_CURRENCY':
      return amount ? [...amount, 'currencyCode'] : null;
    case 'EXPIRES_AT_IN_PAST':
    case 'EXPIRES_AT_UNCHANGED':
      return expiresAt ?? null;
    case 'SAME_ACCOUNT':
    case 'TARGET_NOT_FOUND':
      return target ?? null;
    default:
      return ['id'];
  }
};

/** Posts a movement. Its refusal is thrown as an error that names the argument at fault. */
export const postOne = async <Answer extends Posted | Held>(ledger: Ledger, movement: Movement, paths: Paths = {}): Promise<Answer> => {
  const answer = await ledger.post(movement);
  if ('ok' in answer) return answer.ok as Answer;
  const { code } = answer.refused;
  throw new DomainError(code, fieldOf(code, paths));
};
