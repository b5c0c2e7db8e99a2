import { DuplicateScanState as States } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { checkPage } from '../../../graphql/pages.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { CANDIDATE_CODES } from '../errors.ts';
import { cancelScan, startScan } from '../scan.ts';

const DuplicateScanState = builder.enumType(States, {
  name: 'DuplicateScanState',
  description: 'INDEXING: profiles are read. COMPARING: candidates are looked for.',
});

builder.prismaNode('DuplicateScan', {
  description: 'A comparison of all customers. Changed customers are compared without one.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    state: t.expose('state', { type: DuplicateScanState, nullable: false }),
    customersCount: t.exposeInt('customersTotal', { nullable: false, description: 'When it began.' }),
    indexedCount: t.exposeInt('indexedCount', { nullable: false }),
    comparedCount: t.exposeInt('comparedCount', { nullable: false }),
    progress: t.float({
      nullable: false,
      description: 'From 0 to 1.',
      select: { state: true, customersTotal: true, indexedCount: true, comparedCount: true },
      resolve: ({ state, customersTotal, indexedCount, comparedCount }) =>
        state === 'DONE' ? 1 : Math.min(1, (indexedCount + comparedCount) / Math.max(1, 2 * customersTotal)),
    }),
    startedBy: t.exposeString('startedBy', { nullable: false }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
});

const DuplicateScanUserError = userErrorType('DuplicateScanUserError', CANDIDATE_CODES);

const scanned = (name: string) =>
  payloadType<{ scanId: string }>(name, DuplicateScanUserError, (t) => ({
    duplicateScan: t.prismaField({
      type: 'DuplicateScan',
      nullable: true,
      resolve: (query, { scanId }, _args, { app }) =>
        scanId ? app.backend.database.read.duplicateScan.findUnique({ ...query, where: { id: scanId } }) : null,
    }),
  }));

const DuplicateScanStartPayload = scanned('DuplicateScanStartPayload');
const DuplicateScanCancelPayload = scanned('DuplicateScanCancelPayload');

builder.queryFields((t) => ({
  duplicateScans: t.prismaConnection(
    {
      type: 'DuplicateScan',
      cursor: 'id',
      nullable: false,
      description: 'Scans under way and past, newest first.',
      authScopes: { staff: 'customers:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.duplicateScan.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'DuplicateScanConnection' },
    { name: 'DuplicateScanEdge' },
  ),
}));

builder.mutationFields((t) => ({
  duplicateScanStart: t.field({
    type: DuplicateScanStartPayload,
    nullable: false,
    description: 'Begins to compare all customers, in the background. While a scan is under way, answers with that one.',
    authScopes: { staff: 'duplicates:write' },
    resolve: (_root, args, context, info) => settleSql(context, info, args, startScan),
  }),
  duplicateScanCancel: t.field({
    type: DuplicateScanCancelPayload,
    nullable: false,
    description: 'Ends a scan under way; what it has found stays.',
    authScopes: { staff: 'duplicates:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => cancelScan(tx, idOf(args.id, 'DuplicateScan'))),
  }),
}));
