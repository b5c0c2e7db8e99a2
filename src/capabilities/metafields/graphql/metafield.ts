import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { HasMetafields } from '../../../graphql/has-metafields.ts';
import { jsonOf } from '../values.ts';
import { OwnerType } from './definition.ts';

export const Metafield = builder.prismaNode('CustomerMetafield', {
  name: 'Metafield',
  description: 'A value of a customer’s beyond those that every customer has.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true, namespace: true, key: true, definition: { select: { customerAccess: true } } },
  authScopes: ({ customerId, definition }) => ({
    staff: 'customers:read',
    ...(definition && definition.customerAccess !== 'NONE' ? { owner: customerId } : {}),
  }),
  fields: (t) => ({
    namespace: t.exposeString('namespace', { nullable: false }),
    key: t.exposeString('key', { nullable: false }),
    type: t.exposeString('type', { nullable: false }),
    value: t.exposeString('value', { nullable: false, description: 'As text; lists and objects as JSON.' }),
    jsonValue: t.field({
      type: 'JSON',
      nullable: false,
      select: { type: true, value: true },
      resolve: ({ type, value }) => jsonOf(type, value),
    }),
    compareDigest: t.string({
      nullable: false,
      description: 'Give it to `metafieldsSet` to write only over this value.',
      select: { digest: true },
      resolve: ({ digest }) => Buffer.from(digest).toString('hex'),
    }),
    ownerType: t.field({ type: OwnerType, nullable: false, resolve: () => 'CUSTOMER' as const }),
    owner: t.relation('customer', { nullable: true }),
    definition: t.relation('definition', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'For staff only.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

const IdentifierInput = builder.inputType('HasMetafieldsIdentifier', {
  fields: (t) => ({ namespace: t.string({ required: true }), key: t.string({ required: true }) }),
});

/** All of a customer's that the viewer may see, whatever is asked of them: one relation for any number of fields. */
const visible = ({ viewer }: Context) => ({
  where: viewer.kind === 'staff' ? {} : { definition: { is: { customerAccess: { not: 'NONE' as const } } } },
  orderBy: [{ namespace: 'asc' as const }, { key: 'asc' as const }],
  select: { namespace: true, key: true } as const,
});

interface Named {
  readonly namespace: string;
  readonly key: string;
}

const find = <Row extends Named>(rows: readonly Row[], { namespace, key }: Named): Row | null =>
  rows.find((row) => row.namespace === namespace && row.key === key) ?? null;

builder.prismaInterfaceFields(HasMetafields, (t) => ({
  metafield: t.field({
    type: Metafield,
    nullable: true,
    description: 'The value under a namespace and key; null for what is not there or not for its reader.',
    args: { namespace: t.arg.string({ required: true }), key: t.arg.string({ required: true }) },
    select: (_args, context, nested) => ({ metafields: nested(visible(context)) }),
    resolve: ({ metafields }, args) => find(metafields, args) as never,
  }),
  metafields: t.field({
    type: [Metafield],
    nullable: { list: false, items: true },
    description: 'The values under these namespaces and keys, in this order; without `identifiers`, all.',
    args: { identifiers: t.arg({ type: [IdentifierInput] }), namespace: t.arg.string() },
    select: (_args, context, nested) => ({ metafields: nested(visible(context)) }),
    resolve: ({ metafields }, { identifiers, namespace }) =>
      (identifiers
        ? identifiers.map((wanted) => find(metafields, wanted))
        : metafields.filter((row) => !namespace || row.namespace === namespace)) as never,
  }),
}));
