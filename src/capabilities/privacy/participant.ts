import type { Tx } from '../../db/transact.ts';

/** What a capability does when a customer asks for her data, or for its end. Each brings its own in `privacy.ts`. */
export interface PrivacyParticipant {
  /** As the export names its part. */
  readonly name: string;
  /** The models of the schema whose rows about a customer it gives and erases. */
  readonly models: readonly string[];
  /** What is kept about a customer, as JSON; null when nothing is. */
  readonly read: (tx: Tx, customerId: string) => Promise<object | null>;
  /** Leaves nothing by which she could be known. What the shop must keep, sums for example, stays. */
  readonly erase: (tx: Tx, customerId: string) => Promise<void>;
}
