import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { Transact, Tx } from '../../db/transact.ts';
import { carryOut, lockedPlan, lockPair, type Merged, type MergeOptions, mergeCustomers } from './merge.ts';
import type { MergeInput, MergePlan } from './plan.ts';

/** Rows to be moved from which on a merge is done after it was answered: one of as many takes a few hundred milliseconds. */
const JOB_ROWS_MIN = 1_000;

/** As it is kept: which two, and how. */
interface Request {
  readonly input: MergeInput;
  readonly version: string | null;
  readonly note: string | null;
}

/** Why it failed, as a refusal says it. */
export interface Refused {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly params: Readonly<Record<string, string | number>>;
}

const refusedBy = ({ code, field, params }: DomainError): Refused => ({ code, field, params });

const LOTS = `
select count(*)::integer as count from store_credit_account a join store_credit_lot l on l.account_id = a.id and l.is_open
where a.customer_id = $1::text::uuid`;

/** How many rows a merge would write: what goes over, and a credit for each open lot. */
const rowsOf = async (tx: Tx, { shares, parties }: MergePlan): Promise<number> => {
  const [lots] = await tx.sql<{ count: number }>(LOTS, [parties.closedId]);
  return Object.values(shares).reduce((sum, { moves }) => sum + moves, lots?.count ?? 0);
};

/**
 * Merges two customers at once when they are small, else leaves it to `advanceMergeJobs` and answers who will live on. Refuses what
 * `mergeCustomers` does in either case; until the job has ended, neither of the two is merged with anyone.
 */
export const requestMerge = async (tx: Tx, input: MergeInput, options: MergeOptions, jobRowsMin = JOB_ROWS_MIN): Promise<Merged> => {
  const mergeId = uuid();
  const plan = await lockedPlan(tx, input, options, mergeId);
  const { keptId, closedId } = plan.parties;
  if ((await rowsOf(tx, plan)) < jobRowsMin) await carryOut(tx, plan, options);
  else {
    const request: Request = { input, version: options.version ?? null, note: options.note ?? null };
    await tx.db.customerMergeJob.create({
      data: { id: mergeId, keptId, closedId, request: request as object, actor: tx.actor, createdAt: tx.now },
      select: { id: true },
    });
    tx.emit({ type: 'customer_merge_job.started', mergeId, customerId: keptId, closedCustomerId: closedId });
  }
  return { resultingCustomerId: keptId, mergeId };
};

/** Jobs that one round does. */
const ROUND_MAX = 20;
/** A merge that failed for a fault so often is given up. */
const ATTEMPTS_MAX = 3;
/** The largest profiles that were measured took seconds. */
const TIMEOUT_MS = 10 * 60_000;

const UNDER_WAY = `
select id::text, kept_id::text as "keptId", closed_id::text as "closedId", actor, request from customer_merge_job
where state = 'IN_PROGRESS' order by id limit ${ROUND_MAX}`;

/** One process does it: the others find it taken and go on. Asked before any row is locked, so nobody waits for anyone in a circle. */
const TAKE = `select pg_try_advisory_xact_lock(hashtextextended('customer merge job ' || $1::text, 0)) as "isTaken"`;

const END = `
update customer_merge_job set state = $2::text::customer_merge_job_state, refusal = $3::text::jsonb, finished_at = $4::text::timestamptz
where id = $1::text::uuid and state = 'IN_PROGRESS' returning id::text`;

const FAULT = `update customer_merge_job set attempts = attempts + 1 where id = $1::text::uuid and state = 'IN_PROGRESS' returning attempts`;

interface Job {
  readonly id: string;
  readonly keptId: string;
  readonly closedId: string;
  readonly actor: string;
  readonly request: Request;
}

interface Gateway {
  readonly backend: { readonly database: { readonly sql: Sql } };
  readonly transact: Transact;
  readonly mergeUndoDays: number;
}

const fail = async (tx: Tx, { id, keptId, closedId }: Job, refusal: Refused): Promise<void> => {
  const ended = await tx.sql(END, [id, 'FAILED', JSON.stringify(refusal), tx.now.toISOString()]);
  if (ended.length > 0) tx.emit({ type: 'customer_merge_job.failed', mergeId: id, customerId: keptId, closedCustomerId: closedId });
};

/** The merge and the end of its job commit together: a process that is killed leaves both profiles and the job as they were. */
const carryOn = async (tx: Tx, job: Job, undoDays: number): Promise<boolean> => {
  const [answer] = await tx.sql<{ isTaken: boolean }>(TAKE, [job.id]);
  if (!answer?.isTaken) return false;
  await lockPair(tx, [job.keptId, job.closedId]);
  const current = await tx.db.customerMergeJob.findUnique({ where: { id: job.id }, select: { state: true } });
  if (current?.state !== 'IN_PROGRESS') return false;
  const { input, version, note } = job.request;
  // Whom the answer named lives on, whatever has become of the two since.
  const whom = { ...input, customerIdToKeep: job.keptId };
  try {
    await tx.attempt(() => mergeCustomers(tx, whom, { version, note, undoDays }, job.id));
    await tx.sql(END, [job.id, 'COMPLETED', null, tx.now.toISOString()]);
    tx.announce(topics.customerMergeJob(job.id));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await fail(tx, job, refusedBy(error));
  }
  return true;
};

/** After a fault: the job is done again later, and given up when that has happened too often. */
const noteFault = ({ transact }: Gateway, job: Job): Promise<void> =>
  transact(SYSTEM_ACTOR, async (tx) => {
    const [noted] = await tx.sql<{ attempts: number }>(FAULT, [job.id]);
    if (noted && noted.attempts >= ATTEMPTS_MAX) await fail(tx, job, { code: 'INTERNAL_ERROR', field: null, params: {} });
  });

/**
 * Does the merges that wait, each in a transaction of its own: whole or not at all. Answers how many ended. Any number of processes may run
 * it; one that is killed in the middle leaves the job to the others.
 */
export const advanceMergeJobs = async (gateway: Gateway): Promise<number> => {
  const jobs = await gateway.backend.database.sql<Job>(UNDER_WAY, []);
  let ended = 0;
  for (const job of jobs) {
    try {
      ended += Number(await gateway.transact(job.actor, (tx) => carryOn(tx, job, gateway.mergeUndoDays), { timeoutMs: TIMEOUT_MS }));
    } catch (error) {
      await noteFault(gateway, job);
      throw error;
    }
  }
  return ended;
};
