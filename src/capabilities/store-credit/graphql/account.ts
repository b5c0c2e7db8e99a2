import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { HasStoreCreditAccounts } from '../../../graphql/has-store-credit-accounts.ts';
import { BY_ID, counterColumn, keysetConnection, keysetQuery, momentColumn, nodesOf } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import { loadAvailable } from '../loaders.ts';
import { accountSearch, transactionSearch } from '../search.ts';
import { ownerOf, StoreCreditAccountTransaction } from './transaction.ts';

/** A live reader shows an account as one of its transactions left it; then this stands in for the sum of its lots. */
export interface AccountAsOf {
  availableMinor?: bigint;
}

const availableOf = (context: Context, accountId: string): Promise<bigint | null> =>
  loaderOf(context, 'store-credit/available', (ids) => loadAvailable(context.app.backend.database.sql, ids, context.app.ledgerMoment())).load(
    accountId,
  );

/** Numbers follow the order of creation, and tell apart what one millisecond brought. */
const NUMBER = counterColumn('number');
const ORDERS = { CREATED_AT: [NUMBER], EXPIRES_AT: [momentColumn('expiresAt'), NUMBER] } as const;

const TransactionSortKeys = builder.enumType('TransactionSortKeys', { values: ['CREATED_AT', 'EXPIRES_AT'] });

const StoreCreditAccount = builder.prismaNode('StoreCreditAccount', {
  description: 'What one customer holds in one currency.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true, currency: true },
  authScopes: ({ id, customerId }, context) => {
    ownerOf(context).prime(id, customerId);
    return { owner: customerId, staff: 'store_credit:read' };
  },
  fields: (t) => ({
    balance: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'All that is on the account, held and run-out credit included.',
      select: { balanceMinor: true },
      resolve: ({ balanceMinor, currency }) => ({ amountMinor: balanceMinor, currency }),
    }),
    available: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What can be spent now: the balance less holds and less what has expired.',
      resolve: async (account, _args, context) => ({
        amountMinor: (account as AccountAsOf).availableMinor ?? (await availableOf(context, account.id)) ?? 0n,
        currency: account.currency,
      }),
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
          query: t.arg.string({ description: "`type:credit OR type:debit`, `expires_at:<='2026-12-31T23:00:00Z'`, `created_at`, `id`." }),
          sortKey: t.arg({ type: TransactionSortKeys, defaultValue: 'CREATED_AT' }),
          reverse: t.arg.boolean({ defaultValue: false }),
        },
        select: (args, _context, nested) => {
          const page = keysetQuery(
            ORDERS[args.sortKey ?? 'CREATED_AT'],
            args,
            refusing(() => transactionSearch(args.query)),
          );
          const select = { id: true, kind: true, accountId: true, number: true, expiresAt: true } as const;
          return { transactions: nested({ ...page, select }, nodesOf('StoreCreditAccountTransaction')) };
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
      select: (args, _context, nested) => {
        const page = keysetQuery(
          BY_ID,
          args,
          refusing(() => accountSearch(args.query)),
        );
        const select = { id: true, customerId: true, currency: true } as const;
        return { storeCreditAccounts: nested({ ...page, select }, nodesOf('StoreCreditAccount')) };
      },
      resolve: ({ storeCreditAccounts }, args) => keysetConnection(BY_ID, args, storeCreditAccounts),
    },
    { name: 'StoreCreditAccountConnection' },
    { name: 'StoreCreditAccountEdge' },
  ),
}));

builder.queryFields((t) => ({
  storeCreditAccount: t.prismaField({
    type: 'StoreCreditAccount',
    description: 'A store credit account by its id.',
    authScopes: { signedIn: true, staff: 'store_credit:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }, { app }) =>
      app.backend.database.prisma.storeCreditAccount.findUnique({ ...query, where: { id: idOf(id, 'StoreCreditAccount') } }),
  }),
}));
