import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { MoneyInput } from '../../../graphql/scalars.ts';
import { settleMovement } from '../../../graphql/settle.ts';
import { capture } from '../capture.ts';
import { HOLD_CAPTURE_CODES, HOLD_CREATE_CODES, HOLD_RELEASE_CODES } from '../errors.ts';
import { hold } from '../hold.ts';
import type { Posted } from '../movement.ts';
import { release } from '../release.ts';
import { aboutFields, aboutIn, originFields, whyFields } from './about.ts';
import { StoreCreditHold } from './hold.ts';
import { accountRef, amountIn, heldPayload } from './payloads.ts';
import { StoreCreditAccountTransaction } from './transaction.ts';

const CreatePayload = heldPayload('StoreCreditHoldCreatePayload', 'StoreCreditHoldCreateUserError', HOLD_CREATE_CODES);
const ReleasePayload = heldPayload('StoreCreditHoldReleasePayload', 'StoreCreditHoldReleaseUserError', HOLD_RELEASE_CODES);

const CapturePayload = payloadType<Posted>(
  'StoreCreditHoldCapturePayload',
  userErrorType('StoreCreditHoldCaptureUserError', HOLD_CAPTURE_CODES),
  (t) => ({
    storeCreditHold: t.prismaField({
      type: StoreCreditHold,
      resolve: (query, { holdId }, _args, { app }) =>
        holdId ? app.backend.database.read.storeCreditHold.findUnique({ ...query, where: { id: holdId } }) : null,
    }),
    storeCreditAccountTransaction: t.prismaField({
      type: StoreCreditAccountTransaction,
      resolve: (query, { transactionId }, _args, { app }) =>
        transactionId ? app.backend.database.read.storeCreditTransaction.findUnique({ ...query, where: { id: transactionId } }) : null,
    }),
  }),
);

const HoldInput = builder.inputType('StoreCreditHoldInput', {
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself, at most 400 days from now; absent: in seven days.' }),
    orderTotal: t.field({ type: MoneyInput, description: 'The total of the order that it is for; needed where the rules have a largest share.' }),
    ...aboutFields(t),
  }),
});

const CaptureInput = builder.inputType('StoreCreditHoldCaptureInput', {
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, description: 'Absent: all that is left of the hold.' }),
    final: t.boolean({ description: 'Lets go of what this leaves of the hold; otherwise it stays held.' }),
    ...originFields(t),
  }),
});

const ReleaseInput = builder.inputType('StoreCreditHoldReleaseInput', { fields: (t) => whyFields(t) });

builder.mutationFields((t) => ({
  storeCreditHoldCreate: t.field({
    type: CreatePayload,
    description: 'Sets credit aside, to be captured or released: nobody else can spend it meanwhile.',
    authScopes: { staff: 'store_credit:write' },
    args: {
      id: t.arg.id({ required: true, description: 'A store credit account, or its owner: then the account of the amount’s currency is meant.' }),
      holdInput: t.arg({ type: HoldInput, required: true }),
    },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { amount: asked, expiresAt, orderTotal: total, ...rest } = args.holdInput;
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(asked, ['holdInput', 'amount'], 'INSUFFICIENT_FUNDS');
        const orderTotal = amountIn(total, ['holdInput', 'orderTotal'], 'INVALID');
        return hold(context.app.ledger, context.app.clock(), { account, amount, expiresAt, orderTotal, ...aboutIn(rest, 'holdInput'), ...why });
      });
    },
  }),
  storeCreditHoldCapture: t.field({
    type: CapturePayload,
    description: 'Spends a hold, whole or in part, as a debit.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true }), captureInput: t.arg({ type: CaptureInput }) },
    resolve: (_root, args, context, info) => {
      const holdId = idOf(args.id, 'StoreCreditHold');
      const { amount: asked, final: isFinal, ...rest } = args.captureInput ?? {};
      return settleMovement(context, info, args, async (why) => {
        const amount = amountIn(asked, ['captureInput', 'amount'], 'AMOUNT_EXCEEDS_HOLD');
        return capture(context.app.ledger, { holdId, amount, isFinal, ...aboutIn(rest, 'captureInput'), ...why });
      });
    },
  }),
  storeCreditHoldRelease: t.field({
    type: ReleasePayload,
    description: 'Lets go of what is left of a hold.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true }), releaseInput: t.arg({ type: ReleaseInput }) },
    resolve: (_root, args, context, info) => {
      const holdId = idOf(args.id, 'StoreCreditHold');
      return settleMovement(context, info, args, async (why) =>
        release(context.app.ledger, { holdId, ...aboutIn(args.releaseInput ?? {}, 'releaseInput'), ...why }),
      );
    },
  }),
}));
