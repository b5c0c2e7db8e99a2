import { builder } from '../../../graphql/builder.ts';
import { MoneyInput } from '../../../graphql/scalars.ts';
import { settleMovement } from '../../../graphql/settle.ts';
import { credit } from '../credit.ts';
import { debit } from '../debit.ts';
import { CREDIT_CODES, DEBIT_CODES, TRANSFER_CODES } from '../errors.ts';
import { transfer } from '../transfer.ts';
import { aboutIn, originFields } from './about.ts';
import { accountRef, amountIn, postedPayload } from './payloads.ts';
import { StoreCreditSystemEvent } from './transaction.ts';

const CreditPayload = postedPayload('StoreCreditAccountCreditPayload', 'StoreCreditAccountCreditUserError', CREDIT_CODES);
const DebitPayload = postedPayload('StoreCreditAccountDebitPayload', 'StoreCreditAccountDebitUserError', DEBIT_CODES);
const TransferPayload = postedPayload('StoreCreditAccountTransferPayload', 'StoreCreditAccountTransferUserError', TRANSFER_CODES);

export const CreditInput = builder.inputType('StoreCreditAccountCreditInput', {
  fields: (t) => ({
    creditAmount: t.field({ type: MoneyInput, required: true }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When what is left of it can no longer be spent; null: never; absent: as the rules have it.',
    }),
    event: t.field({ type: StoreCreditSystemEvent, description: 'Why it is given; absent: `ADJUSTMENT`. What was owed before: `OPENING_BALANCE`.' }),
    notify: t.boolean({ description: 'Whether the customer gets a mail about it; absent: as storeCreditMailSettings has it.' }),
    ...originFields(t),
  }),
});

const ORDER_TOTAL = 'The total of the order that an `ORDER_PAYMENT` pays; needed where the rules have a largest share.';

const DebitInput = builder.inputType('StoreCreditAccountDebitInput', {
  fields: (t) => ({
    debitAmount: t.field({ type: MoneyInput, required: true }),
    event: t.field({ type: StoreCreditSystemEvent, description: 'Why it is taken; absent: `ADJUSTMENT`.' }),
    orderTotal: t.field({ type: MoneyInput, description: ORDER_TOTAL }),
    notify: t.boolean({ description: 'Whether the customer gets a mail about it; absent: as storeCreditMailSettings has it.' }),
    ...originFields(t),
  }),
});

const TransferInput = builder.inputType('StoreCreditAccountTransferInput', {
  fields: (t) => ({
    toId: t.id({ required: true, description: 'A store credit account of the same currency, or its owner.' }),
    amount: t.field({ type: MoneyInput, required: true }),
    ...originFields(t),
  }),
});

const idArg = 'A store credit account, or its owner: then the account of the amount’s currency is meant.';

builder.mutationFields((t) => ({
  storeCreditAccountCredit: t.field({
    type: CreditPayload,
    description: 'Gives credit. An owner’s first credit in a currency opens the account.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: idArg }), creditInput: t.arg({ type: CreditInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { creditAmount, expiresAt, event, notify, ...rest } = args.creditInput;
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(creditAmount, ['creditInput', 'creditAmount'], 'CREDIT_LIMIT_EXCEEDED');
        return credit(context.app.ledger, { account, amount, expiresAt, event, notify, ...aboutIn(rest, 'creditInput'), ...why });
      });
    },
  }),
  storeCreditAccountDebit: t.field({
    type: DebitPayload,
    description: 'Takes credit, soonest-expiring first; never more than is available.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: idArg }), debitInput: t.arg({ type: DebitInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { debitAmount, event, orderTotal: total, notify, ...rest } = args.debitInput;
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(debitAmount, ['debitInput', 'debitAmount'], 'INSUFFICIENT_FUNDS');
        const orderTotal = amountIn(total, ['debitInput', 'orderTotal'], 'INVALID');
        return debit(context.app.ledger, { account, amount, event, orderTotal, notify, ...aboutIn(rest, 'debitInput'), ...why });
      });
    },
  }),
  storeCreditAccountTransfer: t.field({
    type: TransferPayload,
    description: 'Moves credit to another account: a debit here, and there a credit for each that it spent, with its expiry.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: idArg }), transferInput: t.arg({ type: TransferInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { toId, amount: asked, ...rest } = args.transferInput;
      const [from, to] = [accountRef(args.id), accountRef(toId)];
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(asked, ['transferInput', 'amount'], 'INSUFFICIENT_FUNDS');
        return transfer(context.app.ledger, { from, to, currency: amount.currency, amount, ...aboutIn(rest, 'transferInput'), ...why });
      });
    },
  }),
}));
