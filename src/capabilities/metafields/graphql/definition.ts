import { MetafieldCustomerAccess } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery } from '../../../graphql/keyset.ts';
import { queryOf, READS, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { settle } from '../../../graphql/settle.ts';
import { createDefinition, deleteDefinition, updateDefinition } from '../define.ts';
import { DEFINITION_CODES } from '../errors.ts';
import type { Validation } from '../validations.ts';
import { METAFIELD_TYPES } from '../values.ts';

export const OwnerType = builder.enumType('MetafieldOwnerType', { description: 'What can have metafields here.', values: ['CUSTOMER'] });

const CustomerAccess = builder.enumType(MetafieldCustomerAccess, {
  name: 'MetafieldCustomerAccountAccess',
  description: 'What a customer may do with her own value: nothing, read it, or write it too.',
});

const ValidationType = builder.objectRef<Validation>('MetafieldDefinitionValidation').implement({
  fields: (t) => ({ name: t.exposeString('name', { nullable: false }), value: t.exposeString('value', { nullable: true }) }),
});

const AccessType = builder.objectRef<{ customerAccess: MetafieldCustomerAccess }>('MetafieldAccess').implement({
  fields: (t) => ({ customerAccount: t.expose('customerAccess', { type: CustomerAccess, nullable: false }) }),
});

const PagesType = builder.objectRef<{ onAccountPage: boolean; atSignUp: boolean }>('MetafieldDefinitionPages').implement({
  description: 'Where the gateway’s own pages show a value.',
  fields: (t) => ({
    account: t.exposeBoolean('onAccountPage', { nullable: false, description: 'On the account page.' }),
    signUp: t.exposeBoolean('atSignUp', { nullable: false, description: 'Asked for when a customer signs in there for the first time.' }),
  }),
});

const TypeType = builder.objectRef<{ type: string }>('MetafieldDefinitionType').implement({
  fields: (t) => ({ name: t.exposeString('type', { nullable: false }) }),
});

const Definition = builder.prismaNode('MetafieldDefinition', {
  description: 'What values under a namespace and key are, and who may see and write them.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true },
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    namespace: t.exposeString('namespace', { nullable: false }),
    key: t.exposeString('key', { nullable: false }),
    name: t.exposeString('name', { nullable: false, description: 'For people.' }),
    description: t.exposeString('description', { nullable: true }),
    type: t.field({ type: TypeType, nullable: false, select: { type: true }, resolve: ({ type }) => ({ type }) }),
    ownerType: t.field({ type: OwnerType, nullable: false, resolve: () => 'CUSTOMER' as const }),
    validations: t.field({
      type: [ValidationType],
      nullable: false,
      select: { validations: true },
      resolve: ({ validations }) => validations as unknown as Validation[],
    }),
    access: t.field({ type: AccessType, nullable: false, select: { customerAccess: true }, resolve: (definition) => definition }),
    pages: t.field({
      type: PagesType,
      nullable: false,
      select: { onAccountPage: true, atSignUp: true },
      resolve: (definition) => definition,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

const IdentifierInput = builder.inputType('MetafieldDefinitionIdentifierInput', {
  fields: (t) => ({
    ownerType: t.field({ type: OwnerType, required: true }),
    namespace: t.string({ required: true }),
    key: t.string({ required: true }),
  }),
});

builder.queryFields((t) => ({
  metafieldDefinition: t.field({
    type: Definition,
    extensions: READS,
    description: 'The definition of a namespace and key.',
    authScopes: { staff: 'customers:read' },
    args: { identifier: t.arg({ type: IdentifierInput, required: true }) },
    resolve: (_root, { identifier: { namespace, key } }, context, info) =>
      context.app.backend.database.read.metafieldDefinition.findUnique({ ...queryOf(context, info), where: { namespace_key: { namespace, key } } }),
  }),
  metafieldDefinitions: t.connection(
    {
      type: Definition,
      nullable: false,
      extensions: readsConnectionOf('MetafieldDefinition'),
      description: 'All definitions, oldest first, or those of a namespace.',
      authScopes: { staff: 'customers:read' },
      args: {
        ownerType: t.arg({ type: OwnerType, required: true }),
        namespace: t.arg.string(),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const where = args.namespace ? { namespace: args.namespace } : {};
        const { select: _columns, ...page } = keysetQuery(BY_ID, args, where, { id: true }, wantedBy(info));
        const rows = await context.app.backend.database.read.metafieldDefinition.findMany({ ...queryOf(context, info), ...page });
        return keysetConnection(BY_ID, args, rows);
      },
    },
    { name: 'MetafieldDefinitionConnection' },
    { name: 'MetafieldDefinitionEdge' },
  ),
}));

const ValidationInput = builder.inputType('MetafieldDefinitionValidationInput', {
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '`min`, `max`, `regex`, `choices`, `max_precision`, `allowed_domains`, `scale_min`, `scale_max`, `list.min`, `list.max`, by type.',
    }),
    value: t.string({ required: true, description: 'As text; `choices` and `allowed_domains` are JSON lists of texts.' }),
  }),
});

const AccessInput = builder.inputType('MetafieldAccessInput', { fields: (t) => ({ customerAccount: t.field({ type: CustomerAccess }) }) });

const PagesInput = builder.inputType('MetafieldDefinitionPagesInput', {
  fields: (t) => ({
    account: t.boolean({ description: 'On the account page; the customer needs READ to see it there and READ_WRITE to change it.' }),
    signUp: t.boolean({ description: 'Asked for at the first sign-in; the customer needs READ_WRITE.' }),
  }),
});

const identity = { namespace: 'At least 3 characters.', key: 'At least 2 characters.' };

const DefinitionInput = builder.inputType('MetafieldDefinitionInput', {
  fields: (t) => ({
    ownerType: t.field({ type: OwnerType, required: true }),
    namespace: t.string({ required: true, description: identity.namespace }),
    key: t.string({ required: true, description: identity.key }),
    name: t.string({ required: true }),
    description: t.string(),
    type: t.string({ required: true, description: METAFIELD_TYPES.join(', ') }),
    validations: t.field({ type: [ValidationInput] }),
    access: t.field({ type: AccessInput, description: 'NONE when absent: for staff alone.' }),
    pages: t.field({ type: PagesInput }),
  }),
});

const DefinitionUpdateInput = builder.inputType('MetafieldDefinitionUpdateInput', {
  description: 'What is named is changed; the type is not.',
  fields: (t) => ({
    ownerType: t.field({ type: OwnerType, required: true }),
    namespace: t.string({ required: true }),
    key: t.string({ required: true }),
    name: t.string(),
    description: t.string(),
    validations: t.field({ type: [ValidationInput], description: 'Replaces the rules there are; what is kept already stays.' }),
    access: t.field({ type: AccessInput }),
    pages: t.field({ type: PagesInput }),
  }),
});

const written = (name: string, field: string) =>
  payloadType<{ definitionId: string }>(name, userErrorType(name.replace('Payload', 'UserError'), DEFINITION_CODES), (t) => ({
    [field]: t.prismaField({
      type: 'MetafieldDefinition',
      resolve: (query, { definitionId }, _args, { app }) =>
        definitionId ? app.backend.database.read.metafieldDefinition.findUnique({ ...query, where: { id: definitionId } }) : null,
    }),
  }));

const CreatePayload = written('MetafieldDefinitionCreatePayload', 'createdDefinition');
const UpdatePayload = written('MetafieldDefinitionUpdatePayload', 'updatedDefinition');
const DeletePayload = payloadType<{ deletedDefinitionId: string }>(
  'MetafieldDefinitionDeletePayload',
  userErrorType('MetafieldDefinitionDeleteUserError', DEFINITION_CODES),
  (t) => ({
    deletedDefinitionId: t.globalID({ nullable: true, resolve: ({ deletedDefinitionId: id }) => (id ? { type: 'MetafieldDefinition', id } : null) }),
  }),
);

builder.mutationFields((t) => ({
  metafieldDefinitionCreate: t.field({
    type: CreatePayload,
    description: 'Says what values under a namespace and key are.',
    authScopes: { staff: 'settings:write' },
    args: { definition: t.arg({ type: DefinitionInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { access, ownerType: _owner, ...definition } = args.definition;
      return settle(context, info, args, (tx) => createDefinition(tx, { ...definition, customerAccess: access?.customerAccount ?? null }));
    },
  }),
  metafieldDefinitionUpdate: t.field({
    type: UpdatePayload,
    authScopes: { staff: 'settings:write' },
    args: { definition: t.arg({ type: DefinitionUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { access, ownerType: _owner, ...definition } = args.definition;
      return settle(context, info, args, (tx) => updateDefinition(tx, { ...definition, customerAccess: access?.customerAccount ?? null }));
    },
  }),
  metafieldDefinitionDelete: t.field({
    type: DeletePayload,
    description: 'Deletes a definition. Its values stay for staff alone unless they are to be deleted too.',
    authScopes: { staff: 'settings:write' },
    args: { id: t.arg.id({ required: true }), deleteAllAssociatedMetafields: t.arg.boolean({ defaultValue: false }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => deleteDefinition(tx, idOf(args.id, 'MetafieldDefinition'), args.deleteAllAssociatedMetafields ?? false)),
  }),
}));
