import type { Prisma } from '../../../db/client.ts';
import { builder } from '../../../graphql/builder.ts';
import { idOf } from '../../../graphql/gid.ts';
import { checkPage, refusingRead } from '../../../graphql/pages.ts';
import { customerSearch } from '../search.ts';
import { findIdentified } from '../set.ts';

const SORTS: Record<string, (direction: Prisma.SortOrder) => Prisma.CustomerOrderByWithRelationInput[]> = {
  CREATED_AT: (direction) => [{ createdAt: direction }, { id: direction }],
  ID: (direction) => [{ id: direction }],
  NAME: (direction) => [{ lastName: direction }, { firstName: direction }, { id: direction }],
  UPDATED_AT: (direction) => [{ updatedAt: direction }, { id: direction }],
};

const CustomerSortKeys = builder.enumType('CustomerSortKeys', { values: Object.keys(SORTS) as ['ID'] });

const CustomerIdentifierInput = builder.inputType('CustomerIdentifierInput', {
  isOneOf: true,
  fields: (t) => ({ id: t.id(), emailAddress: t.string(), phoneNumber: t.string() }),
});

builder.queryFields((t) => ({
  customer: t.prismaField({
    type: 'Customer',
    description: 'The signed-in customer; staff name one by `id`.',
    authScopes: { signedIn: true, staff: 'customers:read' },
    args: { id: t.arg.id() },
    resolve: (query, _root, { id }, { app, viewer }) => {
      const wanted = id ? idOf(id, 'Customer') : viewer.kind === 'customer' ? viewer.customerId : null;
      return wanted ? app.backend.database.prisma.customer.findFirst({ ...query, where: { id: wanted, deletedAt: null } }) : null;
    },
  }),
  customers: t.prismaConnection(
    {
      type: 'Customer',
      cursor: 'id',
      nullable: false,
      description: 'Customers, searched and sorted.',
      authScopes: { staff: 'customers:read' },
      args: {
        query: t.arg.string({ description: 'Shopify’s search syntax: `tag:vip -country:DE "Anna Holm"`.' }),
        sortKey: t.arg({ type: CustomerSortKeys, defaultValue: 'ID' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      totalCount: (_parent, { query }, context, info) =>
        context.app.backend.database.prisma.customer.count({ where: living(refusingRead(context, info, () => customerSearch(query))) }),
      resolve: (query, _root, args, context, info) => {
        checkPage(args);
        const where = living(refusingRead(context, info, () => customerSearch(args.query)));
        const orderBy = SORTS[args.sortKey ?? 'ID']?.(args.reverse ? 'desc' : 'asc');
        return context.app.backend.database.prisma.customer.findMany({ ...query, where, orderBy });
      },
    },
    { name: 'CustomerConnection' },
    { name: 'CustomerEdge' },
  ),
  customerByIdentifier: t.prismaField({
    type: 'Customer',
    description: 'The customer with this id, e-mail address or phone number.',
    authScopes: { staff: 'customers:read' },
    args: { identifier: t.arg({ type: CustomerIdentifierInput, required: true }) },
    resolve: async (query, _root, { identifier }, { app }) => {
      const { prisma } = app.backend.database;
      const id = await findIdentified(
        { db: prisma },
        { id: identifier.id ? idOf(identifier.id, 'Customer') : null, email: identifier.emailAddress, phone: identifier.phoneNumber },
      );
      return id ? prisma.customer.findUnique({ ...query, where: { id } }) : null;
    },
  }),
}));

const living = (where: Prisma.CustomerWhereInput): Prisma.CustomerWhereInput => ({ deletedAt: null, AND: where });
