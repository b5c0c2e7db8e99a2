import { builder } from '../../graphql/builder.ts';
import { loaderOf } from '../../graphql/context.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { queryOf, READS, readsConnectionOf, wantedBy } from '../../graphql/query.ts';
import { settle } from '../../graphql/settle.ts';
import { createGroup } from './create.ts';
import { deleteGroup } from './delete.ts';
import { GROUP_CODES, MEMBERS_CODES } from './errors.ts';
import { loadMemberCounts } from './loaders.ts';
import { addMembers, MEMBERS_AT_ONCE_MAX, removeMembers } from './members.ts';
import { updateGroup } from './update.ts';

const Membership = builder.prismaObject('CustomerGroupMember', {
  name: 'CustomerGroupMembership',
  description: 'That a customer is in a group.',
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    name: t.string({ nullable: false, select: { group: { select: { name: true } } }, resolve: ({ group }) => group.name }),
    discountReference: t.string({
      nullable: true,
      description: 'What the shop’s own discounts call the group.',
      select: { group: { select: { discountReference: true } } },
      resolve: ({ group }) => group.discountReference,
    }),
    addedAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    addedBy: t.exposeString('addedBy', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'For staff only.' }),
    customer: t.relation('customer', { nullable: true }),
    group: t.relation('group', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'For staff only.' }),
  }),
});

const Group = builder.prismaNode('CustomerGroup', {
  description: 'Customers whom the shop treats alike.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true },
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, description: 'Once in the shop, whatever its case.' }),
    description: t.exposeString('description', { nullable: true }),
    discountReference: t.exposeString('discountReference', { nullable: true, description: 'What the shop’s own discounts call the group.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    membersCount: t.int({
      nullable: false,
      resolve: async ({ id }, _args, context) =>
        (await loaderOf(context, 'groups/members-count', (ids) => loadMemberCounts(context.app.backend.database.sql, ids)).load(id)) ?? 0,
    }),
    members: t.connection(
      {
        type: Membership,
        nullable: false,
        description: 'In the order of joining.',
        args: { reverse: t.arg.boolean({ defaultValue: false }) },
        select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
          members: nested(keysetQuery(BY_ID, args, {}, { id: true, customerId: true }, wanted), nodesOf('CustomerGroupMembership')),
        }),
        resolve: ({ members }, args) => keysetConnection(BY_ID, args, members),
      },
      { name: 'CustomerGroupMembershipConnection' },
      { name: 'CustomerGroupMembershipEdge' },
    ),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  groups: t.connection(
    {
      type: Membership,
      nullable: false,
      description: 'The groups that the customer is in, in the order of joining.',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
        groupMemberships: nested(keysetQuery(BY_ID, args, {}, { id: true, customerId: true }, wanted), nodesOf('CustomerGroupMembership')),
      }),
      resolve: ({ groupMemberships }, args) => keysetConnection(BY_ID, args, groupMemberships),
    },
    { name: 'CustomerGroupsConnection' },
    { name: 'CustomerGroupsEdge' },
  ),
}));

builder.queryFields((t) => ({
  customerGroup: t.field({
    type: Group,
    extensions: READS,
    description: 'A group by its id.',
    authScopes: { staff: 'customers:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context, info) =>
      context.app.backend.database.read.customerGroup.findUnique({ ...queryOf(context, info), where: { id: idOf(id, 'CustomerGroup') } }),
  }),
  customerGroups: t.connection(
    {
      type: Group,
      nullable: false,
      extensions: readsConnectionOf('CustomerGroup'),
      description: 'All groups, oldest first.',
      authScopes: { staff: 'customers:read' },
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      resolve: async (_root, args, context, info) => {
        const { select: _columns, ...page } = keysetQuery(BY_ID, args, {}, { id: true }, wantedBy(info));
        const rows = await context.app.backend.database.read.customerGroup.findMany({ ...queryOf(context, info), ...page });
        return keysetConnection(BY_ID, args, rows);
      },
    },
    { name: 'CustomerGroupConnection' },
    { name: 'CustomerGroupEdge' },
  ),
}));

const GroupUserError = userErrorType('CustomerGroupUserError', GROUP_CODES);
const MembersUserError = userErrorType('CustomerGroupMembersUserError', MEMBERS_CODES);

const written = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ groupId: string; changedCount: number }>(name, errorType, (t) => ({
    customerGroup: t.prismaField({
      type: 'CustomerGroup',
      resolve: (query, { groupId }, _args, { app }) =>
        groupId ? app.backend.database.read.customerGroup.findUnique({ ...query, where: { id: groupId } }) : null,
    }),
  }));

