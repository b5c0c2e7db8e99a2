import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import { type FAULTS, type Fault, type Reconciled, reconcile, type Total } from '../reconcile.ts';

const ACCOUNTS_MAX = 1_000;

const FaultKind = builder.enumType('StoreCreditFaultKind', {
  values: {
    VERSION: { description: 'A version is missing or comes twice.' },
    NUMBER: { description: 'A transaction’s number does not follow the one before.' },
    HASH: { description: 'The row is not the one that was written, or the one before is not.' },
    BALANCE: { description: 'The balance after it is not the sum of the transactions so far.' },
    HELD: { description: 'What is held after it is not the sum of the holds so far.' },
    ALLOCATION: { description: 'What it took from credits, or gave back, is not its amount.' },
    LOT: { description: 'What is left of a credit is not its amount less what was taken.' },
    EXPIRY: { description: 'A credit expires at another moment than was said.' },
    HOLD: { description: 'What is left of a hold is not its amount less what was captured and let go.' },
    ACCOUNT: { description: 'The account is not what its rows make it.' },
  } satisfies Record<(typeof FAULTS)[number], { description: string }>,
});

const FaultType = builder.objectRef<Fault>('StoreCreditFault').implement({
  description: 'A row of the books that is not what it should be.',
  fields: (t) => ({
    accountId: t.id({ nullable: false, resolve: ({ accountId }) => encodeGid('StoreCreditAccount', accountId) }),
    kind: t.field({ type: FaultKind, nullable: false, resolve: ({ what }) => what }),
    version: t.expose('version', { type: 'UnsignedInt64', nullable: true, description: 'The version of the account from which on it is wrong.' }),
    rowId: t.exposeString('rowId', { nullable: false, description: 'The id of the row in its table.' }),
  }),
});

const TotalType = builder.objectRef<Total>('StoreCreditTotal').implement({
  description: 'What the accounts of one currency hold together.',
  fields: (t) => ({
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
    accounts: t.exposeInt('accounts', { nullable: false }),
    balance: t.field({ type: MoneyV2, nullable: false, resolve: ({ balanceMinor, currency }) => ({ amountMinor: balanceMinor, currency }) }),
    held: t.field({ type: MoneyV2, nullable: false, resolve: ({ heldMinor, currency }) => ({ amountMinor: heldMinor, currency }) }),
  }),
});

const Reconciliation = builder.objectRef<Reconciled>('StoreCreditReconciliation').implement({
  description: 'Books made again from the rows that never change, beside the books as they are kept.',
  fields: (t) => ({
    isBalanced: t.boolean({ nullable: false, description: 'Nothing is wrong with these accounts.', resolve: ({ faults }) => faults.length === 0 }),
    accounts: t.exposeInt('accounts', { nullable: false }),
    transactions: t.exposeInt('transactions', { nullable: false }),
    changes: t.exposeInt('changes', { nullable: false, description: 'Of holds and expiries.' }),
    totals: t.field({ type: [TotalType], nullable: false, resolve: ({ totals }) => [...totals] }),
    faults: t.field({
      type: [FaultType],
      nullable: false,
      description: 'Of each account that is wrong the first row.',
      resolve: ({ faults }) => [...faults],
    }),
    next: t.exposeString('next', { nullable: true, description: 'Give it as `after` for the accounts that follow; null at the end.' }),
  }),
});

builder.queryFields((t) => ({
  storeCreditReconcile: t.field({
    type: Reconciliation,
    nullable: false,
    description: 'Proves the books of one account, or of many in turn: every sum and every hash is made again.',
    authScopes: { staff: 'store_credit:read' },
    complexity: { field: 1_000 },
    args: {
      id: t.arg.id({ description: 'One account; absent: all in turn.' }),
      first: t.arg.int({ defaultValue: 100, description: 'Accounts to look at, at most 1,000.' }),
      after: t.arg.string(),
    },
    resolve: (_root, { id, first, after }, { app }) => {
      const limit = first ?? 100;
      if (limit < 1 || limit > ACCOUNTS_MAX) throw badInput(`\`first\` must be from 1 to ${ACCOUNTS_MAX}; it is ${limit}.`);
      const accountId = id ? idOf(id, 'StoreCreditAccount') : null;
      return reconcile(app.backend.database.sql, { accountId, after: after ? idOf(encodeGid('Account', after), 'Account') : null, limit });
    },
  }),
}));
