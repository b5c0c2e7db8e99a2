import { topics } from '../../../core/events.ts';
import { hasScope } from '../../../core/viewer.ts';
import type { StoreCreditBulkIssueRowState as RowStates, StoreCreditBulkIssueState as States } from '../../../db/generated/enums.ts';
import { badInput, unauthorizedWithout } from '../../../graphql/access.ts';
import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, counterColumn, keysetConnection, keysetQuery, nodesOf } from '../../../graphql/keyset.ts';
import { live } from '../../../graphql/live.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, READS, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import { type BulkTotal, loadBulkTotals } from '../bulk-issue.ts';
import { BULK_ROW_CODES } from '../errors.ts';
import { bulkIssueSearch, bulkRowSearch } from '../search.ts';
import { attributesOf } from './about.ts';
import { Credit, StoreCreditSystemEvent } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;
const PLACE = [counterColumn('place')];

const State = builder.enumType('StoreCreditBulkIssueState', {
  values: {
    CHECKING: { description: 'Each row is tried out against the ledger’s rules; nothing is given.' },
    CHECKED: { description: 'It can be started.' },
    AWAITING_APPROVAL: { description: 'It was started, and its sum needs a second member of staff.' },
    ISSUING: { description: 'What passed is given.' },
    ISSUED: { description: 'Done.' },
    CANCELLED: { description: 'It was ended; what was given by then stays given.' },
    UNDOING: { description: 'What is left of each credit is taken back.' },
    UNDONE: { description: 'All that was free was taken back.' },
  } satisfies Record<States, object>,
});

const RowState = builder.enumType('StoreCreditBulkIssueRowState', {
  values: {
    PENDING: { description: 'Not checked yet.' },
    READY: { description: 'It passed the check and is not given yet.' },
    REFUSED: { description: '`code` says why.' },
    ISSUED: { description: 'It was given.' },
  } satisfies Record<RowStates, object>,
});

const RowCode = builder.enumType('StoreCreditBulkIssueRowCode', { values: BULK_ROW_CODES });

const Row = builder.prismaObject('StoreCreditBulkIssueRow', {
  description: 'What one customer is to get, and what became of it.',
  select: { issueId: true, place: true },
  authScopes: STAFF,
  fields: (t) => {
    const amount = (column: 'amountMinor' | 'reversedMinor' | 'spentMinor' | 'movedMinor' | 'expiredMinor' | 'heldMinor', description: string) =>
      t.field({
        type: MoneyV2,
        nullable: false,
        description,
        select: { [column]: true, currency: true } as { amountMinor: true; currency: true },
        resolve: (row) => ({ amountMinor: row[column as 'amountMinor'], currency: row.currency }),
      });
    return {
      position: t.field({
        type: 'UnsignedInt64',
        nullable: false,
        description: 'From 1, as the list was given; of a search by the customers’ ids.',
        resolve: ({ place }) => place,
      }),
      customer: t.relation('customer', { nullable: true, description: 'Null where nobody was found.' }),
      amount: amount('amountMinor', 'What she is to get.'),
      state: t.expose('state', { type: RowState, nullable: false }),
      code: t.field({
        type: RowCode,
        nullable: true,
        description: 'Why it is refused.',
        select: { code: true },
        resolve: ({ code }) => code as (typeof BULK_ROW_CODES)[number] | null,
      }),
      message: t.string({
        nullable: true,
        description: 'The same as a sentence.',
        select: { code: true },
        resolve: ({ code }, _args, context, info) => (code ? messageOf(code, {}, languageOfOperation(info, context)) : null),
      }),
      transaction: t.relation('transaction', { type: Credit, nullable: true, description: 'The credit that was given.' }),
      reversedAmount: amount('reversedMinor', 'What an undo took back.'),
      spentAmount: amount('spentMinor', 'What the last undo found spent, or taken back by other hands.'),
      movedAmount: amount('movedMinor', 'What it found moved to another account, by a transfer or a merge.'),
      expiredAmount: amount('expiredMinor', 'What it found run out.'),
      heldAmount: amount('heldMinor', 'What it left, since it is held: undo again when the holds have ended.'),
    };
  },
});

