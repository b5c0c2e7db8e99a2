import type { App } from '../../app.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findPairs } from './find-pairs.ts';
import { indexProfiles, takeTurn } from './index-profiles.ts';
import { keepCandidates } from './keep-candidates.ts';
import { hashOf } from './key-hash.ts';
import { keysOf } from './keys.ts';
import { type Profile, profileOf } from './profile.ts';
import { readFacts } from './read-facts.ts';

/** Changes that share a transaction. More would be no faster and hold the turn longer. */
const BATCH_MAX = 100;

const FORGET = `
delete from duplicate_candidate where one_id = any($1::text[]::uuid[]) or two_id = any($1::text[]::uuid[])`;

const CLAIM = `
delete from duplicate_change where id in (select id from duplicate_change order by id limit ${BATCH_MAX} for update skip locked)
returning customer_id::text as "customerId"`;

/** Each of these customers as the matcher sees her, null for those who are gone. */
export const readCustomers = async (sql: Sql, customerIds: readonly string[]): Promise<Map<string, Profile | null>> => {
  const facts = await readFacts(sql, customerIds);
  const profile = (id: string): Profile | null => {
    const known = facts.get(id);
    return known ? profileOf(known) : null;
  };
  return new Map(customerIds.map((id) => [id, profile(id)]));
};

/** Reads these customers and makes the index say what they are now, which is answered; null for those who are gone. */
export const indexCustomers = async (tx: SqlTx, customerIds: readonly string[]): Promise<Map<string, Profile | null>> => {
  const profiles = await readCustomers(tx.sql, customerIds);
  await indexProfiles(tx, profiles);
  return profiles;
};

/**
 * Compares the customers who changed since the last time with those beside them; nobody else is looked at. Answers how many changes it
 * took, 0 when there were none. The changes and what became of them commit together.
 */
export const refreshDuplicates = (app: App): Promise<number> =>
  app.transactSql(SYSTEM_ACTOR, async (tx) => {
    const [waiting] = await tx.sql<{ id: string }>('select id::text from duplicate_change limit 1', []);
    if (!waiting) return 0;
    await takeTurn(tx);
    const claimed = await tx.sql<{ customerId: string }>(CLAIM, []);
    const customerIds = [...new Set(claimed.map(({ customerId }) => customerId))];
    if (customerIds.length > 0) {
      const profiles = await indexCustomers(tx, customerIds);
      const present = new Map([...profiles].flatMap(([id, profile]) => (profile ? [[id, { profile, keys: keysOf(profile).map(hashOf) }]] : [])));
      await keepCandidates(tx, customerIds, await findPairs(tx, present));
      // Whoever is gone has no candidates, decided ones neither; the decision is kept on its own.
      const gone = customerIds.filter((id) => !present.has(id));
      if (gone.length > 0) await tx.sql(FORGET, [gone]);
    }
    return claimed.length;
  });
