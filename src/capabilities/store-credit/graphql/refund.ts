import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { loaderOf } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { MoneyInput, MoneyV2 } from '../../../graphql/scalars.ts';
import { deferred, settle } from '../../../graphql/settle.ts';
import { REFUND_CODES } from '../errors.ts';
import { type OrderRef, type Refunded, refund } from '../refund.ts';
import { loadRefundable } from '../refundable.ts';
import { hundredths } from '../update-rules.ts';
import { aboutIn, originFields } from './about.ts';
import { amountIn } from './payloads.ts';
import { Credit } from './transaction.ts';

const BONUS_HUNDREDTHS_MAX = 10_000;

const RefundType = builder.prismaObject('StoreCreditRefund', {
  description: 'What of an order was given back as credit.',
  select: { id: true },
  fields: (t) => ({
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'Without the bonus.',
      select: { amountMinor: true, currency: true },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    bonusAmount: t.field({
      type: MoneyV2,
      nullable: false,
      select: { bonusMinor: true, currency: true },
      resolve: ({ bonusMinor: amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      authScopes: { staff: 'store_credit:read' },
      description: 'What the backend calls the refund; for staff only.',
    }),
    order: t.relation('order', { nullable: false }),
    transaction: t.relation('transaction', { type: Credit, nullable: false, onNull: 'error' }),
    bonusTransaction: t.relation('bonusTransaction', {
      type: Credit,
      nullable: true,
      description: 'The credit of the bonus, apart from what was paid.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
  }),
});

builder.prismaObjectFields('Order', (t) => ({
  storeCreditRefunds: t.relation('storeCreditRefunds', {
    type: RefundType,
    nullable: false,
    description: 'What of the order was given back as credit, oldest first.',
    query: { orderBy: { id: 'asc' }, take: 250 },
  }),
  refundableToStoreCredit: t.field({
    type: MoneyV2,
    nullable: true,
    authScopes: { staff: 'store_credit:read' },
    description: 'What can still be given back as credit; for staff only.',
    select: { id: true },
    resolve: async ({ id }, _args, context) => {
      const found = await loaderOf(context, 'store-credit/refundable', (ids) => loadRefundable(context.app.backend.database.sql, ids)).load(id);
      return found && { amountMinor: found.amountMinor, currency: found.currency };
    },
  }),
}));

const OrderInput = builder.inputType('StoreCreditRefundOrderInput', {
  description: 'An order by its id here, or by what its backend calls it.',
  fields: (t) => ({
    id: t.id(),
    externalId: t.string({ description: 'The backend’s own id, as it came with `orderSet`.' }),
    source: t.string({ description: 'Which backend; absent: `shop`.' }),
  }),
});

const RefundInput = builder.inputType('StoreCreditRefundInput', {
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'Of the credit; null: never; absent: as the rules have it.' }),
    bonusPercentage: t.field({ type: 'Decimal', description: 'More on top, in percent of the amount, at most 100, as a credit of its own.' }),
    externalId: t.string({ description: 'What the backend calls the refund: the same is not made twice.' }),
    ...originFields(t),
  }),
});

const Payload = payloadType<Refunded>('StoreCreditRefundPayload', userErrorType('StoreCreditRefundUserError', REFUND_CODES), (t) => ({
  storeCreditRefund: t.prismaField({
    type: RefundType,
    resolve: (query, { refundId: id }, _args, { app }) =>
      id ? app.backend.database.read.storeCreditRefund.findUnique({ ...query, where: { id } }) : null,
  }),
  storeCreditAccountTransaction: t.prismaField({
    type: Credit,
    resolve: (query, { transactionId: id }, _args, { app }) =>
      id ? app.backend.database.read.storeCreditTransaction.findUnique({ ...query, where: { id } }) : null,
  }),
}));

const orderRef = ({ id, externalId, source }: { id?: string | null; externalId?: string | null; source?: string | null }): OrderRef => {
  if ((id == null) === (externalId == null)) throw badInput('Name the order in one way: by id or by externalId.');
  return id == null ? { externalId: externalId ?? '', source: source ?? null } : { id: idOf(id, 'Order') };
};

builder.mutationFields((t) => ({
  storeCreditRefund: t.field({
    type: Payload,
    description: 'Gives a part of what was paid for an order back as credit, never more than that, with a bonus if the shop wants.',
    authScopes: { staff: 'store_credit:write' },
    args: { order: t.arg({ type: OrderInput, required: true }), refundInput: t.arg({ type: RefundInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const order = orderRef(args.order);
      const { amount: asked, expiresAt, bonusPercentage, externalId, ...rest } = args.refundInput;
      const verb = deferred(() => {
        const amount = amountIn(asked, ['refundInput', 'amount'], 'REFUND_EXCEEDS_PAID');
        const isBonus = bonusPercentage != null && Number(bonusPercentage) !== 0;
        const bonusHundredths = isBonus ? hundredths(bonusPercentage, ['refundInput', 'bonusPercentage'], BONUS_HUNDREDTHS_MAX) : null;
        const input = { order, amount, expiresAt, bonusHundredths, externalId: externalId ?? null, ...aboutIn(rest, 'refundInput') };
        return (tx: Parameters<typeof refund>[0]) => refund(tx, input);
      });
      return settle(context, info, args, verb);
    },
  }),
}));
