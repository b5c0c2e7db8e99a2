import { builder } from '../../../graphql/builder.ts';
import { BY_ID, type CursorColumn, counterColumn, keysetConnection, keysetQuery, momentColumn } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { allAccountsSearch, allTransactionsSearch } from '../search.ts';
import { StoreCreditAccount } from './account.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

/* The shop's accounts and movements, for staff. */

const STAFF = { staff: 'store_credit:read' } as const;
const ID = BY_ID[0] as CursorColumn;
const CREATED_AT: CursorColumn = { name: 'createdAt', isValue: (value) => value !== null && momentColumn('createdAt').isValue(value) };
const MOVEMENTS = [CREATED_AT, ID];
const ACCOUNTS: Readonly<Record<string, readonly CursorColumn[]>> = { ID: [ID], BALANCE: [counterColumn('balanceMinor'), ID] };

const SortKeys = builder.enumType('StoreCreditAccountSortKeys', {
  values: {
    ID: { description: 'As accounts were opened.' },
    BALANCE: { description: 'By what they hold, across currencies: ask for one by `query`.' },
  },
});

builder.queryFields((t) => ({
  storeCreditAccounts: t.connection(
    {
      type: StoreCreditAccount,
      nullable: false,
      extensions: readsConnectionOf('StoreCreditAccount'),
      description: 'All store credit accounts. The largest holders of a currency: `sortKey: BALANCE, reverse: true, query: "currency_code:EUR"`.',
      authScopes: STAFF,
      args: {
        query: t.arg.string({ description: '`currency_code:EUR`, `customer_id`, `balance:>0`, `created_at`, `updated_at`, `id`.' }),
        sortKey: t.arg({ type: SortKeys, defaultValue: 'ID' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const columns = ACCOUNTS[args.sortKey ?? 'ID'] ?? [ID];
        const always = { id: true, customerId: true, currency: true } as const;
        const { select, ...page } = keysetQuery(
          columns,
          args,
          refusing(() => allAccountsSearch(args.query)),
          always,
          wantedBy(info),
        );
        const asked = queryOf(context, info) as { select?: object };
        const rows = await context.app.backend.database.read.storeCreditAccount.findMany({
          ...(asked.select ? { select: { ...asked.select, ...select } as never } : asked),
          ...page,
        });
        return keysetConnection(columns, args, rows);
      },
    },
    { name: 'StoreCreditAccountsConnection' },
    { name: 'StoreCreditAccountsEdge' },
  ),
  storeCreditTransactions: t.connection(
    {
      type: StoreCreditAccountTransaction,
      nullable: false,
      extensions: readsConnectionOf('StoreCreditAccountTransaction'),
      description: 'All movements of all accounts, oldest first; `reverse: true` for the newest first.',
      authScopes: STAFF,
      args: {
        query: t.arg.string({
          description:
            '`type:credit`, `event:order_refund`, `reason`, `reference`, `currency_code:EUR`, `customer_id`, `account_id`, `actor`, `created_at:>=2026-01-01`, `expires_at`, `id`.',
        }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const always = { id: true, kind: true, accountId: true } as const;
        const { select, ...page } = keysetQuery(
          MOVEMENTS,
          args,
          refusing(() => allTransactionsSearch(args.query)),
          always,
          wantedBy(info),
        );
        const asked = queryOf(context, info) as { select?: object };
        const rows = await context.app.backend.database.read.storeCreditTransaction.findMany({
          ...(asked.select ? { select: { ...asked.select, ...select } as never } : asked),
          ...page,
        });
        return keysetConnection(MOVEMENTS, args, rows);
      },
    },
    { name: 'StoreCreditTransactionsConnection' },
    { name: 'StoreCreditTransactionsEdge' },
  ),
}));
