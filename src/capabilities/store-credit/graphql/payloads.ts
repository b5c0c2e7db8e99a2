import { DomainError } from '../../../core/errors.ts';
import type { Money } from '../../../core/money.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { decodeGid, idOf } from '../../../graphql/gid.ts';
import { moneyOf } from '../../../graphql/scalars.ts';
import type { AccountRef } from '../accepted.ts';
import type { Held, Posted } from '../movement.ts';
import { StoreCreditHold } from './hold.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

/** What the ledger's mutations have in common: payloads, accounts by id, amounts. */

/** A payload with the transaction that was made, or whose lot changed. */
export const postedPayload = (name: string, error: string, codes: readonly string[]) =>
  payloadType<Posted>(name, userErrorType(error, codes), (t) => ({
    storeCreditAccountTransaction: t.prismaField({
      type: StoreCreditAccountTransaction,
      resolve: (query, { transactionId }, _args, { app }) =>
        transactionId ? app.backend.database.read.storeCreditTransaction.findUnique({ ...query, where: { id: transactionId } }) : null,
    }),
  }));

/** A payload with the hold, and with the transaction when it was captured. */
export const heldPayload = (name: string, error: string, codes: readonly string[]) =>
  payloadType<Held>(name, userErrorType(error, codes), (t) => ({
    storeCreditHold: t.prismaField({
      type: StoreCreditHold,
      resolve: (query, { holdId }, _args, { app }) =>
        holdId ? app.backend.database.read.storeCreditHold.findUnique({ ...query, where: { id: holdId } }) : null,
    }),
  }));

/** The account meant by an id: its own, or its owner's with the currency of the amount. */
export const accountRef = (gid: string): AccountRef =>
  decodeGid(gid).typename === 'Customer' ? { customerId: idOf(gid, 'Customer') } : { accountId: idOf(gid, 'StoreCreditAccount', 'Customer') };

/**
 * An amount, exactly; null for none given. One beyond the largest that is kept is refused with the code that the ledger would refuse it
 * with at `field`.
 */
export const amountIn = <Input extends { amount: string; currencyCode: string } | null | undefined>(
  input: Input,
  field: readonly string[],
  tooLarge: string,
): Input extends object ? Money : Money | null => {
  if (!input) return null as never;
  try {
    return moneyOf(input, field) as never;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'AMOUNT_TOO_LARGE') throw new DomainError(tooLarge, field);
    throw error;
  }
};
