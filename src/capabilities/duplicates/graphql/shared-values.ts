import { DuplicateSharedKind as Kinds } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { checkPage } from '../../../graphql/pages.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { SHARED_VALUE_CODES } from '../errors.ts';
import { blockSharedValue, unblockSharedValue } from '../shared-values.ts';

const DuplicateSharedKind = builder.enumType(Kinds, { name: 'DuplicateSharedKind' });

builder.prismaNode('DuplicateSharedValue', {
  description: 'A value that tells nobody apart, as staff said. Values that many customers have count for less without that.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    kind: t.expose('kind', { type: DuplicateSharedKind, nullable: false }),
    value: t.exposeString('label', { nullable: false, description: 'As it was given.' }),
    createdBy: t.exposeString('createdBy', { nullable: false }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
  }),
});

const DuplicateSharedValueUserError = userErrorType('DuplicateSharedValueUserError', SHARED_VALUE_CODES);

const DuplicateSharedValueBlockPayload = payloadType<{ sharedValueId: string }>(
  'DuplicateSharedValueBlockPayload',
  DuplicateSharedValueUserError,
  (t) => ({
    duplicateSharedValue: t.prismaField({
      type: 'DuplicateSharedValue',
      nullable: true,
      resolve: (query, { sharedValueId }, _args, { app }) =>
        sharedValueId ? app.backend.database.read.duplicateSharedValue.findUnique({ ...query, where: { id: sharedValueId } }) : null,
    }),
  }),
);

const DuplicateSharedValueUnblockPayload = payloadType<{ sharedValueId: string }>(
  'DuplicateSharedValueUnblockPayload',
  DuplicateSharedValueUserError,
  (t) => ({
    unblockedDuplicateSharedValueId: t.globalID({
      nullable: true,
      resolve: ({ sharedValueId: id }) => (id ? { type: 'DuplicateSharedValue', id } : null),
    }),
  }),
);

const DuplicateSharedAddressInput = builder.inputType('DuplicateSharedAddressInput', {
  fields: (t) => ({
    address1: t.string({ required: true, description: 'Street and number.' }),
    zip: t.string({ required: true }),
  }),
});

const DuplicateSharedValueInput = builder.inputType('DuplicateSharedValueInput', {
  isOneOf: true,
  fields: (t) => ({
    email: t.string({ description: 'An address, `noreply@` for that name at every host, or `@host` for every address there.' }),
    phone: t.string({ description: 'With its country code.' }),
    address: t.field({ type: DuplicateSharedAddressInput }),
  }),
});

builder.queryFields((t) => ({
  duplicateSharedValues: t.prismaConnection(
    {
      type: 'DuplicateSharedValue',
      cursor: 'id',
      nullable: false,
      description: 'The values that staff blocked, newest first.',
      authScopes: { staff: 'customers:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.duplicateSharedValue.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'DuplicateSharedValueConnection' },
    { name: 'DuplicateSharedValueEdge' },
  ),
}));

builder.mutationFields((t) => ({
  duplicateSharedValueBlock: t.field({
    type: DuplicateSharedValueBlockPayload,
    nullable: false,
    description: 'Says that a value tells nobody apart, such as a company’s phone: it counts for nothing, and whoever has it is compared again.',
    authScopes: { staff: 'duplicates:write' },
    args: { input: t.arg({ type: DuplicateSharedValueInput, required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => blockSharedValue(tx, args.input)),
  }),
  duplicateSharedValueUnblock: t.field({
    type: DuplicateSharedValueUnblockPayload,
    nullable: false,
    description: 'Lets a blocked value count again.',
    authScopes: { staff: 'duplicates:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => unblockSharedValue(tx, idOf(args.id, 'DuplicateSharedValue'))),
  }),
}));
