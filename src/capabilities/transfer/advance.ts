import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Tx } from '../../db/transact.ts';
import { applyRows, outcomeOf, type ReadyRow, type RowOutcome, takeTurn } from './apply-rows.ts';
import { definitionsOf } from './metafields.ts';
import { type Planned, planRow } from './plan.ts';
import { loadPlannedDrafts, rememberDrafts } from './plan-drafts.ts';
import { recordChanges } from './record-changes.ts';
import { nameOfField } from './row.ts';
import { endApplying, endPlan, lockRun, RUN_COLUMNS, type Run } from './run.ts';
import { revived } from './stage.ts';
import { sweepImports } from './sweep.ts';
import { CHUNK_CUSTOMERS, leave, undoChunk } from './undo.ts';

/** Rows of a chunk: what a process that ends has to do again, and what is held in memory. */
const CHUNK_ROWS = 200;

const WAITING = `select ${RUN_COLUMNS} from customers_import where state in ('PLANNING', 'APPLYING', 'UNDOING') order by updated_at, id limit 1`;

const NEXT_ROWS = `
select number, line, content, code, field, params from customers_import_row
where run_id = $1::text::uuid and number > $2::integer order by number limit $3::integer`;

interface Waiting {
  readonly number: number;
  readonly line: number;
  readonly content: Parameters<typeof revived>[0] | null;
  readonly code: string | null;
  readonly field: string | null;
  readonly params: Record<string, string | number> | null;
}

/** Why a row without content is refused: it could not be read, or what it said was erased. */
const refusalOf = ({ code, field, params }: Waiting): DomainError => new DomainError(code ?? 'ERASED', field ? ['row', field] : null, params ?? {});

const OUTCOMES = { created: 'CREATE', updated: 'UPDATE', unchanged: 'UNCHANGED' } as const;

/** The columns of a row that its outcome fills. `isTold` says whose id may be told: a plan makes up ids for those who are not there yet. */
const columnsOf = (number: number, outcome: RowOutcome, isTold: (customerId: string) => boolean) => {
  if ('refused' in outcome) {
    const { code, field, params } = outcome.refused;
    return { number, outcome: 'REJECTED', code, field: field?.at(-1) ?? null, params, keptFields: [] };
  }
  const { customerId, kept, outcome: what } = outcome.planned;
  return {
    number,
    outcome: OUTCOMES[what],
    customerId: isTold(customerId) ? customerId : null,
    keptFields: kept?.fields.map(nameOfField) ?? [],
    keptLine: kept?.line ?? null,
  };
};

type Columns = ReturnType<typeof columnsOf>;

const keepOutcomes = (set: string): string => `
update customers_import_row r set ${set}, outcome = v.outcome::customers_import_outcome, customer_id = v."customerId", code = v.code,
  field = v.field, params = v.params, kept_fields = array(select jsonb_array_elements_text(v."keptFields")), kept_line = v."keptLine"
from jsonb_to_recordset($2::text::jsonb) as v(number integer, outcome text, "customerId" uuid, code text, field text, params jsonb,
  "keptFields" jsonb, "keptLine" integer)
where r.run_id = $1::text::uuid and r.number = v.number`;

const KEEP_PLAN = keepOutcomes('planned = v.outcome::customers_import_outcome');
const KEEP_APPLIED = keepOutcomes('content = null');

const countsOf = (prefix: string): string => `
update customers_import set cursor = $2::integer, ${prefix}created = ${prefix}created + $3::integer, ${prefix}updated = ${prefix}updated + $4::integer,
  ${prefix}unchanged = ${prefix}unchanged + $5::integer, ${prefix}rejected = ${prefix}rejected + $6::integer, updated_at = $7::text::timestamptz
where id = $1::text::uuid`;

const COUNT_PLAN = countsOf('plan_');
const COUNT_APPLIED = countsOf('');

const keep = async (tx: Tx, runId: string, statements: readonly [string, string], rows: readonly Columns[]): Promise<void> => {
  const count = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length;
  await tx.sql(statements[0], [runId, JSON.stringify(rows)]);
  const counts = ['CREATE', 'UPDATE', 'UNCHANGED', 'REJECTED'].map(count);
  await tx.sql(statements[1], [runId, rows.at(-1)?.number ?? 0, ...counts, tx.now.toISOString()]);
  tx.announce(topics.customersImport(runId));
};

/** Rows beside their outcomes: those that could not be read are refused, the others have theirs in turn. */
const withRefused = (rows: readonly Waiting[], outcomes: readonly RowOutcome[]): RowOutcome[] => {
  const done = outcomes.values();
  return rows.map((row) => (row.content ? (done.next().value as RowOutcome) : { line: row.line, refused: refusalOf(row) }));
};

const readyOf = (rows: readonly Waiting[]): ReadyRow[] => rows.flatMap(({ content }) => (content ? revived(content) : []));

