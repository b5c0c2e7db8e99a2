import { v7 as uuid } from 'uuid';
import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findPairs } from './find-pairs.ts';
import { takeTurn } from './index-profiles.ts';
import { keepCandidates } from './keep-candidates.ts';
import { indexCustomers } from './refresh.ts';

/** Customers of a chunk: what a process that ends has to do again, and what is held in memory. */
const CHUNK_CUSTOMERS = 500;

const RUNNING = `select id::text, state::text, cursor::text from duplicate_scan where state in ('INDEXING', 'COMPARING') order by id limit 1`;

const START = `
insert into duplicate_scan (id, state, customers_total, started_by, started_at, updated_at)
select $1::text::uuid, 'INDEXING', count(*), $2::text, $3::text::timestamptz, $3::text::timestamptz from customer where deleted_at is null`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const NEXT = `select id::text from customer where deleted_at is null and id > $1::text::uuid order by id limit ${CHUNK_CUSTOMERS}`;

const ADVANCE = `
update duplicate_scan set cursor = $2::text::uuid, updated_at = $4::text::timestamptz,
  indexed_count = indexed_count + case when state = 'INDEXING' then $3::integer else 0 end,
  compared_count = compared_count + case when state = 'COMPARING' then $3::integer else 0 end
where id = $1::text::uuid`;

const TURN = `
update duplicate_scan set state = $2::text::duplicate_scan_state, cursor = null, updated_at = $3::text::timestamptz,
  finished_at = case when $2::text in ('DONE', 'CANCELLED') then $3::text::timestamptz end
where id = $1::text::uuid`;

interface Scan {
  readonly id: string;
  readonly state: 'INDEXING' | 'COMPARING';
  readonly cursor: string | null;
}

/** Begins to compare all customers; answers with the scan that is under way when there is one. */
export const startScan = async (tx: SqlTx): Promise<{ scanId: string }> => {
  await takeTurn(tx);
  const [running] = await tx.sql<Scan>(RUNNING, []);
  if (running) return { scanId: running.id };
  const scanId = uuid();
  await tx.sql(START, [scanId, tx.actor, tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_scan.started', scanId });
  return { scanId };
};

/** Ends a scan where it is; what it has found stays. Refuses NOT_FOUND for one that is not under way. */
export const cancelScan = async (tx: SqlTx, scanId: string): Promise<{ scanId: string }> => {
  await takeTurn(tx);
  const [running] = await tx.sql<Scan>(RUNNING, []);
  if (running?.id !== scanId) throw new DomainError('NOT_FOUND', ['id']);
  await tx.sql(TURN, [scanId, 'CANCELLED', tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_scan.finished', scanId });
  return { scanId };
};

const compareAll = async (tx: SqlTx, customerIds: readonly string[]): Promise<void> =>
  keepCandidates(tx, customerIds, await findPairs(tx, customerIds, true), true);

/**
 * Does the next chunk of the scan under way, in a transaction of its own, and answers how many customers it did; 0 when no scan is under
 * way. Where it stands is kept with what it did, so that any process goes on where another ended. First every profile is indexed, then each is
 * compared with those beside it that have smaller ids: memory holds one chunk and its neighbours, however many customers there are.
 */
export const advanceScan = (app: App): Promise<number> =>
  app.transactSql(SYSTEM_ACTOR, async (tx) => {
    const [seen] = await tx.sql<Scan>(RUNNING, []);
    if (!seen) return 0;
    await takeTurn(tx);
    const [scan] = await tx.sql<Scan>(RUNNING, []);
    if (!scan) return 0;
    const now = tx.now.toISOString();
    const customerIds = (await tx.sql<{ id: string }>(NEXT, [scan.cursor ?? FIRST_ID])).map(({ id }) => id);
    const last = customerIds.at(-1);
    if (last === undefined) {
      const isOver = scan.state === 'COMPARING';
      await tx.sql(TURN, [scan.id, isOver ? 'DONE' : 'COMPARING', now]);
      if (isOver) tx.emit({ type: 'duplicate_scan.finished', scanId: scan.id });
      return 1;
    }
    if (scan.state === 'INDEXING') await indexCustomers(tx, customerIds);
    else await compareAll(tx, customerIds);
    await tx.sql(ADVANCE, [scan.id, last, customerIds.length, now]);
    return customerIds.length;
  });
