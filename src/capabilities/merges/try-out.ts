import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { type MergeOptions, mergeCustomers } from './merge.ts';
import type { MergeInput } from './plan.ts';

const TAKEN_BACK = 'TAKEN_BACK';

/** Merges and takes it back in the same transaction: refuses whatever the merge would, and answers who would live on. */
export const tryOut = async (tx: Tx, input: MergeInput, options: MergeOptions): Promise<{ resultingCustomerId: string }> => {
  let resultingCustomerId = '';
  try {
    await tx.attempt(async () => {
      ({ resultingCustomerId } = await mergeCustomers(tx, input, options));
      throw new DomainError(TAKEN_BACK);
    });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== TAKEN_BACK) throw error;
  }
  return { resultingCustomerId };
};
