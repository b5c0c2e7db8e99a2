import type { Prisma } from '../../../db/client.ts';
import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { beyond, opposite, type SortColumn } from '../../../graphql/keyset.ts';
import { checkPage, refusingRead } from '../../../graphql/pages.ts';
import { customerSearch } from '../search.ts';
import { findIdentified } from '../set.ts';

const ID = { name: 'id' };
const SORTS: Record<string, readonly SortColumn[]> = {
  CREATED_AT: [{ name: 'createdAt' }, ID],
  ID: [ID],
  NAME: [{ name: 'lastName', nullable: true }, { name: 'firstName', nullable: true }, ID],
  UPDATED_AT: [{ name: 'updatedAt' }, ID],
};

/** What comes after the cursor's customer in that direction; the order's other columns are read from it, so that cursors hold no names. */
const beyondCursor = async (
  { app }: Context,
  columns: readonly SortColumn[],
  cursor: { id: string },
  direction: Prisma.SortOrder,
): Promise<object> => {
  if (columns.length === 1) return beyond(columns, direction, [cursor.id]);
  const row = await app.backend.database.prisma.customer.findUnique({
    where: cursor,
    select: { id: true, lastName: true, firstName: true, createdAt: true, updatedAt: true },
  });
  if (!row) throw badInput('The customer of this cursor is gone: begin the list again.');
  return beyond(
    columns,
    direction,
    columns.map(({ name }) => row[name as keyof typeof row]),
  );
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
      resolve: async ({ cursor, skip: _skip, ...page }, _root, args, context, info) => {
        checkPage(args);
        const where = living(refusingRead(context, info, () => customerSearch(args.query)));
        const columns = SORTS[args.sortKey ?? 'ID'] ?? [ID];
        const direction = args.reverse ? 'desc' : 'asc';
        const rest = cursor
          ? await beyondCursor(context, columns, cursor as { id: string }, args.before != null ? opposite(direction) : direction)
          : {};
        const orderBy = columns.map(({ name }) => ({ [name]: direction }));
        return context.app.backend.database.prisma.customer.findMany({ ...page, where: { AND: [where, rest] }, orderBy });
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
