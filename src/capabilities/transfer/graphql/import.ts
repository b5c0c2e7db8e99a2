import { CustomersImportOutcome as Outcomes, CustomersImportState as States, CustomersImportUndo as Undos } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, type CursorColumn, keysetConnection, keysetQuery } from '../../../graphql/keyset.ts';
import type { MessageCode } from '../../../graphql/messages/en.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import { checkPage } from '../../../graphql/pages.ts';
import { nameOfField } from '../row.ts';

const STAFF = { staff: 'customers:read' } as const;

const CustomersImportState = builder.enumType(States, {
  name: 'CustomersImportState',
  description:
    'READING: rows come in. PLANNING, APPLYING, UNDOING: under way in the background. PLANNED: waits for `customersImportApply`, seven days at most.',
});

const CustomersImportOutcome = builder.enumType(Outcomes, { name: 'CustomersImportOutcome', description: 'What a row does.' });

const CustomersImportUndo = builder.enumType(Undos, {
  name: 'CustomersImportUndo',
  description: 'REMOVED, RESTORED: all of it. PARTLY_RESTORED: some fields were changed since. KEPT: none of it.',
});

interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}

const CustomersImportCounts = builder.objectRef<Counts>('CustomersImportCounts').implement({
  description: 'Rows by what they do.',
  fields: (t) => ({
    created: t.exposeInt('created', { nullable: false }),
    updated: t.exposeInt('updated', { nullable: false }),
    unchanged: t.exposeInt('unchanged', { nullable: false }),
    rejected: t.exposeInt('rejected', { nullable: false }),
  }),
});

interface Row {
  readonly number: number;
  readonly line: number;
  readonly outcome: keyof typeof Outcomes | null;
  readonly planned: keyof typeof Outcomes | null;
  readonly customerId: string | null;
  readonly code: string | null;
  readonly field: string | null;
  readonly params: unknown;
  readonly keptFields: readonly string[];
  readonly keptLine: number | null;
}

const CustomersImportRow = builder.objectRef<Row>('CustomersImportRow').implement({
  description: 'A row of the file. What it held is not shown: `line` says where it stands.',
  fields: (t) => ({
    line: t.exposeInt('line', { nullable: false, description: 'Line of the file on which the row begins; the header is line 1.' }),
    outcome: t.field({ type: CustomersImportOutcome, nullable: true, description: 'What it did, or would do.', resolve: ({ outcome }) => outcome }),
    plannedOutcome: t.field({
      type: CustomersImportOutcome,
      nullable: true,
      description: 'What it would have done when it was planned.',
      resolve: ({ planned }) => planned,
    }),
    customer: t.prismaField({
      type: 'Customer',
      nullable: true,
      description: 'Whom it means; null for one who is not there yet.',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findFirst({ ...query, where: { id: customerId, deletedAt: null } }) : null,
    }),
    code: t.exposeString('code', { nullable: true, description: 'Why it was rejected: docs/import.md lists them.' }),
    field: t.string({ nullable: true, description: 'The column at fault.', resolve: ({ field }) => (field === null ? null : nameOfField(field)) }),
    message: t.string({
      nullable: true,
      description: 'The same in words, in the language of the operation.',
      resolve: ({ code, field, params }, _args, context, info) => {
        if (code === null) return null;
        const values = { field: field === null ? '' : nameOfField(field), ...(params as Record<string, string | number> | null) };
        return messageOf(MESSAGE_OF[code] ?? code, values, languageOfOperation(info, context));
      },
    }),
    keptFields: t.stringList({
      nullable: false,
      description: 'Columns that say something else than an earlier line of the file: that one counts.',
      resolve: ({ keptFields }) => [...keptFields],
    }),
    keptLine: t.exposeInt('keptLine', { nullable: true, description: 'That line.' }),
  }),
});

/** Where the sentence of a mutation with the same code would be about something else. */
const MESSAGE_OF: Readonly<Record<string, MessageCode>> = {
  CONFLICT: 'IMPORT_CONFLICT',
  FAILED: 'IMPORT_ROW_FAILED',
  MISSING_FIELD_REQUIRED: 'IMPORT_NOBODY',
};

interface Change {
  readonly customerId: string;
  readonly undo: keyof typeof Undos | null;
  readonly kept: unknown;
}

interface Kept {
  readonly field: string;
  readonly code: string;
}

const CustomersImportKept = builder.objectRef<Kept>('CustomersImportKept').implement({
  description: 'What could not be taken back.',
  fields: (t) => ({
    field: t.exposeString('field', { nullable: false, description: '`customer` for a customer who was made and has to stay.' }),
    code: t.exposeString('code', {
      nullable: false,
      description: '`CHANGED_SINCE`, `TAKEN`, `MERGED_OR_DELETED`, `ERASED`, `FAILED`, or what the ledger says.',
    }),
  }),
});

const CustomersImportUndone = builder.objectRef<Change>('CustomersImportUndone').implement({
  description: 'What became of a customer when an import was undone.',
  fields: (t) => ({
    undo: t.field({ type: CustomersImportUndo, nullable: true, resolve: ({ undo }) => undo }),
    customer: t.prismaField({
      type: 'Customer',
      nullable: true,
      resolve: (query, { customerId }, _args, { app }) =>
        app.backend.database.read.customer.findFirst({ ...query, where: { id: customerId, deletedAt: null } }),
    }),
    kept: t.field({ type: [CustomersImportKept], nullable: false, resolve: ({ kept }) => (kept ?? []) as Kept[] }),
  }),
});

const BY_NUMBER: readonly CursorColumn[] = [
  { name: 'number', isValue: (value) => Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 31 },
];
const BY_CUSTOMER: readonly CursorColumn[] = [{ name: 'customerId', isValue: (BY_ID[0] as CursorColumn).isValue }];

