import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { idOf } from '../../../graphql/gid.ts';
import { HasStoreCreditAccounts } from '../../../graphql/has-store-credit-accounts.ts';
import { checkPage, refusing } from '../../../graphql/pages.ts';
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

const TransactionSortKeys = builder.enumType('TransactionSortKeys', { values: ['CREATED_AT', 'EXPIRES_AT'] });

builder.prismaNode('StoreCreditAccount', {
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
    transactions: t.relatedConnection(
      'transactions',
      {
        type: StoreCreditAccountTransaction,
        cursor: 'id',
        nullable: false,
        description: 'Every movement, oldest first; `reverse: true` for the newest first.',
        args: {
          query: t.arg.string({ description: "`type:credit OR type:debit`, `expires_at:<='2026-12-31T23:00:00Z'`, `created_at`, `id`." }),
          sortKey: t.arg({ type: TransactionSortKeys, defaultValue: 'CREATED_AT' }),
          reverse: t.arg.boolean({ defaultValue: false }),
        },
        query: (args) => {
          checkPage(args);
          const direction = args.reverse ? 'desc' : 'asc';
          const byNumber = { number: direction } as const;
          return {
            where: refusing(() => transactionSearch(args.query)),
            orderBy: args.sortKey === 'EXPIRES_AT' ? [{ expiresAt: direction } as const, byNumber] : [byNumber],
          };
        },
      },
      { name: 'StoreCreditAccountTransactionConnection' },
      { name: 'StoreCreditAccountTransactionEdge' },
    ),
  }),
});

builder.prismaInterfaceFields(HasStoreCreditAccounts, (t) => ({
  storeCreditAccounts: t.relatedConnection(
    'storeCreditAccounts',
    {
      cursor: 'id',
      nullable: false,
      description: 'One account for each currency that credit was ever given in.',
      authScopes: (customer: { id: string }) => ({ owner: customer.id, staff: 'store_credit:read' }),
      args: { query: t.arg.string({ description: '`currency_code:EUR`, `id:…`.' }), reverse: t.arg.boolean({ defaultValue: false }) },
      query: (args) => {
        checkPage(args);
        return { where: refusing(() => accountSearch(args.query)), orderBy: { id: args.reverse ? ('desc' as const) : ('asc' as const) } };
      },
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
