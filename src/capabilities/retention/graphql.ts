import type { Sql } from '../../db/client.ts';
import type { DataRetentionKind as Kind } from '../../db/generated/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { settleSql } from '../../graphql/settle.ts';
import { RETENTION_CODES } from './errors.ts';
import { RETENTION } from './kinds.ts';
import { updateRetention } from './update.ts';

interface Kept {
  readonly kind: Kind;
  readonly keepDays: number | null;
  readonly lastRunAt: Date | null;
  readonly lastRunCount: string;
  readonly deletedCount: string;
}

const READ = `
select kind::text as kind, keep_days as "keepDays", last_run_at as "lastRunAt", last_run_count::text as "lastRunCount", deleted_count::text as "deletedCount"
from data_retention order by kind::text`;

const readAll = (sql: Sql): Promise<Kept[]> => sql<Kept>(READ, []);

const DataRetentionKind = builder.enumType('DataRetentionKind', {
  values: Object.fromEntries(Object.entries(RETENTION).map(([kind, { description }]) => [kind, { description }])) as Record<
    Kind,
    { description: string }
  >,
});

const DataRetention = builder.objectRef<Kept>('DataRetention').implement({
  description: 'How long the shop keeps a kind of data, and what was deleted of it.',
  fields: (t) => ({
    kind: t.expose('kind', { type: DataRetentionKind, nullable: false }),
    keepDays: t.exposeInt('keepDays', { nullable: true, description: 'Null: for ever.' }),
    keepDaysMin: t.int({ nullable: false, resolve: ({ kind }) => RETENTION[kind].min }),
    keepDaysMax: t.int({ nullable: false, resolve: ({ kind }) => RETENTION[kind].max }),
    mayBeKeptForEver: t.boolean({ nullable: false, resolve: ({ kind }) => RETENTION[kind].mayBeForEver }),
    lastRunAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last gone through to the end: once a day. Of imports: when the rows of one last went.',
      resolve: ({ lastRunAt }) => lastRunAt && new Date(lastRunAt),
    }),
    lastRunCount: t.field({
      type: 'UnsignedInt64',
      nullable: false,
      description: 'Rows that went in that run; of inactive customers those whose erasure it requested.',
      resolve: ({ lastRunCount }) => BigInt(lastRunCount),
    }),
    deletedCount: t.field({
      type: 'UnsignedInt64',
      nullable: false,
      description: 'Of all runs, the one under way included.',
      resolve: ({ deletedCount }) => BigInt(deletedCount),
    }),
  }),
});

const UpdatePayload = payloadType<{ kind: Kind }>('DataRetentionUpdatePayload', userErrorType('DataRetentionUserError', RETENTION_CODES), (t) => ({
  dataRetention: t.field({
    type: DataRetention,
    resolve: async ({ kind }, _args, { app }) =>
      kind ? ((await readAll(app.backend.database.sql)).find((kept) => kept.kind === kind) ?? null) : null,
  }),
}));

builder.queryFields((t) => ({
  dataRetention: t.field({
    type: [DataRetention],
    nullable: false,
    description: 'How long the shop keeps what may go. The ledger of store credit, orders and the log of consent stay.',
    authScopes: { staff: 'privacy:read' },
    resolve: (_root, _args, { app }) => readAll(app.backend.database.sql),
  }),
}));

builder.mutationFields((t) => ({
  dataRetentionUpdate: t.field({
    type: UpdatePayload,
    nullable: false,
    description: 'Says how long the shop keeps a kind of data. What is older goes within minutes; it does not come back.',
    authScopes: { staff: 'privacy:write' },
    args: {
      kind: t.arg({ type: DataRetentionKind, required: true }),
      keepDays: t.arg.int({ description: 'Absent or null: for ever.' }),
    },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) => updateRetention(tx, { kind: args.kind, keepDays: args.keepDays ?? null })),
  }),
}));
