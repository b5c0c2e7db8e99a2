import type { News } from '../../../backend/backend.ts';
import { topics } from '../../../core/events.ts';
import { hasScope, isCustomer } from '../../../core/viewer.ts';
import { plainCopy } from '../../../db/read/rows.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { type Look, live } from '../../../graphql/live.ts';
import { queryOf, READS } from '../../../graphql/query.ts';
import { rowsIn, versionIn } from '../news.ts';
import { type AccountAsOf, StoreCreditAccount } from './account.ts';
import { StoreCreditAccountChange } from './hold.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

/** An account as a transaction or a change left it, or as it is now when there is none to tell of. */
export interface Update {
  readonly accountId: string;
  readonly change: {
    /** Exactly one of the two is there. */
    readonly transactionId: string | null;
    readonly changeId: string | null;
    readonly version: bigint;
    readonly balanceMinor: bigint;
    readonly availableMinor: bigint;
    readonly heldAfterMinor: bigint;
  } | null;
  /** What came with the news: what is asked for beyond these columns has to be read. */
  readonly rows?: { readonly account: Row; readonly transaction: Row };
}

type Row = Readonly<Record<string, unknown>>;

const READ_MAX = 100;

/** Whether a row has every column that a selection asks for. */
const covers = (row: Row, select: object): boolean =>
  Object.entries(select).every(([name, wanted]) => {
    const value = row[name];
    if (wanted === true || value === undefined) return value !== undefined;
    const nested = (wanted as { select?: object }).select;
    return nested !== undefined && typeof value === 'object' && value !== null && covers(value as Row, nested);
  });

/** A row of the news where it is enough. */
const enough = (row: Row | undefined, { select }: { select?: object }): never | null =>
  row && select && covers(row, select) ? (row as never) : null;

export const accountOf = async ({ accountId, change }: Update, query: { select?: never }, { app }: Context) => {
  const account = await app.backend.database.read.storeCreditAccount.findUniqueOrThrow({ ...query, where: { id: accountId } });
  if (!change) return account;
  const asOf: AccountAsOf = { availableMinor: change.availableMinor, heldAfterMinor: change.heldAfterMinor };
  return { ...plainCopy(account), balanceMinor: change.balanceMinor, version: change.version, ...asOf };
};

const StoreCreditAccountUpdate = builder.objectRef<Update>('StoreCreditAccountUpdate').implement({
  description: 'An account and the movement that made it so.',
  fields: (t) => ({
    account: t.field({
      type: StoreCreditAccount,
      nullable: false,
      extensions: READS,
      description: 'The account as the transaction left it.',
      resolve: (update, _args, context, info) => {
        const query = queryOf(context, info);
        return enough(update.rows?.account, query) ?? accountOf(update, query, context);
      },
    }),
    transaction: t.field({
      type: StoreCreditAccountTransaction,
      extensions: READS,
      description: 'Null in the first message, which tells the present state, and where `change` tells what happened.',
      resolve: ({ change, rows }, _args, context, info) => {
        const query = queryOf(context, info);
        const { read } = context.app.backend.database;
        return (
          enough(rows?.transaction, query) ??
          (change?.transactionId ? read.storeCreditTransaction.findUnique({ ...query, where: { id: change.transactionId } }) : null)
        );
      },
    }),
    change: t.field({
      type: StoreCreditAccountChange,
      extensions: READS,
      description: 'What moved no money: a hold that was made or ended, an expiry that changed. Null where `transaction` tells what happened.',
      resolve: ({ change }, _args, context, info) =>
        change?.changeId
          ? context.app.backend.database.read.storeCreditChange.findUnique({ ...queryOf(context, info), where: { id: change.changeId } })
          : null,
    }),
  }),
});

/** One update for all who hear the same news. */
const updates = new WeakMap<News, Update>();

/** The update that news of a movement tell of. */
const updateIn = (accountId: string, news: News): Update => {
  const existing = updates.get(news);
  if (existing) return existing;
  const { account, transaction } = rowsIn(accountId, news);
  const { balanceMinor, version, availableMinor, heldAfterMinor } = account;
  const change = { transactionId: transaction.id, changeId: null, balanceMinor, version, availableMinor, heldAfterMinor };
  const update = { accountId, change, rows: { account, transaction } };
  updates.set(news, update);
  return update;
};