const planChunk = async (tx: Tx, run: Run, rows: readonly Waiting[]): Promise<void> => {
  const ready = readyOf(rows);
  const given = ready.map(({ row }) => row);
  const definitions = await definitionsOf(tx, given);
  const drafts = await loadPlannedDrafts(tx, run.id, given);
  const planned = ready.map(({ row, password }) => outcomeOf(row.line, (): Planned => planRow(drafts, row, password, definitions)));
  await rememberDrafts(tx, run.id, drafts);
  const isStored = (customerId: string): boolean => !drafts.all.get(customerId)?.isNew;
  const columns = withRefused(rows, planned).map((outcome, place) => columnsOf((rows[place] as Waiting).number, outcome, isStored));
  await keep(tx, run.id, [KEEP_PLAN, COUNT_PLAN], columns);
};

const applyChunk = async (tx: Tx, run: Run, rows: readonly Waiting[]): Promise<void> => {
  const applied = await applyRows(tx, run.id, readyOf(rows));
  await recordChanges(tx, run.id, applied);
  const columns = withRefused(rows, applied.outcomes).map((outcome, place) => columnsOf((rows[place] as Waiting).number, outcome, () => true));
  await keep(tx, run.id, [KEEP_APPLIED, COUNT_APPLIED], columns);
};

/** What a chunk is done with: the whole of it, or one row after it failed. */
type Step = (tx: Tx, run: Run, rows: readonly Waiting[]) => Promise<void>;

const STEPS: Readonly<Record<'PLANNING' | 'APPLYING', Step>> = { PLANNING: planChunk, APPLYING: applyChunk };

/** Does the next rows of a run in a transaction, if it is where it was seen; answers how many, and 1 for its end. */
const stepOf = (app: App, seen: Run, count: number, step?: Step): Promise<number> =>
  app.transact(seen.appliedBy ?? seen.startedBy, async (tx) => {
    await takeTurn(tx);
    const run = await lockRun(tx, seen.id);
    if (run.state !== 'PLANNING' && run.state !== 'APPLYING') return 1;
    const rows = await tx.sql<Waiting>(NEXT_ROWS, [run.id, run.cursor, count]);
    if (rows.length > 0) await (step ?? STEPS[run.state])(tx, run, rows);
    else if (run.state === 'PLANNING') await endPlan(tx, run.id);
    else await endApplying(tx, run.id, 'APPLIED');
    return Math.max(1, rows.length);
  });

const reject =
  (error: Error): Step =>
  async (tx, run, rows) => {
    const refused = error instanceof DomainError ? error : new DomainError('FAILED');
    const columns = rows.map(({ number, line }) => columnsOf(number, { line, refused }, () => false));
    await keep(tx, run.id, run.state === 'PLANNING' ? [KEEP_PLAN, COUNT_PLAN] : [KEEP_APPLIED, COUNT_APPLIED], columns);
  };

/** A step of an import: how many at once, and whether to give up those that failed alone. */
interface Steps {
  readonly many: number;
  readonly what: string;
  step(count: number): Promise<number>;
  giveUp(error: Error): Promise<number>;
}

const stepsOf = (app: App, run: Run): Steps => {
  if (run.state === 'UNDOING') {
    const undo = (count: number, how?: typeof leave) => app.transact(run.undoneBy ?? SYSTEM_ACTOR, (tx) => undoChunk(tx, run.id, count, how));
    return { many: CHUNK_CUSTOMERS, what: 'customer', step: undo, giveUp: () => undo(1, leave) };
  }
  return { many: CHUNK_ROWS, what: 'row', step: (count) => stepOf(app, run, count), giveUp: (error) => stepOf(app, run, 1, reject(error)) };
};

/** A chunk that failed, one by one: what fails alone is its own fault while the database answers. */
const oneByOne = async (app: App, run: Run, { many, what, step, giveUp }: Steps): Promise<number> => {
  for (let count = 0; count < many; count += 1) {
    try {
      await step(1);
    } catch (error) {
      await app.backend.database.sql('select 1', []);
      if (!(error instanceof DomainError)) app.log.error({ importId: run.id, error: error as Error }, `a ${what} of an import could not be written`);
      await giveUp(error as Error);
    }
  }
  return many;
};

/**
 * Does the next chunk of whichever import is under way, in a transaction of its own, and answers with more than 0 when there was something
 * to do. Where an import stands is kept with what it did, so that any process goes on where another ended, and none of it is done twice.
 * Imports under way take turns.
 */
export const advanceImports = async (app: App): Promise<number> => {
  const [run] = await app.backend.database.sql<Run>(WAITING, []);
  if (!run) return sweepImports(app);
  const steps = stepsOf(app, run);
  try {
    return await steps.step(steps.many);
  } catch (error) {
    app.log.warn({ importId: run.id, error: error as Error }, 'a chunk of an import failed and is tried one by one');
    return oneByOne(app, run, steps);
  }
};
