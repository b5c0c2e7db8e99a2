import { DomainError } from '../../../core/errors.ts';
import type { Money } from '../../../core/money.ts';
import { hasScope } from '../../../core/viewer.ts';
import type { SqlTx } from '../../../db/transact.ts';
import { unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { MoneyInput } from '../../../graphql/scalars.ts';
import { deferred, settleSql } from '../../../graphql/settle.ts';
import { customerSearch } from '../../customers/search.ts';
import { addToBulkIssue, type BulkCustomer, type BulkIssueInput, createBulkIssue } from '../create-bulk-issue.ts';
import { approveBulkIssue, cancelBulkIssue, startBulkIssue, undoBulkIssue } from '../decide-bulk-issue.ts';
import { BULK_CODES } from '../errors.ts';
import { aboutFields, aboutIn } from './about.ts';
import { BulkIssue } from './bulk-issue.ts';
import { amountIn } from './payloads.ts';
import { StoreCreditSystemEvent } from './transaction.ts';

const WRITE = { staff: 'store_credit:write' } as const;

const CustomerInput = builder.inputType('StoreCreditBulkIssueCustomerInput', {
  description: 'One of `id` and `email`.',
  fields: (t) => ({
    id: t.id(),
    email: t.string(),
    amount: t.field({ type: MoneyInput, description: 'Absent: as all others get.' }),
  }),
});

const Input = builder.inputType('StoreCreditBulkIssueInput', {
  fields: (t) => ({
    name: t.string({ description: 'For staff; at most 100 characters.' }),
    customers: t.field({ type: [CustomerInput], description: 'At most 2,500; add more with storeCreditBulkIssueAddCustomers.' }),
    query: t.string({ description: 'Instead of a list: all whom `customers(query:)` finds by exactly these words at this moment.' }),
    amount: t.field({ type: MoneyInput, description: 'What each gets who has no amount of her own.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When what is left of it can no longer be spent; null: never; absent: as the rules have it.',
    }),
    event: t.field({ type: StoreCreditSystemEvent, description: 'Why it is given; absent: `ISSUE`.' }),
    notify: t.boolean({ description: 'Whether the customers are written to; absent: as the shop’s settings have it.' }),
    ...aboutFields(t),
  }),
});

const UserError = userErrorType('StoreCreditBulkIssueUserError', BULK_CODES);

const payload = (name: string) =>
  payloadType<{ bulkIssueId: string }>(name, UserError, (t) => ({
    storeCreditBulkIssue: t.prismaField({
      type: BulkIssue,
      resolve: (query, { bulkIssueId: id }, _args, { app }) =>
        id ? app.backend.database.read.storeCreditBulkIssue.findUnique({ ...query, where: { id } }) : null,
    }),
  }));

const CreatePayload = payload('StoreCreditBulkIssueCreatePayload');
const AddPayload = payload('StoreCreditBulkIssueAddCustomersPayload');
const StartPayload = payload('StoreCreditBulkIssueStartPayload');
const ApprovePayload = payload('StoreCreditBulkIssueApprovePayload');
const CancelPayload = payload('StoreCreditBulkIssueCancelPayload');
const UndoPayload = payload('StoreCreditBulkIssueUndoPayload');

type Amount = { readonly amount: string; readonly currencyCode: string } | null | undefined;
type Listed = { readonly id?: string | null; readonly email?: string | null; readonly amount?: Amount };

const moneyAt = (amount: Amount, path: readonly string[]): Money => {
  if (!amount) throw new DomainError('BLANK', path);
  return amountIn(amount, path, 'CREDIT_LIMIT_EXCEEDED');
};

const customersIn = (customers: readonly Listed[], common: Amount, path: readonly string[], commonPath: readonly string[]): BulkCustomer[] =>
  customers.map(({ id, email, amount }, index) => ({
    id: id == null ? null : idOf(id, 'Customer'),
    email: email ?? null,
    amount: amount ? moneyAt(amount, [...path, String(index), 'amount']) : moneyAt(common, commonPath),
  }));

/** Whether an e-mail address is known, and how many a search finds, is told to those alone who may read customers. */
const mayLookUp = ({ viewer }: Context, customers: readonly Listed[] | null | undefined, query: string | null | undefined): void => {
  const looksUp = query != null || (customers ?? []).some(({ email }) => email != null);
  if (looksUp && !hasScope(viewer, 'customers:read')) throw unauthorizedWithout(viewer, 'customers:read');
};

const recipientsOf = (
  { app }: Context,
  { customers, query, amount }: { customers?: readonly Listed[] | null; query?: string | null; amount?: Amount },
): BulkIssueInput['to'] => {
  if ((customers == null) === (query == null)) throw new DomainError('INVALID', ['input', 'customers']);
  if (query == null) return { customers: customersIn(customers ?? [], amount, ['input', 'customers'], ['input', 'amount']) };
  if (query.trim() === '') throw new DomainError('BLANK', ['input', 'query']);
  // Exactly: a name that is like another's is not worth money.
  const { exact } = customerSearch(query);
  const found = app.backend.database.read.customer.ids({ deletedAt: null, AND: exact });
  return { found, query, amount: moneyAt(amount, ['input', 'amount']) };
};

builder.mutationFields((t) => ({
  storeCreditBulkIssueCreate: t.field({
    type: CreatePayload,
    description:
      'Notes whom credit is for and how much each gets, and tries every row out against the ledger’s rules, in the background. Nothing is given until storeCreditBulkIssueStart.',
    authScopes: WRITE,
    args: { input: t.arg({ type: Input, required: true }) },
    resolve: (_root, args, context, info) => {
      const { customers, query, amount, name, expiresAt, event, notify, ...rest } = args.input;
      mayLookUp(context, customers, query);
      const verb = deferred(() => {
        const to = recipientsOf(context, { customers, query, amount });
        const input: BulkIssueInput = { name, to, expiresAt, event, notify, ...aboutIn(rest, 'input') };
        return (tx: SqlTx) => createBulkIssue(tx, input);
      });
      return settleSql(context, info, args, verb);
    },
  }),
  storeCreditBulkIssueAddCustomers: t.field({
    type: AddPayload,
    description: 'Adds customers to a bulk issue that is not started yet; they are checked too.',
    authScopes: WRITE,
    args: {
      id: t.arg.id({ required: true }),
      customers: t.arg({ type: [CustomerInput], required: true }),
      amount: t.arg({ type: MoneyInput, description: 'What each of them gets who has no amount of her own.' }),
    },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      mayLookUp(context, args.customers, null);
      const verb = deferred(() => {
        const customers = customersIn(args.customers, args.amount, ['customers'], ['amount']);
        return (tx: SqlTx) => addToBulkIssue(tx, id, customers);
      });
      return settleSql(context, info, args, verb);
    },
  }),
  storeCreditBulkIssueStart: t.field({
    type: StartPayload,
    description:
      'Gives what passed the check, in the background. A sum above a currency’s `approvalAbove` waits for storeCreditBulkIssueApprove first.',
    authScopes: WRITE,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      return settleSql(context, info, args, (tx) => startBulkIssue(tx, id));
    },
  }),
  storeCreditBulkIssueApprove: t.field({
    type: ApprovePayload,
    description: 'Lets a bulk issue go on that another member of staff started. Nobody approves her own.',
    authScopes: { staff: 'store_credit:approve' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      return settleSql(context, info, args, (tx) => approveBulkIssue(tx, id));
    },
  }),
  storeCreditBulkIssueCancel: t.field({
    type: CancelPayload,
    description: 'Ends a bulk issue where it is. What was given stays given, until it is undone.',
    authScopes: WRITE,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      return settleSql(context, info, args, (tx) => cancelBulkIssue(tx, id));
    },
  }),
  storeCreditBulkIssueUndo: t.field({
    type: UndoPayload,
    description: 'Takes back what is left of each of its credits, in the background, and tells what was spent, moved, run out or held.',
    authScopes: WRITE,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditBulkIssue');
      return settleSql(context, info, args, (tx) => undoBulkIssue(tx, id));
    },
  }),
}));