const Total = builder.objectRef<BulkTotal>('StoreCreditBulkIssueTotal').implement({
  description: 'Sums of the rows in one currency.',
  fields: (t) => {
    const amount = (name: keyof BulkTotal & `${string}Minor`, description?: string) =>
      t.field({
        type: MoneyV2,
        nullable: false,
        ...(description ? { description } : {}),
        resolve: (total) => ({ amountMinor: BigInt(total[name]), currency: total.currency }),
      });
    return {
      currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
      rowsCount: t.exposeInt('rowsCount', { nullable: false }),
      amount: amount('rowsMinor', 'Of all rows.'),
      readyCount: t.exposeInt('readyCount', { nullable: false, description: 'That passed the check.' }),
      readyAmount: amount('readyMinor'),
      refusedCount: t.exposeInt('refusedCount', { nullable: false, description: 'By the check, or when it was to be given.' }),
      refusedAmount: amount('refusedMinor'),
      issuedCount: t.exposeInt('issuedCount', { nullable: false }),
      issuedAmount: amount('issuedMinor', 'What was given. After an undo: reversed, spent, moved, expired and held, which add up to it.'),
      reversedAmount: amount('reversedMinor'),
      spentAmount: amount('spentMinor'),
      movedAmount: amount('movedMinor'),
      expiredAmount: amount('expiredMinor'),
      heldAmount: amount('heldMinor'),
    };
  },
});

const totalsOf = async (context: Context, id: string): Promise<BulkTotal[]> =>
  (await loaderOf(context, 'store-credit/bulk-totals', (ids) => loadBulkTotals(context.app.backend.database.sql, ids)).load(id)) ?? [];

const PROGRESS = { id: true, state: true, cursor: true, lastPlace: true } as const;

/** Rows that the present state has done, or all of them when it is through; what was cancelled has done what has an outcome. */
const processed = async (
  context: Context,
  { id, state, cursor, lastPlace }: { id: string; state: States; cursor: bigint; lastPlace: bigint },
): Promise<number> => {
  if (state === 'CHECKING' || state === 'ISSUING' || state === 'UNDOING') return Number(cursor);
  if (state !== 'CANCELLED') return Number(lastPlace);
  return (await totalsOf(context, id)).reduce((sum, { issuedCount, refusedCount }) => sum + issuedCount + refusedCount, 0);
};

