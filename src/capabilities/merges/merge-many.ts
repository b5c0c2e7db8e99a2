import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockPair, type MergeOptions, mergeCustomers } from './merge.ts';
import { livingIds } from './plan.ts';

/** More than these at once are hardly one person. */
const MANY_MAX = 20;

export interface MergedMany {
  readonly resultingCustomerId: string;
  /** One for each profile that was closed, in the order in which they were. */
  readonly mergeIds: readonly string[];
}

/**
 * Merges several customers into one, one after the other, all or none. Who lives on is whom the caller names, else whom the rules prefer at each
 * step. Each merge is undone by itself, the last first.
 *
 * Refuses INVALID_CUSTOMER_ID for an id that is nobody's or comes twice, for fewer than two and for a survivor who is none of them; TOO_MANY;
 * and what `mergeCustomers` refuses.
 */
export const mergeMany = async (
  tx: Tx,
  customerIds: readonly string[],
  customerIdToKeep: string | null,
  options: Omit<MergeOptions, 'version'>,
): Promise<MergedMany> => {
  if (customerIds.length > MANY_MAX) throw new DomainError('TOO_MANY', ['customerIds'], { max: MANY_MAX });
  const living = await livingIds(tx, customerIds);
  const ids = customerIds.map((id, place) => {
    const found = living.get(id);
    if (!found) throw new DomainError('INVALID_CUSTOMER_ID', ['customerIds', String(place)], { detail: 'CUSTOMER_DOES_NOT_EXIST' });
    return found;
  });
  if (ids.length < 2 || new Set(ids).size < ids.length)
    throw new DomainError('INVALID_CUSTOMER_ID', ['customerIds'], { detail: 'MERGE_SAME_CUSTOMER' });
  const keepId = customerIdToKeep && ((await livingIds(tx, [customerIdToKeep])).get(customerIdToKeep) ?? customerIdToKeep);
  if (keepId && !ids.includes(keepId)) throw new DomainError('INVALID_CUSTOMER_ID', ['customerIdToKeep'], { detail: 'MERGE_KEEPS_NEITHER' });
  await lockPair(tx, ids);
  const [first, ...others] = keepId ? [keepId, ...ids.filter((id) => id !== keepId)] : ids;
  let kept = first as string;
  const mergeIds: string[] = [];
  for (const other of others) {
    const input = { customerOneId: other, customerTwoId: kept, customerIdToKeep: keepId };
    const { resultingCustomerId, mergeId } = await mergeCustomers(tx, input, options);
    kept = resultingCustomerId;
    mergeIds.push(mergeId);
  }
  return { resultingCustomerId: kept, mergeIds };
};