export const CustomersImport = builder.prismaNode('CustomersImport', {
  description: 'A file of customers: first what it would do, then what it did.',
  id: { field: 'id' },
  nullable: true,
  authScopes: STAFF,
  select: { id: true },
  fields: (t) => ({
    state: t.expose('state', { type: CustomersImportState, nullable: false }),
    name: t.exposeString('name', { nullable: true, description: 'As whoever sent it calls it.' }),
    ignoredColumns: t.exposeStringList('ignored', { nullable: false, description: 'Columns of the file that nothing is read from.' }),
    givesStoreCredit: t.exposeBoolean('givesCredit', {
      nullable: false,
      description: 'Whether it has a column of opening store credit; applying it takes `store_credit:write` then.',
    }),
    rowsCount: t.exposeInt('rowsCount', { nullable: false }),
    plan: t.field({
      type: CustomersImportCounts,
      nullable: false,
      description: 'What it would do, as far as it is planned.',
      select: { planCreated: true, planUpdated: true, planUnchanged: true, planRejected: true },
      resolve: ({ planCreated: created, planUpdated: updated, planUnchanged: unchanged, planRejected: rejected }) => ({
        created,
        updated,
        unchanged,
        rejected,
      }),
    }),
    applied: t.field({
      type: CustomersImportCounts,
      nullable: false,
      description: 'What it has done.',
      select: { created: true, updated: true, unchanged: true, rejected: true },
      resolve: (counts) => counts,
    }),
    removedCount: t.exposeInt('removed', { nullable: false, description: 'Customers that undoing it removed.' }),
    restoredCount: t.exposeInt('restored', { nullable: false, description: 'Customers that undoing it gave back all that it changed.' }),
    keptCount: t.exposeInt('kept', { nullable: false, description: 'Customers of whom something could not be undone: `undone(undo: KEPT)`.' }),
    progress: t.float({
      nullable: false,
      description: 'Of what is under way, from 0 to 1; 1 when nothing is.',
      select: { state: true, cursor: true, rowsCount: true, customersChanged: true, removed: true, restored: true, kept: true },
      resolve: ({ state, cursor, rowsCount, customersChanged, removed, restored, kept }) => {
        if (state === 'READING') return 0;
        if (state === 'PLANNING' || state === 'APPLYING') return Math.min(1, cursor / Math.max(1, rowsCount));
        return state === 'UNDOING' ? Math.min(1, (removed + restored + kept) / Math.max(1, customersChanged)) : 1;
      },
    }),
    createdBy: t.exposeString('startedBy', { nullable: false }),
    appliedBy: t.exposeString('appliedBy', { nullable: true }),
    undoneBy: t.exposeString('undoneBy', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    plannedAt: t.expose('plannedAt', { type: 'DateTime', nullable: true }),
    appliedAt: t.expose('appliedAt', { type: 'DateTime', nullable: true }),
    undoneAt: t.expose('undoneAt', { type: 'DateTime', nullable: true }),
    keptUntil: t.expose('clearAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when its rows are there and it can be applied or undone; null while it is under way, and once they are gone.',
    }),
    rows: t.connection(
      {
        type: CustomersImportRow,
        nullable: false,
        args: {
          outcome: t.arg({ type: CustomersImportOutcome, description: 'Only rows that do this.' }),
          reverse: t.arg.boolean({ defaultValue: false }),
        },
        resolve: async ({ id }, args, { app }) => {
          const where = { runId: id, ...(args.outcome ? { outcome: args.outcome } : {}) };
          const { select: _columns, ...query } = keysetQuery(BY_NUMBER, args, where, {});
          const rows = await app.backend.database.read.customersImportRow.findMany({ ...query, omit: undefined, select: ROW } as never);
          return keysetConnection(BY_NUMBER, args, rows as unknown as Row[]) as never;
        },
      },
      { name: 'CustomersImportRowConnection' },
      { name: 'CustomersImportRowEdge' },
    ),
    undone: t.connection(
      {
        type: CustomersImportUndone,
        nullable: false,
        description: 'What undoing it did to each customer.',
        args: { undo: t.arg({ type: CustomersImportUndo }), reverse: t.arg.boolean({ defaultValue: false }) },
        resolve: async ({ id }, args, { app }) => {
          const where = { runId: id, undo: args.undo ?? { not: null } };
          const { select: _columns, ...query } = keysetQuery(BY_CUSTOMER, args, where, {});
          const rows = await app.backend.database.read.customersImportChange.findMany({
            ...query,
            select: { customerId: true, undo: true, kept: true },
          } as never);
          return keysetConnection(BY_CUSTOMER, args, rows as unknown as Change[]) as never;
        },
      },
      { name: 'CustomersImportUndoneConnection' },
      { name: 'CustomersImportUndoneEdge' },
    ),
  }),
});

const ROW = {
  number: true,
  line: true,
  outcome: true,
  planned: true,
  customerId: true,
  code: true,
  field: true,
  params: true,
  keptFields: true,
  keptLine: true,
} as const;

builder.queryFields((t) => ({
  customersImports: t.prismaConnection(
    {
      type: 'CustomersImport',
      cursor: 'id',
      nullable: false,
      description: 'Imports of customers, newest first.',
      authScopes: STAFF,
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.customersImport.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'CustomersImportConnection' },
    { name: 'CustomersImportEdge' },
  ),
  customersImport: t.prismaField({
    type: 'CustomersImport',
    nullable: true,
    description: 'One import of customers.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }, { app }) =>
      app.backend.database.read.customersImport.findUnique({ ...query, where: { id: idOf(id, 'CustomersImport') } }),
  }),
}));
