import type { Money } from '../../../core/money.ts';
import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { HasStoreCreditAccounts } from '../../../graphql/has-store-credit-accounts.ts';
import { BY_ID, counterColumn, keysetConnection, keysetQuery, momentColumn, nodesOf } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, READS } from '../../../graphql/query.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import { loadAvailableAt, loadBalancesAt, loadExpirable, loadNextExpiries, loadStandings, type Standing } from '../loaders.ts';
import { accountSearch, transactionSearch } from '../search.ts';
import { knownOwners, StoreCreditAccountTransaction } from './transaction.ts';

/** A live reader shows an account as one of its transactions left it; then this stands in for the sum of its lots. */
export interface AccountAsOf {
  availableMinor?: bigint;
  heldAfterMinor?: bigint;
}

/** Tests own the ledger's clock; the database's own relation knows only the present. */
const standingAt = async (context: Context, accountId: string, moment: Date): Promise<Standing> =>
  (await loaderOf(context, 'store-credit/standing', (ids) => loadStandings(context.app.backend.database.sql, ids, moment)).load(accountId)) ?? {
    availableMinor: 0n,
    heldMinor: 0n,
  };

interface Holdings {
  readonly heldMinor: bigint;
  readonly runOut: { readonly amountMinor: bigint; readonly timedOutMinor: bigint } | null;
}

/** What is held by holds whose moment has not come. */
const heldOf = ({ heldMinor, runOut }: Holdings): bigint => heldMinor - (runOut?.timedOutMinor ?? 0n);

/** The balance less holds and less what has run out, never below zero. */
const availableOf = (account: Holdings & { readonly balanceMinor: bigint }): bigint => {
  const available = account.balanceMinor - heldOf(account) - (account.runOut?.amountMinor ?? 0n);
  return available > 0n ? available : 0n;
};

const HOLDINGS = { heldMinor: true, runOut: { select: { amountMinor: true, timedOutMinor: true } } } as const;

/** A batch of loaders' keys: an account and a moment. */
const balanceAt = async (context: Context, accountId: string, moment: Date): Promise<bigint> => {
  const load = (keys: readonly string[]) => loadBalancesAt(context.app.backend.database.sql, keys);
  return (await loaderOf(context, 'store-credit/balance-at', load).load(`${accountId} ${moment.toISOString()}`)) ?? 0n;
};

const availableAt = async (context: Context, accountId: string, moment: Date): Promise<bigint> => {
  const load = (keys: readonly string[]) => loadAvailableAt(context.app.backend.database.sql, keys);
  return (await loaderOf(context, 'store-credit/available-at', load).load(`${accountId} ${moment.toISOString()}`)) ?? 0n;
};

const NextExpiry = builder.objectRef<{ readonly expiresAt: Date; readonly amount: Money }>('StoreCreditNextExpiry').implement({
  description: 'What expires at one moment.',
  fields: (t) => ({
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: false }),
    amount: t.expose('amount', { type: MoneyV2, nullable: false }),
  }),
});

const nextExpiryOf = async (context: Context, accountId: string, currency: string) => {
  const { app } = context;
  const load = (ids: readonly string[]) => loadNextExpiries(app.backend.database.sql, ids, app.ledgerMoment());
  const next = await loaderOf(context, 'store-credit/next-expiry', load).load(accountId);
  return next && { expiresAt: next.expiresAt, amount: { amountMinor: next.amountMinor, currency } };
};

/** Numbers follow the order of creation, and tell apart what one millisecond brought. */
const NUMBER = counterColumn('number');
const ORDERS = { CREATED_AT: [NUMBER], EXPIRES_AT: [momentColumn('lotExpiresAt'), NUMBER] } as const;

const TransactionSortKeys = builder.enumType('TransactionSortKeys', { values: ['CREATED_AT', 'EXPIRES_AT'] });

