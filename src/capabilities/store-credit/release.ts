import { aboutOf } from './about.ts';
import { postOne } from './accepted.ts';
import type { About, Held, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface ReleaseInput extends About, Why {
  readonly holdId: string;
}

/**
 * Lets go of what is left of a hold.
 *
 * Invariant, before and after: account.held = Σ hold.remaining of active holds.
 * Refuses: HOLD_NOT_FOUND, HOLD_EXPIRED, HOLD_ENDED, and what `debit` refuses of notes and keys.
 */
export const release = async (ledger: Ledger, { holdId, actor, idempotency, reason, note }: ReleaseInput): Promise<Held> =>
  postOne(ledger, { kind: 'RELEASE', holdId, event: 'ADJUSTMENT', ...aboutOf({ reason, note }, 'releaseInput'), actor, idempotency });
