import { parsePrismaCursor } from '@pothos/plugin-prisma';
import type { Database, Prisma } from '../../../db/client.ts';
import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { beyond, cursorOf, keysetConnection, pageQuery, type SortColumn } from '../../../graphql/keyset.ts';
import { checkPage, refusingRead, refusingReads } from '../../../graphql/pages.ts';
import { queryOf, READS, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { findingOf, inTime } from '../find.ts';
import { livingCustomer } from '../living.ts';
import { customerSearch } from '../search.ts';
import { findIdentified } from '../set.ts';
import { Customer } from './customer.ts';

const ID = { name: 'id' };
const SORTS: Record<string, readonly SortColumn[]> = {
  CREATED_AT: [{ name: 'createdAt' }, ID],
  ID: [ID],
  NAME: [{ name: 'lastName', nullable: true }, { name: 'firstName', nullable: true }, ID],
  UPDATED_AT: [{ name: 'updatedAt' }, ID],
};

/** What comes after the cursor's customer in that direction; the order's other columns are read from it, so that cursors hold no names. */
const beyondCursor = async ({ app }: Context, columns: readonly SortColumn[], id: string, direction: Prisma.SortOrder): Promise<object> => {
  if (columns.length === 1) return beyond(columns, direction, [id]);
  const row = await app.backend.database.read.customer.findUnique({
    where: { id },
    select: { id: true, lastName: true, firstName: true, createdAt: true, updatedAt: true },
  });
  if (!row) throw badInput('The customer of this cursor is gone: begin the list again.');
  return beyond(
    columns,
    direction,
    columns.map(({ name }) => row[name as keyof typeof row]),
  );
};

interface Counted {
  readonly totalCount: () => Promise<number>;
}

const idInCursor = (cursor: string): string => parsePrismaCursor(cursor) as unknown as string;

const CustomerSortKeys = builder.enumType('CustomerSortKeys', { values: Object.keys(SORTS) as ['ID'] });

const CustomerIdentifierInput = builder.inputType('CustomerIdentifierInput', {
  isOneOf: true,
  fields: (t) => ({ id: t.id(), emailAddress: t.string(), phoneNumber: t.string() }),
});

builder.queryFields((t) => ({
  customer: t.field({
    type: Customer,
    extensions: READS,
    description: 'The signed-in customer; staff name one by `id`.',
    authScopes: { signedIn: true, staff: 'customers:read' },
    args: { id: t.arg.id() },
    resolve: (_root, { id }, context, info) => {
      const { app, viewer } = context;
      const wanted = id ? idOf(id, 'Customer') : viewer.kind === 'customer' ? viewer.customerId : null;
      return wanted ? found(app.backend.database, wanted, queryOf(context, info)) : null;
    },
  }),
  customers: t.connection(
    {
      type: Customer,
      nullable: false,
      extensions: readsConnectionOf('Customer'),
      description: 'Customers, searched and sorted.',
      authScopes: { staff: 'customers:read' },
      args: {
        query: t.arg.string({ description: 'Shopify’s search syntax: `tag:vip -country:DE "Anna Holm"`.' }),
        sortKey: t.arg({ type: CustomerSortKeys, defaultValue: 'ID' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        checkPage(args);
        const search = refusingRead(context, info, () => customerSearch(args.query));
        const { database } = context.app.backend;
        const { read, where, counted } = args.query
          ? await refusingReads(context, info, () => findingOf(database, search))
          : { read: database.read, where: { deletedAt: null }, counted: { deletedAt: null } };
        const columns = SORTS[args.sortKey ?? 'ID'] ?? [ID];
        const at = cursorOf(args);
        const rest = at ? await beyondCursor(context, columns, idInCursor(at.cursor), at.direction) : {};
        const page = pageQuery(columns, args, { AND: [where, rest] }, wantedBy(info));
        const rows = await refusingReads(context, info, () => inTime(() => read.customer.findMany({ ...queryOf(context, info), ...page })));
        const { plain } = database.searches;
        const totalCount = () => refusingReads(context, info, () => inTime(() => (args.query ? plain : read).customer.count({ where: counted })));
        return Object.assign(keysetConnection([ID], args, rows), { totalCount });
      },
    },
    {
      name: 'CustomerConnection',
      fields: (c) => ({ totalCount: c.int({ nullable: false, resolve: (page) => (page as unknown as Counted).totalCount() }) }),
    },
    { name: 'CustomerEdge' },
  ),
  customerByIdentifier: t.field({
    type: Customer,
    extensions: READS,
    description: 'The customer with this id, e-mail address or phone number.',
    authScopes: { staff: 'customers:read' },
    args: { identifier: t.arg({ type: CustomerIdentifierInput, required: true }) },
    resolve: async (_root, { identifier }, context, info) => {
      const { sql, read } = context.app.backend.database;
      const id = await findIdentified(
        { sql },
        { id: identifier.id ? idOf(identifier.id, 'Customer') : null, email: identifier.emailAddress, phone: identifier.phoneNumber },
      );
      return id ? read.customer.findUnique({ ...queryOf(context, info), where: { id } }) : null;
    },
  }),
}));

/** A customer by her id, or by that of a profile that was merged into hers. */
const found = async ({ read, sql }: Database, id: string, query: { select?: never }) => {
  const customer = await read.customer.findFirst({ ...query, where: { id, deletedAt: null } });
  if (customer) return customer;
  const living = await livingCustomer({ sql }, id);
  return living && living !== id ? read.customer.findFirst({ ...query, where: { id: living, deletedAt: null } }) : null;
};
