import { Readable } from 'node:stream';
import { DomainError, IDEMPOTENCY_CODES } from '../../../core/errors.ts';
import { topics } from '../../../core/events.ts';
import { hasScope } from '../../../core/viewer.ts';
import type { SqlTx } from '../../../db/transact.ts';
import { unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { live } from '../../../graphql/live.ts';
import { settleAfter, settleSql } from '../../../graphql/settle.ts';
import { openImport } from '../import-customers.ts';
import { type ReadRow, readyRows } from '../ready-rows.ts';
import { applyRun, cancelRun, givesCredit, undoRun } from '../run.ts';
import { stageWhole } from '../stage.ts';
import { CustomersImport } from './import.ts';

const STAFF = { staff: 'customers:write' } as const;

/** A mutation waits for its file: what is larger comes by HTTP, as a stream. */
const CSV_CHARACTERS_MAX = 500_000;
/** Each is hashed before the answer, some 20 ms of work. */
const PASSWORDS_MAX = 200;

const CustomersImportUserError = userErrorType('CustomersImportUserError', [
  'EMPTY_FILE',
  'NO_KNOWN_COLUMN',
  'TOO_LONG',
  'TOO_MANY',
  'NOT_FOUND',
  'NOT_PLANNED',
  'NOT_APPLIED',
  'IMPORT_ENDED',
  'UNDO_WINDOW_OVER',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'INVALID',
  ...IDEMPOTENCY_CODES,
]);

const imported = (name: string) =>
  payloadType<{ importId: string }>(name, CustomersImportUserError, (t) => ({
    customersImport: t.prismaField({
      type: 'CustomersImport',
      nullable: true,
      resolve: (query, { importId }, _args, { app }) =>
        importId ? app.backend.database.read.customersImport.findUnique({ ...query, where: { id: importId } }) : null,
    }),
  }));

const CustomersImportPlanPayload = imported('CustomersImportPlanPayload');
const CustomersImportApplyPayload = imported('CustomersImportApplyPayload');
const CustomersImportCancelPayload = imported('CustomersImportCancelPayload');
const CustomersImportUndoPayload = imported('CustomersImportUndoPayload');

const CustomersImportPlanInput = builder.inputType('CustomersImportPlanInput', {
  fields: (t) => ({
    csv: t.string({ required: true, description: 'The file as text, 500,000 characters at most. Larger ones: POST /import/customers?plan=true.' }),
    name: t.string({ description: 'What to call it.' }),
  }),
});

/** What the file says, before any transaction. Refuses EMPTY_FILE, NO_KNOWN_COLUMN, TOO_LONG, TOO_MANY passwords. */
const readFile = async ({ app, viewer }: Context, csv: string) => {
  const field = ['input', 'csv'];
  if (csv.length > CSV_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: CSV_CHARACTERS_MAX });
  const { header, batches } = await openImport(Readable.from([Buffer.from(csv)])).catch((error: unknown) => {
    throw error instanceof DomainError ? new DomainError(error.code, field, error.params) : error;
  });
  if (givesCredit(header) && !hasScope(viewer, 'store_credit:write')) {
    await batches.return();
    throw unauthorizedWithout(viewer, 'store_credit:write');
  }
  const rows: ReadRow[] = [];
  for await (const batch of batches) {
    const at = header.index.password;
    const passwords = at === undefined ? 0 : batch.filter((row) => 'cells' in row && row.cells[at]).length;
    if (passwords + rows.filter((row) => 'password' in row && row.password).length > PASSWORDS_MAX)
      throw new DomainError('TOO_MANY', field, { max: PASSWORDS_MAX });
    rows.push(...(await readyRows(app, header, batch)));
  }
  return { header, rows };
};

/** Applying and undoing what opens store credit takes its scope too. */
const needsCredit = async ({ app, viewer }: Context, importId: string): Promise<void> => {
  if (hasScope(viewer, 'store_credit:write')) return;
  const run = await app.backend.database.read.customersImport.findUnique({ where: { id: importId }, select: { givesCredit: true } });
  if (run?.givesCredit) throw unauthorizedWithout(viewer, 'store_credit:write');
};

const withImport =
  (verb: (tx: SqlTx, importId: string) => Promise<{ importId: string }>, { mayMoveCredit }: { mayMoveCredit: boolean }) =>
  async (_root: unknown, args: { id: string }, context: Context, info: Parameters<typeof settleSql>[1]) => {
    const importId = idOf(args.id, 'CustomersImport');
    if (mayMoveCredit) await needsCredit(context, importId);
    return settleSql(context, info, args, (tx) => verb(tx, importId));
  };

builder.mutationFields((t) => ({
  customersImportPlan: t.field({
    type: CustomersImportPlanPayload,
    nullable: false,
    description: 'Says what a file of customers would do, row by row, and changes nothing. Planned in the background.',
    authScopes: STAFF,
    args: { input: t.arg({ type: CustomersImportPlanInput, required: true }) },
    // The key's fingerprint is of a keyed digest: a file holds passwords.
    resolve: (_root, { input }, context, info) => {
      const recognised = { name: input.name, csv: context.app.keyring.digest('import', input.csv).toString('hex') };
      return settleAfter(
        context,
        info,
        recognised,
        () => readFile(context, input.csv),
        (tx, { header, rows }) => stageWhole(header, rows, input.name ?? null)(tx),
        { secret: false },
      );
    },
  }),
  customersImportApply: t.field({
    type: CustomersImportApplyPayload,
    nullable: false,
    description: 'Does what was planned, in the background; each row by what is there when its turn comes.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    resolve: withImport(applyRun, { mayMoveCredit: true }),
  }),
  customersImportCancel: t.field({
    type: CustomersImportCancelPayload,
    nullable: false,
    description: 'Drops a plan, or ends an import under way; what was applied stays and can be undone.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    resolve: withImport(cancelRun, { mayMoveCredit: false }),
  }),
  customersImportUndo: t.field({
    type: CustomersImportUndoPayload,
    nullable: false,
    description:
      'Takes back what an import did, in the background: customers whom it made go if nothing has happened to them since, fields of the others become what they were where they are as it left them. What could not be is listed in `undone`.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    resolve: withImport(undoRun, { mayMoveCredit: true }),
  }),
}));

builder.subscriptionFields((t) => ({
  customersImportUpdated: t.field({
    type: CustomersImport,
    nullable: true,
    description: 'An import as it stands, at once and after every chunk of its work.',
    authScopes: { staff: 'customers:read' },
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, context) => {
      // Asked here as well: a stream that is refused its first event only would stay open.
      if (!hasScope(context.viewer, 'customers:read')) throw unauthorizedWithout(context.viewer, 'customers:read');
      const importId = idOf(id, 'CustomersImport');
      let seen = '';
      return live(context, topics.customersImport(importId), async () => {
        const run = await context.app.backend.database.prisma.customersImport.findUnique({ where: { id: importId } });
        const now = JSON.stringify(run);
        const isNews = run !== null && now !== seen;
        seen = now;
        return { items: isNews ? [run] : [], more: false };
      });
    },
    resolve: (run, _args, context) => {
      context.loaders = null;
      return run as never;
    },
  }),
}));
