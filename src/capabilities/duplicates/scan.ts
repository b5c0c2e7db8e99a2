import { v7 as uuid } from 'uuid';
import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findPairs, nothingRemembered, type Remembered, readIndexed } from './find-pairs.ts';
import { Gathered, readKept, takeReadingTurn, takeTurn, writeProfiles } from './index-profiles.ts';
import { keepCandidates } from './keep-candidates.ts';
import type { Profile } from './profile.ts';
import { readCustomers } from './refresh.ts';

/** Customers of a chunk: what a process that ends has to do again, and what is held in memory. */
const CHUNK_CUSTOMERS = 1_000;

/** Customers who are indexed in one transaction, as far as it takes no longer than this: others wait for their turn, and without a server for all. */
const BATCH_CUSTOMERS = 100_000;
const BATCH_MS = { service: 4_000, embedded: 250 } as const;

const RUNNING = `select s.id::text, s.state::text, s.cursor::text from duplicate_scan s where s.state in ('INDEXING', 'COMPARING') order by s.id limit 1`;

const START = `
insert into duplicate_scan (id, state, customers_total, started_by, started_at, updated_at)
select $1::text::uuid, 'INDEXING', count(*), $2::text, $3::text::timestamptz, $3::text::timestamptz from customer where deleted_at is null`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** `c.id`, since `id` alone would be the text that is selected, by which no index is in order. */
const NEXT = `select c.id::text from customer c where c.deleted_at is null and c.id > $1::text::uuid order by c.id limit $2::integer`;

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
where id = $1::text::uuid and state in ('INDEXING', 'COMPARING')`;

interface Scan {
  readonly id: string;
  readonly state: 'INDEXING' | 'COMPARING';
  readonly cursor: string | null;
}

/** Begins to compare all customers; answers with the scan that is under way when there is one. */
export const startScan = async (tx: SqlTx): Promise<{ scanId: string }> => {
  // A scan that indexes has the turn for seconds.
  const [seen] = await tx.sql<Scan>(RUNNING, []);
  if (seen) return { scanId: seen.id };
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
let remembered: (Remembered & { readonly scanId: string }) | null = null;

const compareAll = async (tx: SqlTx, scanId: string, customerIds: readonly string[]): Promise<void> => {
  if (remembered?.scanId !== scanId) remembered = { scanId, ...nothingRemembered() };
  await keepCandidates(tx, customerIds, await findPairs(tx, await readIndexed(tx, customerIds), remembered), true);
};

const nextIds = async (sql: Sql, cursor: string | null, count: number): Promise<string[]> =>
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

interface Read {
  readonly customerIds: readonly string[];
  readonly profiles: ReadonlyMap<string, Profile | null>;
  readonly kept: Awaited<ReturnType<typeof readKept>>;
}

const readChunk = async (sql: Sql, cursor: string | null): Promise<Read> => {
  const customerIds = await nextIds(sql, cursor, CHUNK_CUSTOMERS);
  return { customerIds, profiles: await readCustomers(sql, customerIds), kept: await readKept(sql, customerIds) };
};

/** Waits for it later: until then its failure is nobody's. */
const meanwhile = <Value>(promise: Promise<Value>): Promise<Value> => {
  promise.catch(() => {});
  return promise;
};

/**
 * Indexes chunks until there are enough of them for one transaction. With a server, the next is read and made into profiles while
 * PostgreSQL writes: whoever has the turn knows that nobody else changes what the index says of them.
 */
const indexNext = async (app: App, tx: SqlTx): Promise<number> => {
  await takeTurn(tx);
  const [scan] = await tx.sql<Scan>(RUNNING, []);
  if (scan?.state !== 'INDEXING') return 0;
  const isAlone = app.backend.mode === 'embedded';
  const sql = isAlone ? tx.sql : app.backend.database.sql;
  const [gathered, began, customerIds] = [new Gathered(), performance.now(), [] as string[]];
  let writing = Promise.resolve();
  let reading = meanwhile(readChunk(sql, scan.cursor));
  for (;;) {
    const chunk = await reading;
    if (chunk.customerIds.length === 0) break;
    customerIds.push(...chunk.customerIds);
    const isEnough = customerIds.length >= BATCH_CUSTOMERS || performance.now() - began > BATCH_MS[app.backend.mode];
    await writing;
    writing = meanwhile(writeProfiles(tx, chunk.profiles, chunk.kept, gathered));
    if (isEnough) break;
    if (isAlone) await writing;
    reading = meanwhile(readChunk(sql, customerIds.at(-1) ?? null));
  }
  await writing;
  if (customerIds.length === 0) {
    await turn(tx, scan);
    return 0;
  }
  await gathered.write(tx);
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
  const customerIds = await nextIds(tx.sql, scan.cursor, CHUNK_CUSTOMERS * lanes);
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
 * Who stands beside whom is then read from the index alone: without it PostgreSQL looks every entry up in the table, which takes ten times
 * as long. It vacuums by itself, but later.
 */
const VACUUM = 'vacuum duplicate_key';

/**
 * Does the next chunk of the scan under way and answers how many customers it did; 0 when no scan is under way, or another process is at
 * it. Where it stands is kept once a chunk is done, so that any process goes on where another ended. First every profile is indexed, then each
 * is compared with those beside it that have smaller ids: memory holds two chunks and their neighbours, however many customers there are.
 */
export const advanceScan = async (app: App): Promise<number> => {
  let isIndexed = false;
  const done = await app.transactSql(SYSTEM_ACTOR, async (tx) => {
    const [seen] = await tx.sql<Scan>(RUNNING, []);
    if (!seen) return 0;
    if (seen.state === 'COMPARING') return compareNext(app, tx, seen.id);
    const count = await indexNext(app, tx);
    isIndexed = count === 0;
    return Math.max(1, count);
  });
  if (isIndexed) await app.backend.database.sql(VACUUM, []);
  return done;
};
