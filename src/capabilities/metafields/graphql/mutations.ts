import { hasScope, type Viewer } from '../../../core/viewer.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, type UserError, userErrorType } from '../../../graphql/errors.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { deleteMetafields, type OwnedIdentifier } from '../delete.ts';
import { DELETE_CODES, SET_CODES } from '../errors.ts';
import { setMetafields, type Writer } from '../set.ts';
import { OwnerType } from './definition.ts';
import { Metafield } from './metafield.ts';

const SetInput = builder.inputType('MetafieldsSetInput', {
  fields: (t) => ({
    ownerId: t.id({ required: true, description: 'The customer.' }),
    namespace: t.string({ required: true }),
    key: t.string({ required: true }),
    value: t.string({ required: true, description: 'As text; lists and objects as JSON.' }),
    type: t.string({ description: 'Needed where there is no definition.' }),
    compareDigest: t.string({ description: 'Of the value that is to be replaced; null: there is to be none yet. Absent: whatever is there.' }),
  }),
});

const IdentifierInput = builder.inputType('MetafieldIdentifierInput', {
  fields: (t) => ({ ownerId: t.id({ required: true }), namespace: t.string({ required: true }), key: t.string({ required: true }) }),
});

const Identifier = builder.objectRef<OwnedIdentifier>('MetafieldIdentifier').implement({
  fields: (t) => ({
    ownerId: t.id({ nullable: false, resolve: ({ customerId }) => encodeGid('Customer', customerId) }),
    ownerType: t.field({ type: OwnerType, nullable: false, resolve: () => 'CUSTOMER' as const }),
    namespace: t.exposeString('namespace', { nullable: false }),
    key: t.exposeString('key', { nullable: false }),
  }),
});

const elementIndexOf = ({ field }: UserError): number | null => (field?.[0] === 'metafields' && field[1] !== undefined ? Number(field[1]) : null);

const SetUserError = userErrorType('MetafieldsSetUserError', SET_CODES);
const DeleteUserError = userErrorType('MetafieldsDeleteUserError', DELETE_CODES);
for (const error of [SetUserError, DeleteUserError]) {
  builder.objectField(error, 'elementIndex', (t) =>
    t.int({ nullable: true, description: 'The place in the list of what is at fault.', resolve: elementIndexOf }),
  );
}

const SetPayload = payloadType<{ metafieldIds: string[] }>('MetafieldsSetPayload', SetUserError, (t) => ({
  metafields: t.field({
    type: [Metafield],
    nullable: true,
    resolve: async ({ metafieldIds }, _args, { app }) => {
      if (!metafieldIds) return null;
      const rows = await app.backend.database.prisma.customerMetafield.findMany({
        where: { id: { in: metafieldIds } },
        include: { definition: true },
      });
      return metafieldIds.flatMap((id) => rows.filter((row) => row.id === id)) as never;
    },
  }),
}));

const DeletePayload = payloadType<{ deleted: (OwnedIdentifier | null)[] }>('MetafieldsDeletePayload', DeleteUserError, (t) => ({
  deletedMetafields: t.field({
    type: [Identifier],
    nullable: { list: true, items: true },
    description: 'In the order of the list; null for what was not there.',
    resolve: ({ deleted }) => deleted ?? null,
  }),
}));

/** Who writes, when every owner is herself or a staff token may write. Throws FORBIDDEN. */
const writerOf = (viewer: Viewer, customerIds: readonly string[]): Writer => {
  if (hasScope(viewer, 'customers:write')) return 'staff';
  if (viewer.kind === 'customer' && customerIds.every((id) => id === viewer.customerId)) return 'customer';
  throw unauthorized(viewer);
};

const owned = <Input extends { ownerId: string | number }>(inputs: readonly Input[]) =>
  inputs.map(({ ownerId, ...input }) => ({ ...input, customerId: idOf(String(ownerId), 'Customer') }));

builder.mutationFields((t) => ({
  metafieldsSet: t.field({
    type: SetPayload,
    description: 'Keeps values for customers, at most 25 at once, all of them or none. A customer writes her own, where the definition lets her.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { metafields: t.arg({ type: [SetInput], required: true }) },
    resolve: (_root, args, context, info) => {
      const inputs = owned(args.metafields);
      const writer = writerOf(
        context.viewer,
        inputs.map(({ customerId }) => customerId),
      );
      return settle(context, info, args, (tx) => setMetafields(tx, inputs, writer));
    },
  }),
  metafieldsDelete: t.field({
    type: DeletePayload,
    description: 'Takes values from customers, at most 25 at once, all of them or none.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { metafields: t.arg({ type: [IdentifierInput], required: true }) },
    resolve: (_root, args, context, info) => {
      const identifiers = owned(args.metafields);
      const writer = writerOf(
        context.viewer,
        identifiers.map(({ customerId }) => customerId),
      );
      return settle(context, info, args, (tx) => deleteMetafields(tx, identifiers, writer));
    },
  }),
}));
