import { DomainError } from '../../../core/errors.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { decodeGid, idOf } from '../../../graphql/gid.ts';
import { MoneyInput, moneyOf } from '../../../graphql/scalars.ts';
import { settleMovement } from '../../../graphql/settle.ts';
import { type AccountRef, credit } from '../credit.ts';
import { debit } from '../debit.ts';
import { CREDIT_CODES, DEBIT_CODES } from '../errors.ts';
import type { Posted } from '../post.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

const posted = (name: string, error: string, codes: readonly string[]) =>
  payloadType<Posted>(name, userErrorType(error, codes), (t) => ({
    storeCreditAccountTransaction: t.prismaField({
      type: StoreCreditAccountTransaction,
      resolve: (query, { transactionId }, _args, { app }) =>
        transactionId ? app.backend.database.prisma.storeCreditTransaction.findUnique({ ...query, where: { id: transactionId } }) : null,
    }),
  }));

const CreditPayload = posted('StoreCreditAccountCreditPayload', 'StoreCreditAccountCreditUserError', CREDIT_CODES);
const DebitPayload = posted('StoreCreditAccountDebitPayload', 'StoreCreditAccountDebitUserError', DEBIT_CODES);

const CreditInput = builder.inputType('StoreCreditAccountCreditInput', {
  fields: (t) => ({
    creditAmount: t.field({ type: MoneyInput, required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'When what is left of it can no longer be spent; absent: never.' }),
    note: t.string({ description: 'For staff only; at most 5,000 characters; never changes.' }),
  }),
});

const DebitInput = builder.inputType('StoreCreditAccountDebitInput', {
  fields: (t) => ({
    debitAmount: t.field({ type: MoneyInput, required: true }),
    note: t.string({ description: 'For staff only; at most 5,000 characters; never changes.' }),
  }),
});

/** The account meant by an id: its own, or its owner's with the currency of the amount. */
const accountRef = (gid: string): AccountRef =>
  decodeGid(gid).typename === 'Customer' ? { customerId: idOf(gid, 'Customer') } : { accountId: idOf(gid, 'StoreCreditAccount', 'Customer') };

const largestAs = <Result>(code: string, field: readonly string[], read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'AMOUNT_TOO_LARGE') throw new DomainError(code, field);
    throw error;
  }
};

const idArg = 'A store credit account, or its owner: then the account of the amount’s currency is meant.';

builder.mutationFields((t) => ({
  storeCreditAccountCredit: t.field({
    type: CreditPayload,
    description: 'Gives credit. An owner’s first credit in a currency opens the account.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: idArg }), creditInput: t.arg({ type: CreditInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { creditAmount, expiresAt, note } = args.creditInput;
      const field = ['creditInput', 'creditAmount'];
      return settleMovement(context, info, args, async (why) =>
        credit(context.app.ledger, {
          account,
          amount: largestAs('CREDIT_LIMIT_EXCEEDED', field, () => moneyOf(creditAmount, field)),
          expiresAt,
          note,
          ...why,
        }),
      );
    },
  }),
  storeCreditAccountDebit: t.field({
    type: DebitPayload,
    description: 'Takes credit, soonest-expiring first; never more than is available.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: idArg }), debitInput: t.arg({ type: DebitInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { debitAmount, note } = args.debitInput;
      const field = ['debitInput', 'debitAmount'];
      return settleMovement(context, info, args, async (why) =>
        debit(context.app.ledger, { account, amount: largestAs('INSUFFICIENT_FUNDS', field, () => moneyOf(debitAmount, field)), note, ...why }),
      );
    },
  }),
}));