export const StoreCreditAccount = builder.prismaNode('StoreCreditAccount', {
  description: 'What one customer holds in one currency.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true, currency: true },
  authScopes: ({ id, customerId }, context) => {
    knownOwners(context).set(id, customerId);
    return { owner: customerId, staff: 'store_credit:read' };
  },
  fields: (t) => ({
    balance: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'All that is on the account, held and run-out credit included.',
      args: { at: t.arg({ type: 'DateTime', description: 'A moment in the past; absent: now.' }) },
      select: { balanceMinor: true },
      extensions: { moneyColumn: 'balanceMinor' },
      resolve: ({ id, balanceMinor, currency }, { at }, context) =>
        at ? balanceAt(context, id, at).then((amountMinor) => ({ amountMinor, currency })) : { amountMinor: balanceMinor, currency },
    }),
    available: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What can be spent: the balance less holds and less what has expired.',
      args: { at: t.arg({ type: 'DateTime', description: 'A moment in the past; absent: now.' }) },
      select: { balanceMinor: true, ...HOLDINGS },
      resolve: (account, { at: past }, context) => {
        const { id, currency } = account;
        if (past) return availableAt(context, id, past).then((amountMinor) => ({ amountMinor, currency }));
        const { availableMinor } = account as AccountAsOf;
        if (availableMinor !== undefined) return { amountMinor: availableMinor, currency };
        const moment = context.app.ledgerMoment();
        if (moment) return standingAt(context, id, moment).then((at) => ({ amountMinor: at.availableMinor, currency }));
        return { amountMinor: availableOf(account), currency };
      },
    }),
    held: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What holds set aside; a hold counts until its moment.',
      select: HOLDINGS,
      resolve: (account, _args, context) => {
        const { id, currency } = account;
        const { heldAfterMinor } = account as AccountAsOf;
        if (heldAfterMinor !== undefined) return { amountMinor: heldAfterMinor, currency };
        const moment = context.app.ledgerMoment();
        if (moment) return standingAt(context, id, moment).then(({ heldMinor }) => ({ amountMinor: heldMinor, currency }));
        return { amountMinor: heldOf(account), currency };
      },
    }),
    nextExpiry: t.field({
      type: NextExpiry,
      nullable: true,
      description: 'What expires next, if nothing is spent; null when nothing does.',
      resolve: ({ id, currency }, _args, context) => nextExpiryOf(context, id, currency),
    }),
    expirableBalance: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What of the balance runs out some day, if it is not spent.',
      resolve: async ({ id, currency }, _args, context) => {
        const { app } = context;
        const load = (ids: readonly string[]) => loadExpirable(app.backend.database.sql, ids, app.ledgerMoment());
        return { amountMinor: (await loaderOf(context, 'store-credit/expirable', load).load(id)) ?? 0n, currency };
      },
    }),
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
    version: t.expose('version', {
      type: 'UnsignedInt64',
      nullable: false,
      description: 'Counts every change; give it as `after` to resume a subscription.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    owner: t.relation('customer', { type: HasStoreCreditAccounts, nullable: false }),
    transactions: t.connection(
      {
        type: StoreCreditAccountTransaction,
        nullable: false,
        description: 'Every movement, oldest first; `reverse: true` for the newest first.',
        args: {
          query: t.arg.string({
            description: "`type:credit OR type:debit`, `expires_at:<='2026-12-31T23:00:00Z'`, `created_at`, `id`, `event`, `reference`.",
          }),
          sortKey: t.arg({ type: TransactionSortKeys, defaultValue: 'CREATED_AT' }),
          reverse: t.arg.boolean({ defaultValue: false }),
        },
        select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
          const where = refusing(() => transactionSearch(args.query));
          const page = keysetQuery(ORDERS[args.sortKey ?? 'CREATED_AT'], args, where, { id: true, kind: true, accountId: true }, wanted);
          return { transactions: nested(page, nodesOf('StoreCreditAccountTransaction')) };
        },
        resolve: ({ transactions }, args) => keysetConnection(ORDERS[args.sortKey ?? 'CREATED_AT'], args, transactions),
      },
      { name: 'StoreCreditAccountTransactionConnection' },
      { name: 'StoreCreditAccountTransactionEdge' },
    ),
  }),
});

builder.prismaInterfaceFields(HasStoreCreditAccounts, (t) => ({
  storeCreditAccounts: t.connection(
    {
      type: StoreCreditAccount,
      nullable: false,
      description: 'One account for each currency that credit was ever given in.',
      authScopes: (customer: { id: string }) => ({ owner: customer.id, staff: 'store_credit:read' }),
      args: { query: t.arg.string({ description: '`currency_code:EUR`, `id:…`.' }), reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const where = refusing(() => accountSearch(args.query));
        const page = keysetQuery(BY_ID, args, where, { id: true, customerId: true, currency: true }, wanted);
        return { storeCreditAccounts: nested(page, nodesOf('StoreCreditAccount')) };
      },
      resolve: ({ storeCreditAccounts }, args) => keysetConnection(BY_ID, args, storeCreditAccounts),
    },
    { name: 'StoreCreditAccountConnection' },
    { name: 'StoreCreditAccountEdge' },
  ),
}));

builder.queryFields((t) => ({
  storeCreditAccount: t.field({
    type: StoreCreditAccount,
    extensions: READS,
    description: 'A store credit account by its id.',
    authScopes: { signedIn: true, staff: 'store_credit:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context, info) =>
      context.app.backend.database.read.storeCreditAccount.findUnique({ ...queryOf(context, info), where: { id: idOf(id, 'StoreCreditAccount') } }),
  }),
}));
