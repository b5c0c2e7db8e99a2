import { builder } from '../../../graphql/builder.ts';
import { idOf } from '../../../graphql/gid.ts';
import { MoneyInput } from '../../../graphql/scalars.ts';
import { settleMovement } from '../../../graphql/settle.ts';
import { changeExpiry } from '../change-expiry.ts';
import { EXPIRY_CODES, REVERSE_CODES, REVERT_CODES } from '../errors.ts';
import { reverse } from '../reverse.ts';
import { revert } from '../revert.ts';
import { aboutFields, aboutIn, originFields, whyFields } from './about.ts';
import { amountIn, postedPayload } from './payloads.ts';
import { StoreCreditSystemEvent } from './transaction.ts';

const RevertPayload = postedPayload('StoreCreditDebitRevertPayload', 'StoreCreditDebitRevertUserError', REVERT_CODES);
const ReversePayload = postedPayload('StoreCreditCreditReversePayload', 'StoreCreditCreditReverseUserError', REVERSE_CODES);
const ExpiryPayload = postedPayload('StoreCreditCreditExpiryUpdatePayload', 'StoreCreditCreditExpiryUpdateUserError', EXPIRY_CODES);

const RevertInput = builder.inputType('StoreCreditDebitRevertInput', {
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, description: 'Absent: all that was not given back before.' }),
    event: t.field({ type: StoreCreditSystemEvent, description: 'Why it is given back; absent: `ADJUSTMENT`.' }),
    ...originFields(t),
  }),
});

const ReverseInput = builder.inputType('StoreCreditCreditReverseInput', {
  fields: (t) => ({ amount: t.field({ type: MoneyInput, description: 'Absent: all that is left of it.' }), ...aboutFields(t) }),
});

const ExpiryInput = builder.inputType('StoreCreditCreditExpiryInput', {
  fields: (t) => ({
    expiresAt: t.field({ type: 'DateTime', description: 'A moment in the future; null or absent: never.' }),
    ...whyFields(t),
  }),
});

builder.mutationFields((t) => ({
  storeCreditDebitRevert: t.field({
    type: RevertPayload,
    description: 'Gives back a debit, whole or in part, to the credits that it spent, with their expiry.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: 'A debit transaction.' }), revertInput: t.arg({ type: RevertInput }) },
    resolve: (_root, args, context, info) => {
      const transactionId = idOf(args.id, 'StoreCreditAccountDebitTransaction');
      const { amount: asked, event, ...rest } = args.revertInput ?? {};
      const { ledger, revertGraceSeconds } = context.app;
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(asked, ['revertInput', 'amount'], 'AMOUNT_EXCEEDS_DEBIT');
        return revert(ledger, revertGraceSeconds, { transactionId, amount, event, ...aboutIn(rest, 'revertInput'), ...why });
      });
    },
  }),
  storeCreditCreditReverse: t.field({
    type: ReversePayload,
    description: 'Takes back what is left of one credit, or a part of it.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true, description: 'A credit transaction.' }), reverseInput: t.arg({ type: ReverseInput }) },
    resolve: (_root, args, context, info) => {
      const transactionId = idOf(args.id, 'StoreCreditAccountCreditTransaction');
      const { amount: asked, ...rest } = args.reverseInput ?? {};
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(asked, ['reverseInput', 'amount'], 'AMOUNT_EXCEEDS_CREDIT');
        return reverse(context.app.ledger, { transactionId, amount, ...aboutIn(rest, 'reverseInput'), ...why });
      });
    },
  }),
  storeCreditCreditExpiryUpdate: t.field({
    type: ExpiryPayload,
    description: 'Gives what is left of a credit another moment to expire at. What has expired stays so.',
    authScopes: { staff: 'store_credit:write' },
    args: {
      id: t.arg.id({ required: true, description: 'A credit transaction.' }),
      expiryInput: t.arg({ type: ExpiryInput, required: true }),
    },
    resolve: (_root, args, context, info) => {
      const transactionId = idOf(args.id, 'StoreCreditAccountCreditTransaction');
      const { expiresAt, ...rest } = args.expiryInput;
      return settleMovement(context, info, args, async (why) =>
        changeExpiry(context.app.ledger, { transactionId, expiresAt: expiresAt ?? null, ...aboutIn(rest, 'expiryInput'), ...why }),
      );
    },
  }),
}));