export const BulkIssue = builder.prismaNode('StoreCreditBulkIssue', {
  description: 'Credit for many customers at once. Whom it is for, and how much each gets, is fixed when it is made.',
  id: { field: 'id' },
  nullable: true,
  authScopes: STAFF,
  fields: (t) => ({
    state: t.expose('state', { type: State, nullable: false }),
    name: t.exposeString('name', { nullable: true }),
    query: t.exposeString('query', { nullable: true, description: 'The search by which the customers were found.' }),
    rowsCount: t.int({ nullable: false, select: { lastPlace: true }, resolve: ({ lastPlace }) => Number(lastPlace) }),
    processedCount: t.int({
      nullable: false,
      description: 'Rows that are done: checked, given or taken back, whatever its state is about.',
      select: PROGRESS,
      resolve: (issue, _args, context) => processed(context, issue),
    }),
    progress: t.float({
      nullable: false,
      description: 'The same from 0 to 1.',
      select: PROGRESS,
      resolve: async (issue, _args, context) => (await processed(context, issue)) / Math.max(1, Number(issue.lastPlace)),
    }),
    totals: t.field({
      type: [Total],
      nullable: false,
      description: 'By currency.',
      select: { id: true },
      resolve: ({ id }, _args, context) => totalsOf(context, id),
    }),
    rows: t.connection(
      {
        type: Row,
        nullable: false,
        description: 'What is to become, or became, of each customer.',
        args: {
          query: t.arg.string({ description: '`state:refused`, `code:credit_limit_exceeded`, `currency_code:EUR`, `customer_id`.' }),
          reverse: t.arg.boolean({ defaultValue: false }),
        },
        select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
          const where = refusing(() => bulkRowSearch(args.query));
          return { rows: nested(keysetQuery(PLACE, args, where, { issueId: true, place: true }, wanted), nodesOf('StoreCreditBulkIssueRow')) };
        },
        resolve: ({ rows }, args) => keysetConnection(PLACE, args, rows),
      },
      { name: 'StoreCreditBulkIssueRowConnection' },
      { name: 'StoreCreditBulkIssueRowEdge' },
    ),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
    creditExpiresAt: t.expose('creditExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the credits are to expire, where that was said.',
    }),
    notify: t.exposeBoolean('notify', { nullable: true, description: 'Whether the customers are written to; null: as the shop’s settings have it.' }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF }),
    memo: t.exposeString('memo', { nullable: true }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF }),
    reference: t.exposeString('reference', { nullable: true, authScopes: STAFF }),
    metadata: t.field({
      type: [AttributeType],
      nullable: true,
      authScopes: STAFF,
      select: { metadata: true },
      resolve: ({ metadata }) => attributesOf(metadata),
    }),
    createdBy: t.exposeString('createdBy', { nullable: false, description: '`staff:<token id>`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: false, description: 'From then on it can be neither started nor approved.' }),
    startedBy: t.exposeString('startedBy', { nullable: true }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    approvedBy: t.exposeString('approvedBy', { nullable: true }),
    approvedAt: t.expose('approvedAt', { type: 'DateTime', nullable: true }),
    cancelledBy: t.exposeString('cancelledBy', { nullable: true }),
    undoneBy: t.exposeString('undoneBy', { nullable: true }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
});

builder.queryFields((t) => ({
  storeCreditBulkIssue: t.field({
    type: BulkIssue,
    extensions: READS,
    description: 'A bulk issue by its id.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context, info) =>
      context.app.backend.database.read.storeCreditBulkIssue.findUnique({
        ...queryOf(context, info),
        where: { id: idOf(id, 'StoreCreditBulkIssue') },
      }),
  }),
  storeCreditBulkIssues: t.connection(
    {
      type: BulkIssue,
      nullable: false,
      extensions: readsConnectionOf('StoreCreditBulkIssue'),
      description: 'Credit that was given to many at once, oldest first; `reverse: true` for the newest first.',
      authScopes: STAFF,
      args: { query: t.arg.string({ description: '`state:checked`, `created_at`, `id`.' }), reverse: t.arg.boolean({ defaultValue: false }) },
      resolve: async (_root, args, context, info) => {
        const { select, ...page } = keysetQuery(
          BY_ID,
          args,
          refusing(() => bulkIssueSearch(args.query)),
          { id: true },
          wantedBy(info),
        );
        const asked = queryOf(context, info) as { select?: object };
        const rows = await context.app.backend.database.read.storeCreditBulkIssue.findMany({
          ...(asked.select ? { select: { ...asked.select, ...select } as never } : asked),
          ...page,
        });
        return keysetConnection(BY_ID, args, rows);
      },
    },
    { name: 'StoreCreditBulkIssueConnection' },
    { name: 'StoreCreditBulkIssueEdge' },
  ),
}));

/** Its version when that is another than was told last: several chunks between two looks are told once, as they left it. */
const versionsOf = ({ app }: Context, id: string) => {
  let seen: bigint | null = null;
  return async () => {
    const issue = await app.backend.database.read.storeCreditBulkIssue.findUnique({ where: { id }, select: { version: true } });
    if (!issue || issue.version === seen) return { items: [], more: false };
    seen = issue.version;
    return { items: [{ id }], more: false };
  };
};

builder.subscriptionFields((t) => ({
  storeCreditBulkIssueUpdated: t.prismaField({
    type: BulkIssue,
    nullable: false,
    description: 'A bulk issue as it is, at once and whenever it has got further.',
    authScopes: STAFF,
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, args, context) => {
      // Scopes of the field are asked of each message; the stream itself is nobody else's either.
      if (!hasScope(context.viewer, STAFF.staff)) throw unauthorizedWithout(context.viewer, STAFF.staff);
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      const found = await context.app.backend.database.read.storeCreditBulkIssue.findUnique({ where: { id }, select: { id: true } });
      if (!found) throw badInput('There is no such bulk issue.');
      return live(context, topics.storeCreditBulkIssue(id), versionsOf(context, id)) as never;
    },
    resolve: (query, issue, _args, context) => {
      context.loaders = null;
      return context.app.backend.database.read.storeCreditBulkIssue.findUniqueOrThrow({ ...query, where: { id: (issue as { id: string }).id } });
    },
  }),
}));
