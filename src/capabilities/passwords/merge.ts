import type { Participant } from '../merges/participant.ts';

const LOOK = `
select (select updated_at::text from customer_password where customer_id = $1::text::uuid) as kept,
  (select updated_at::text from customer_password where customer_id = $2::text::uuid) as closed`;

/**
 * Nothing of it goes over: a password that was chosen for one profile never opens another. The closed profile's stays where it is, without
 * use, and so do links that were mailed to choose one, which are void for whoever is not there.
 */
export const passwordsInMerge: Participant = {
  name: 'passwords',
  models: ['CustomerPassword', 'AccountToken'],
  preview: async (tx, { keptId, closedId }) => {
    const [look] = await tx.sql<{ kept: string | null; closed: string | null }>(LOOK, [keptId, closedId]);
    return { moves: 0, state: JSON.stringify(look), drops: look?.closed ? [{ code: 'MERGE_DROPS_PASSWORD', params: {} }] : [] };
  },
  move: async () => [],
  restore: async () => {},
};