/** Throws FORBIDDEN unless the account is there and the viewer's own, or the viewer is staff who may read it. */
const authorise = async ({ app, viewer }: Context, accountId: string): Promise<void> => {
  const account = await app.backend.database.read.storeCreditAccount.findUnique({ where: { id: accountId }, select: { customerId: true } });
  if (!account || !(isCustomer(viewer, account.customerId) || hasScope(viewer, 'store_credit:read'))) throw unauthorized(viewer);
};

/** Every update since a version, each once and in order; when there is none yet, the present state first. */
const updatesOf = ({ app }: Context, accountId: string, after: bigint | null) => {
  const { read } = app.backend.database;
  let seen: bigint | null = null;

  /** Versions have no gaps, so what the two reads found is told up to the first: a commit may have come between them. */
  const changesSince = async (version: bigint): Promise<{ items: Update[]; more: boolean }> => {
    const page = { where: { accountId, version: { gt: version } }, orderBy: { version: 'asc' as const }, take: READ_MAX };
    const columns = { id: true, version: true, balanceAfterMinor: true, availableAfterMinor: true, heldAfterMinor: true } as const;
    const [transactions, changes] = await Promise.all([
      read.storeCreditTransaction.findMany({ ...page, select: columns }),
      read.storeCreditChange.findMany({ ...page, select: columns }),
    ]);
    const found = [
      ...transactions.map((row) => ({ row, transactionId: row.id, changeId: null })),
      ...changes.map((row) => ({ row, transactionId: null, changeId: row.id })),
    ].sort((a, b) => (a.row.version < b.row.version ? -1 : 1));
    const told = found.filter(({ row }, index) => row.version === version + BigInt(index + 1));
    return {
      items: told.map(({ row, transactionId, changeId }) => ({
        accountId,
        change: {
          transactionId,
          changeId,
          version: row.version,
          balanceMinor: row.balanceAfterMinor,
          availableMinor: row.availableAfterMinor,
          heldAfterMinor: row.heldAfterMinor,
        },
      })),
      more: told.length < found.length || transactions.length === READ_MAX || changes.length === READ_MAX,
    };
  };

  return async (news?: News | null): Promise<Look<Update>> => {
    // Nothing is missing between what was told last and these news.
    if (news && seen !== null && versionIn(news) === seen + 1n) {
      seen += 1n;
      return { items: [updateIn(accountId, news)], more: false };
    }
    // All who look again at the same time are answered by one statement.
    if (news === null && seen !== null) {
      const account = await read.storeCreditAccount.findUnique({ where: { id: accountId }, select: { id: true, version: true } });
      if (account?.version === seen) return { items: [], more: false };
    }
    if (seen === null) {
      const { version } = await read.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId }, select: { version: true } });
      seen = after !== null && after < version ? after : version;
      if (seen === version) return { items: [{ accountId, change: null }], more: false };
    }
    const look = await changesSince(seen);
    seen = look.items.at(-1)?.change?.version ?? seen;
    return look;
  };
};

builder.subscriptionFields((t) => ({
  storeCreditAccountUpdated: t.field({
    type: StoreCreditAccountUpdate,
    nullable: false,
    extensions: { isSharedEvent: true },
    description: 'The present state at once, then every change exactly once and in order. After a break, `after` resumes without gap or repeat.',
    authScopes: { signedIn: true, staff: 'store_credit:read' },
    args: {
      accountId: t.arg.id({ required: true }),
      after: t.arg({ type: 'UnsignedInt64', description: 'The last version that was seen.' }),
    },
    subscribe: async (_root, { accountId: gid, after }, context) => {
      const accountId = idOf(gid, 'StoreCreditAccount');
      await authorise(context, accountId);
      return live(context, topics.storeCreditAccount(accountId), updatesOf(context, accountId, after ?? null));
    },
    resolve: (update, _args, context) => {
      // What an operation's loaders have read belongs to the update before.
      context.loaders = null;
      return update;
    },
  }),
}));
