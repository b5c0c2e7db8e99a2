import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { checkProfile } from './profile.ts';
import { lockCustomer, updateCustomer } from './update.ts';

/** The tags as they are kept, whether they come as a list or as one text with commas. */
const readTags = (tags: readonly string[], now: Date): readonly string[] => {
  const given = checkProfile({ tags: tags.flatMap((tag) => tag.split(',')) }, [], now).tags ?? [];
  if (given.length === 0) throw new DomainError('BLANK', ['tags']);
  return given;
};

/**
 * Adds tags to a customer; those that she has already, whatever their case, stay as they are.
 * Refuses CUSTOMER_DOES_NOT_EXIST, BLANK, TOO_LONG, TOO_MANY, CONTAINS_HTML_TAGS, CONTAINS_URL.
 */
export const addTags = async (tx: Tx, customerId: string, tags: readonly string[]): Promise<{ customerId: string }> => {
  const added = readTags(tags, tx.now);
  const { tags: before } = await lockCustomer(tx, customerId);
  return updateCustomer(tx, customerId, { tags: [...before, ...added] }, []);
};

/** Takes tags from a customer, whatever their case; those that she does not have are no error. Refuses as `addTags`. */
export const removeTags = async (tx: Tx, customerId: string, tags: readonly string[]): Promise<{ customerId: string }> => {
  const removed = new Set(readTags(tags, tx.now).map((tag) => tag.toLowerCase()));
  const { tags: before } = await lockCustomer(tx, customerId);
  return updateCustomer(tx, customerId, { tags: before.filter((tag) => !removed.has(tag.toLowerCase())) }, []);
};
