import type { Tx } from '../../db/transact.ts';
import type { PrivacyParticipant } from './participant.ts';
import { PRIVACY_PARTICIPANTS } from './participants.ts';

/** Leaves nothing by which a customer could be known, in every capability; the empty row stays as the owner of what is kept. */
export const forget = async (tx: Tx, customerId: string, participants: readonly PrivacyParticipant[] = PRIVACY_PARTICIPANTS): Promise<void> => {
  for (const participant of [...participants].reverse()) await participant.erase(tx, customerId);
};
