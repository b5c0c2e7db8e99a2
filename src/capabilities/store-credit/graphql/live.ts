import { topics } from '../../../core/events.ts';
import { hasScope, isCustomer } from '../../../core/viewer.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { type Look, live } from '../../../graphql/live.ts';
import type { AccountAsOf } from './account.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

/** An account as a transaction left it, or as it is now when there is none to tell of. */
interface Update {
  readonly accountId: string;
  readonly change: {
    readonly transactionId: string;
    readonly version: bigint;
    readonly balanceMinor: bigint;
    readonly availableMinor: bigint;
  } | null;
}

const READ_MAX = 100;

const StoreCreditAccountUpdate = builder.objectRef<Update>('StoreCreditAccountUpdate').implement({
  description: 'An account and the movement that made it so.',
  fields: (t) => ({
    account: t.prismaField({
      type: 'StoreCreditAccount',
      nullable: false,
      description: 'The account as the transaction left it.',
      resolve: async (query, { accountId, change }, _args, { app }) => {
        const account = await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ ...query, where: { id: accountId } });
        if (!change) return account;
        const asOf: AccountAsOf = { availableMinor: change.availableMinor };
        return { ...account, balanceMinor: change.balanceMinor, version: change.version, ...asOf };
      },
    }),
    transaction: t.prismaField({
      type: StoreCreditAccountTransaction,
      description: 'Null in the first message, which tells the present state.',
      resolve: (query, { change }, _args, { app }) =>
        change ? app.backend.database.prisma.storeCreditTransaction.findUnique({ ...query, where: { id: change.transactionId } }) : null,
    }),
  }),
});

/** Throws FORBIDDEN unless the account is there and the viewer's own, or the viewer is staff who may read it. */
const authorise = async ({ app, viewer }: Context, accountId: string): Promise<void> => {
  const account = await app.backend.database.prisma.storeCreditAccount.findUnique({ where: { id: accountId }, select: { customerId: true } });
  if (!account || !(isCustomer(viewer, account.customerId) || hasScope(viewer, 'store_credit:read'))) throw unauthorized(viewer);
};

/** Every update since a version, each once and in order; when there is none yet, the present state first. */
const updatesOf = ({ app }: Context, accountId: string, after: bigint | null) => {
  const { prisma } = app.backend.database;
  let seen: bigint | null = null;

  const changesSince = async (version: bigint): Promise<Update[]> => {
    const rows = await prisma.storeCreditTransaction.findMany({
      where: { accountId, version: { gt: version } },
      orderBy: { version: 'asc' },
      take: READ_MAX,
      select: { id: true, version: true, balanceAfterMinor: true, availableAfterMinor: true },
    });
    return rows.map((row) => ({
      accountId,
      change: { transactionId: row.id, version: row.version, balanceMinor: row.balanceAfterMinor, availableMinor: row.availableAfterMinor },
    }));
  };

  return async (): Promise<Look<Update>> => {
    if (seen === null) {
      const { version } = await prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId }, select: { version: true } });
      seen = after !== null && after < version ? after : version;
      if (seen === version) return { items: [{ accountId, change: null }], more: false };
    }
    const items = await changesSince(seen);
    seen = items.at(-1)?.change?.version ?? seen;
    return { items, more: items.length === READ_MAX };
  };
};

builder.subscriptionFields((t) => ({
  storeCreditAccountUpdated: t.field({
    type: StoreCreditAccountUpdate,
    nullable: false,
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
      context.loaders.clear();
      return update;
    },
  }),
}));