const CreatePayload = written('CustomerGroupCreatePayload', GroupUserError);
const UpdatePayload = written('CustomerGroupUpdatePayload', GroupUserError);
const DeletePayload = payloadType<{ deletedCustomerGroupId: string }>('CustomerGroupDeletePayload', GroupUserError, (t) => ({
  deletedCustomerGroupId: t.globalID({
    nullable: true,
    resolve: ({ deletedCustomerGroupId: id }) => (id ? { type: 'CustomerGroup', id } : null),
  }),
}));
const AddPayload = written('CustomerGroupAddMembersPayload', MembersUserError);
const RemovePayload = written('CustomerGroupRemoveMembersPayload', MembersUserError);
for (const payload of [AddPayload, RemovePayload]) {
  builder.objectField(payload, 'changedCount', (t) =>
    t.int({ nullable: true, description: 'How many were not so before.', resolve: ({ changedCount }) => changedCount }),
  );
}

const GroupInput = builder.inputType('CustomerGroupInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    description: t.string(),
    discountReference: t.string({ description: 'What the shop’s own discounts call the group.' }),
  }),
});

const GroupUpdateInput = builder.inputType('CustomerGroupUpdateInput', {
  description: 'What is named is changed; null empties.',
  fields: (t) => ({ name: t.string(), description: t.string(), discountReference: t.string() }),
});

builder.mutationFields((t) => {
  const members = {
    id: t.arg.id({ required: true, description: 'The group.' }),
    customerIds: t.arg.idList({ required: true, description: `At most ${MEMBERS_AT_ONCE_MAX} at once.` }),
  };
  const idsOf = (ids: readonly (string | number)[]): string[] => ids.map((id) => idOf(String(id), 'Customer'));
  return {
    customerGroupCreate: t.field({
      type: CreatePayload,
      description: 'Makes a group of customers.',
      authScopes: { staff: 'customers:write' },
      args: { input: t.arg({ type: GroupInput, required: true }) },
      resolve: (_root, args, context, info) => settle(context, info, args, (tx) => createGroup(tx, args.input)),
    }),
    customerGroupUpdate: t.field({
      type: UpdatePayload,
      authScopes: { staff: 'customers:write' },
      args: { id: t.arg.id({ required: true }), input: t.arg({ type: GroupUpdateInput, required: true }) },
      resolve: (_root, args, context, info) => settle(context, info, args, (tx) => updateGroup(tx, idOf(args.id, 'CustomerGroup'), args.input)),
    }),
    customerGroupDelete: t.field({
      type: DeletePayload,
      description: 'Deletes a group, not its members.',
      authScopes: { staff: 'customers:write' },
      args: { id: t.arg.id({ required: true }) },
      resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deleteGroup(tx, idOf(args.id, 'CustomerGroup'))),
    }),
    customerGroupAddMembers: t.field({
      type: AddPayload,
      description: 'Puts customers into a group, all of them or none; who is in it already stays as she was.',
      authScopes: { staff: 'customers:write' },
      args: members,
      resolve: (_root, args, context, info) =>
        settle(context, info, args, (tx) => addMembers(tx, idOf(args.id, 'CustomerGroup'), idsOf(args.customerIds))),
    }),
    customerGroupRemoveMembers: t.field({
      type: RemovePayload,
      description: 'Takes customers out of a group; who is not in it is no error.',
      authScopes: { staff: 'customers:write' },
      args: members,
      resolve: (_root, args, context, info) =>
        settle(context, info, args, (tx) => removeMembers(tx, idOf(args.id, 'CustomerGroup'), idsOf(args.customerIds))),
    }),
  };
});
