import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '../../../core/events.ts';
import { hasScope } from '../../../core/viewer.ts';
import { badInput, unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { type Look, live } from '../../../graphql/live.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, READS } from '../../../graphql/query.ts';
import { type FeedEvent, type FeedPosition, feedAfter, feedCursor, feedEnd, feedPosition } from '../feed.ts';
import { allTransactionsSearch } from '../search.ts';
import { StoreCreditAccount } from './account.ts';
import { accountOf, type Update } from './live.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

const SCOPE = 'store_credit:read';
/** How soon to look again for what waits for an older transaction: nobody announces that one's end. */
const WAITING_MS = 50;

interface FeedUpdate {
  readonly cursor: string;
  /** Null: the place where the reader begins. */
  readonly update: Update | null;
}

const TransactionUpdate = builder.objectRef<FeedUpdate>('StoreCreditTransactionUpdate').implement({
  description: 'A transaction of the shop, and its account as it left it.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { nullable: false, description: 'Give it as `after` to go on behind it.' }),
    transaction: t.field({
      type: StoreCreditAccountTransaction,
      extensions: READS,
      description: 'Null in the first message, which tells where the reader begins.',
      resolve: ({ update }, _args, context, info) =>
        update?.change?.transactionId
          ? context.app.backend.database.read.storeCreditTransaction.findUnique({
              ...queryOf(context, info),
              where: { id: update.change.transactionId },
            })
          : null,
    }),
    account: t.field({
      type: StoreCreditAccount,
      extensions: READS,
      description: 'As the transaction left it, with the version that it made.',
      resolve: ({ update }, _args, context, info) => (update ? accountOf(update, queryOf(context, info), context) : null),
    }),
  }),
});

/** The transactions of these events that the search means, in their order. */
const found = async ({ app }: Context, cluster: string, events: readonly FeedEvent[], where: object): Promise<FeedUpdate[]> => {
  const rows = await app.backend.database.read.storeCreditTransaction.findMany({
    where: { AND: [where, { id: { in: events.map(({ transactionId }) => transactionId) } }] },
    select: { id: true, accountId: true, version: true, balanceAfterMinor: true, availableAfterMinor: true, heldAfterMinor: true },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return events.flatMap(({ number, id, transactionId }) => {
    const row = byId.get(transactionId);
    if (!row) return [];
    const { accountId, version, balanceAfterMinor: balanceMinor, availableAfterMinor: availableMinor, heldAfterMinor } = row;
    const change = { transactionId, changeId: null, version, balanceMinor, availableMinor, heldAfterMinor };
    return [{ cursor: feedCursor({ cluster, number, id }), update: { accountId, change } }];
  });
};

const transactionsAfter = (context: Context, start: FeedPosition, where: object, isNew: boolean) => {
  const { sql } = context.app.backend.database;
  let at = start;
  let isFirst = isNew;
  return async (): Promise<Look<FeedUpdate>> => {
    if (isFirst) {
      isFirst = false;
      return { items: [{ cursor: feedCursor(at), update: null }], more: true };
    }
    const { events, isMore, hasLater } = await feedAfter(sql, at);
    const last = events.at(-1);
    if (last) at = { cluster: at.cluster, number: last.number, id: last.id };
    const items = events.length > 0 ? await found(context, at.cluster, events, where) : [];
    if (hasLater && !isMore) await sleep(WAITING_MS);
    return { items, more: isMore || hasLater };
  };
};

builder.subscriptionFields((t) => ({
  storeCreditTransactions: t.field({
    type: TransactionUpdate,
    nullable: false,
    description:
      'The shop’s transactions as they are made, each exactly once: those of an account in their order, and all in one order that never changes. After a break, `after` resumes without gap or repeat.',
    authScopes: { staff: SCOPE },
    args: {
      query: t.arg.string({
        description: 'As of the query of this name: `customer_id`, `currency_code:EUR`, `event:order_payment`, `type:debit`, `account_id`, …',
      }),
      after: t.arg.string({
        description: 'The last `cursor` that was seen; absent: what is made from now on, and perhaps the last that was made before.',
      }),
    },
    subscribe: async (_root, { query, after }, context) => {
      if (!hasScope(context.viewer, SCOPE)) throw unauthorizedWithout(context.viewer, SCOPE);
      const where = refusing(() => allTransactionsSearch(query));
      const end = await feedEnd(context.app.backend.database.sql);
      const start = after == null ? end : cursorIn(after, end);
      return live(context, topics.storeCreditTransactions, transactionsAfter(context, start, where, after == null));
    },
    resolve: (update, _args, context) => {
      context.loaders = null;
      return update;
    },
  }),
}));

const cursorIn = (after: string, end: FeedPosition): FeedPosition => {
  try {
    return feedPosition(after, end);
  } catch {
    throw badInput('`after` is not a cursor of this subscription, or the database was restored since. Begin without it.');
  }
};
