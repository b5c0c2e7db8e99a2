import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { type Draft, loadDrafts } from './drafts.ts';
import { definitionsOf } from './metafields.ts';
import type { ReadyPassword } from './password.ts';
import { type Planned, planRow } from './plan.ts';
import type { ImportRow } from './row.ts';
import { writeDrafts } from './write.ts';

/** A row with its password, hashed before any transaction was open. */
export interface ReadyRow {
  readonly row: ImportRow;
  readonly password: ReadyPassword | null;
}

/** What became of a row. */
export type RowOutcome = { readonly line: number; readonly planned: Planned } | { readonly line: number; readonly refused: DomainError };

/** Any number: what matters is that every import asks for the same one. */
const IMPORT_LOCK = 7_321_984_022;

/**
 * Imports take turns, chunk by chunk: two of the same file would otherwise run into each other at every row. Every look-up of a chunk is by
 * key; the planner is kept from reading whole tables, which it prefers while it takes them to be as small as they were before the import, and
 * from the indexes of trigrams, which are read by bitmaps alone.
 */
export const takeTurn = async (tx: Tx): Promise<void> => {
  await tx.db
    .$executeRaw`select pg_advisory_xact_lock(${IMPORT_LOCK}::bigint), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;
};

/** What one row does; a refusal is an outcome too. */
export const outcomeOf = (line: number, plan: () => Planned): RowOutcome => {
  try {
    return { line, planned: plan() };
  } catch (error) {
    if (error instanceof DomainError) return { line, refused: error };
    throw error;
  }
};

export interface Applied {
  readonly outcomes: readonly RowOutcome[];
  readonly drafts: readonly Draft[];
  /** The ledger's transactions, by customer. */
  readonly credits: ReadonlyMap<string, readonly string[]>;
}

/** Does what rows say, all of them in this transaction; the caller holds the imports' turn. Refuses what the ledger refuses of opening credit. */
export const applyRows = async (tx: Tx, runId: string, ready: readonly ReadyRow[]): Promise<Applied> => {
  const rows = ready.map(({ row }) => row);
  const definitions = await definitionsOf(tx, rows);
  const drafts = await loadDrafts(tx, runId, rows);
  const outcomes = ready.map(({ row, password }) => outcomeOf(row.line, () => planRow(drafts, row, password, definitions)));
  const all = [...drafts.all.values()];
  return { outcomes, drafts: all, credits: await writeDrafts(tx, runId, all) };
};
