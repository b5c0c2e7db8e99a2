import { v7 as uuid } from 'uuid';
import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findPairs } from './find-pairs.ts';
import { takeReadingTurn, takeTurn } from './index-profiles.ts';
import { keepCandidates } from './keep-candidates.ts';
import { RememberedCounts } from './population.ts';
import { indexCustomers } from './refresh.ts';

/** Customers of a chunk: what a process that ends has to do again, and what is held in memory. */
const CHUNK_CUSTOMERS = 1_000;

const RUNNING = `select id::text, state::text, cursor::text from duplicate_scan where state in ('INDEXING', 'COMPARING') order by id limit 1`;

const START = `
insert into duplicate_scan (id, state, customers_total, started_by, started_at, updated_at)
select $1::text::uuid, 'INDEXING', count(*), $2::text, $3::text::timestamptz, $3::text::timestamptz from customer where deleted_at is null`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const NEXT = `select id::text from customer where deleted_at is null and id > $1::text::uuid order by id limit $2::integer`;

/** While one chunk is compared here, the next is read by PostgreSQL. */
const LANES = 2;

/** One process at a time compares; the others find it taken. */
const TAKE = `
select id::text, state::text, cursor::text from duplicate_scan where id = $1::text::uuid and state = 'COMPARING' for update skip locked`;

const LOCK = `select 1 from duplicate_scan where id = $1::text::uuid and state in ('INDEXING', 'COMPARING') for update`;

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
  if ((await tx.sql(LOCK, [scanId])).length === 0) throw new DomainError('NOT_FOUND', ['id']);
  await tx.sql(TURN, [scanId, 'CANCELLED', tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_scan.finished', scanId });
  return { scanId };
};

/** Of the scan that this process took part in last. */
let remembered: { readonly scanId: string; readonly counted: RememberedCounts } | null = null;

const compareAll = async (tx: SqlTx, scanId: string, customerIds: readonly string[]): Promise<void> => {
  if (remembered?.scanId !== scanId) remembered = { scanId, counted: new RememberedCounts() };
  await keepCandidates(tx, customerIds, await findPairs(tx, customerIds, true, remembered.counted), true);
};

const nextIds = async ({ sql }: SqlTx, { cursor }: Scan, count: number): Promise<string[]> =>
  (await sql<{ id: string }>(NEXT, [cursor ?? FIRST_ID, count])).map(({ id }) => id);

/** What this state has done is done with all customers. */
const turn = async (tx: SqlTx, { id, state }: Scan): Promise<number> => {
  const isOver = state === 'COMPARING';
  await tx.sql(TURN, [id, isOver ? 'DONE' : 'COMPARING', tx.now.toISOString()]);
  if (isOver) tx.emit({ type: 'duplicate_scan.finished', scanId: id });
  remembered = null;
  return 1;
};

const advanceBy = async (tx: SqlTx, { id }: Scan, customerIds: readonly string[]): Promise<number> => {
  await tx.sql(ADVANCE, [id, customerIds.at(-1), customerIds.length, tx.now.toISOString()]);
  return customerIds.length;
};

const indexNext = async (tx: SqlTx): Promise<number> => {
  await takeTurn(tx);
  const [scan] = await tx.sql<Scan>(RUNNING, []);
  if (scan?.state !== 'INDEXING') return scan ? 1 : 0;
  const customerIds = await nextIds(tx, scan, CHUNK_CUSTOMERS);
  if (customerIds.length === 0) return turn(tx, scan);
  await indexCustomers(tx, customerIds);
  return advanceBy(tx, scan, customerIds);
};

/**
 * Chunks that are compared side by side, each in a transaction of its own; where the scan stands is written when all of them have committed.
 * Their candidates are of different customers, for a pair is found from its larger id. The scan's row is locked before the index is asked for
 * and never after, so that nobody waits in a circle.
 */
const compareNext = async (app: App, tx: SqlTx, scanId: string): Promise<number> => {
  const lanes = app.backend.mode === 'embedded' ? 1 : LANES;
  const [scan] = await tx.sql<Scan>(TAKE, [scanId]);
  if (!scan) return 0;
  const customerIds = await nextIds(tx, scan, CHUNK_CUSTOMERS * lanes);
  if (customerIds.length === 0) return turn(tx, scan);
  const chunk = async (inside: SqlTx, ids: readonly string[]): Promise<void> => {
    await takeReadingTurn(inside);
    await compareAll(inside, scan.id, ids);
  };
  // The embedded database has one connection, which is this one.
  if (lanes === 1) await chunk(tx, customerIds);
  else {
    const chunks = [customerIds.slice(0, CHUNK_CUSTOMERS), customerIds.slice(CHUNK_CUSTOMERS)].filter(({ length }) => length > 0);
    const done = await Promise.allSettled(chunks.map((ids) => app.transactSql(SYSTEM_ACTOR, (inside) => chunk(inside, ids))));
    for (const outcome of done) if (outcome.status === 'rejected') throw outcome.reason;
  }
  return advanceBy(tx, scan, customerIds);
};

/**
 * Does the next chunk of the scan under way and answers how many customers it did; 0 when no scan is under way, or another process is at
 * it. Where it stands is kept once a chunk is done, so that any process goes on where another ended. First every profile is indexed, then each
 * is compared with those beside it that have smaller ids: memory holds two chunks and their neighbours, however many customers there are.
 */
export const advanceScan = (app: App): Promise<number> =>
  app.transactSql(SYSTEM_ACTOR, async (tx) => {
    const [seen] = await tx.sql<Scan>(RUNNING, []);
    if (!seen) return 0;
    return seen.state === 'INDEXING' ? indexNext(tx) : compareNext(app, tx, seen.id);
  });
