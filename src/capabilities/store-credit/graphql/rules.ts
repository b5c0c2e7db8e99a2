import { badInput, unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { refusingRead } from '../../../graphql/pages.ts';
import { CurrencyCode, MoneyInput, MoneyV2, moneyOf } from '../../../graphql/scalars.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { RULES_CODES } from '../errors.ts';
import { type QUOTE_REASONS, type Quote, quote } from '../quote.ts';
import { noRules, type Rules, readRules, rulesOf } from '../rules.ts';
import { updateRules } from '../update-rules.ts';

/** Hundredths as a decimal text: 5000 is `50`, 1250 is `12.5`. */
const percentOf = (hundredths: number): string => String(hundredths / 100);

const RulesType = builder.objectRef<Rules>('StoreCreditRules').implement({
  description: 'What the shop allows in one currency. What is null is not limited.',
  fields: (t) => {
    const amount = (name: 'balanceMaxMinor' | 'issueMaxMinor' | 'redemptionMinMinor' | 'approvalAboveMinor', description: string) =>
      t.field({
        type: MoneyV2,
        nullable: true,
        description,
        resolve: ({ [name]: amountMinor, currency }) => (amountMinor === null ? null : { amountMinor, currency }),
      });
    return {
      currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
      enabled: t.exposeBoolean('isEnabled', { nullable: false, description: 'Whether credit is given, and pays orders, in this currency.' }),
      refundMethodEnabled: t.exposeBoolean('isRefundMethod', { nullable: false, description: 'Whether orders may be refunded to credit.' }),
      maximumBalance: amount('balanceMaxMinor', 'No credit takes an account beyond it.'),
      maximumIssue: amount('issueMaxMinor', 'The largest single credit.'),
      minimumRedemption: amount('redemptionMinMinor', 'The smallest part of an order that credit pays.'),
      maximumOrderPercentage: t.field({
        type: 'Decimal',
        nullable: true,
        description: 'The largest part of an order that credit pays, in percent of its total.',
        resolve: ({ orderShareMax }) => (orderShareMax === null ? null : percentOf(orderShareMax)),
      }),
      defaultExpiryDays: t.exposeInt('expiresAfterDays', {
        nullable: true,
        description: 'When credit expires that is given without a moment of its own.',
      }),
      approvalAbove: amount('approvalAboveMinor', 'A credit beyond it needs a second member of staff.'),
    };
  },
});

const AMOUNT = 'In this currency; null takes the limit away.';

const RulesInput = builder.inputType('StoreCreditRulesInput', {
  description: 'What is absent stays as it is.',
  fields: (t) => ({
    enabled: t.boolean(),
    refundMethodEnabled: t.boolean(),
    maximumBalance: t.field({ type: 'Decimal', description: AMOUNT }),
    maximumIssue: t.field({ type: 'Decimal', description: AMOUNT }),
    minimumRedemption: t.field({ type: 'Decimal', description: AMOUNT }),
    maximumOrderPercentage: t.field({ type: 'Decimal', description: 'From 0.01 to 100, with at most two decimals.' }),
    defaultExpiryDays: t.int({ description: 'From 1 to 36,500.' }),
    approvalAbove: t.field({ type: 'Decimal', description: `${AMOUNT} 0: every credit.` }),
  }),
});

const UpdatePayload = payloadType<{ currency: string }>(
  'StoreCreditRulesUpdatePayload',
  userErrorType('StoreCreditRulesUpdateUserError', RULES_CODES),
  (t) => ({
    storeCreditRules: t.field({
      type: RulesType,
      resolve: ({ currency }, _args, { app }) => (currency ? rulesOf(app.backend.database.sql, currency) : null),
    }),
  }),
);

const QuoteReason = builder.enumType('StoreCreditQuoteReason', {
  values: {
    BELOW_MINIMUM: { description: 'What could be used is less than the smallest redemption.' },
    HELD: { description: 'A part of the balance is held for something else.' },
    INSUFFICIENT_FUNDS: { description: 'There is less available than the order costs.' },
    NO_CREDIT: { description: 'There is no credit in this currency.' },
    NOT_ENABLED: { description: 'Store credit pays no orders in this currency.' },
    ORDER_SHARE: { description: 'Credit pays only a part of an order.' },
  } satisfies Record<(typeof QUOTE_REASONS)[number], { description: string }>,
});

const QuoteLimit = builder.objectRef<Quote['limits'][number] & { readonly currency: string }>('StoreCreditQuoteLimit').implement({
  description: 'Why not more of an order is paid with credit.',
  fields: (t) => ({
    reason: t.expose('reason', { type: QuoteReason, nullable: false }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'The most that it leaves usable.',
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
  }),
});

const QuoteType = builder.objectRef<Quote>('StoreCreditQuote').implement({
  description: 'How much credit may pay an order now.',
  fields: (t) => {
    const amount = (name: 'usableMinor' | 'restMinor' | 'balanceMinor' | 'availableMinor', description: string) =>
      t.field({ type: MoneyV2, nullable: false, description, resolve: ({ [name]: amountMinor, currency }) => ({ amountMinor, currency }) });
    return {
      usable: amount('usableMinor', 'What may be used now; a hold keeps it.'),
      remainingTotal: amount('restMinor', 'What of the order is then left to pay.'),
      balance: amount('balanceMinor', 'All that is on the account.'),
      available: amount('availableMinor', 'What of it can be spent.'),
      limits: t.field({
        type: [QuoteLimit],
        nullable: false,
        description: 'What keeps it from being all of the order; empty when nothing does.',
        resolve: ({ limits, currency }) => limits.map((limit) => ({ ...limit, currency })),
      }),
    };
  },
});

/** Whose credit is asked about: a customer's own, or for staff that of the one named. */
const whose = ({ viewer }: Context, customerGid: string | null | undefined): string => {
  if (viewer.kind === 'customer' && !customerGid) return viewer.customerId;
  if (viewer.kind === 'customer' && idOf(customerGid ?? '', 'Customer') === viewer.customerId) return viewer.customerId;
  if (viewer.kind !== 'staff') throw unauthorizedWithout(viewer, 'store_credit:read');
  if (!customerGid) throw badInput('Staff name the customer: give customerId.');
  return idOf(customerGid, 'Customer');
};

builder.queryFields((t) => ({
  storeCreditRules: t.field({
    type: [RulesType],
    nullable: false,
    description: 'The rules of each currency that has some, or of the one asked for.',
    authScopes: { staff: 'store_credit:read' },
    args: { currencyCode: t.arg({ type: CurrencyCode }) },
    resolve: async (_root, { currencyCode }, { app }) => {
      const found = await readRules(app.backend.database.sql, currencyCode ?? null);
      return found.length === 0 && currencyCode ? [noRules(currencyCode)] : found;
    },
  }),
  storeCreditQuote: t.field({
    type: QuoteType,
    nullable: false,
    description: 'How much credit a customer may use for an order now, and why not more.',
    authScopes: { signedIn: true, staff: 'store_credit:read' },
    args: {
      orderTotal: t.arg({ type: MoneyInput, required: true }),
      customerId: t.arg.id({ description: 'For staff: whose credit.' }),
      reference: t.arg.string({ description: 'What the order is called in holds and debits: what they took for it counts.' }),
    },
    resolve: async (_root, args, context, info) => {
      const customerId = whose(context, args.customerId);
      const orderTotal = refusingRead(context, info, () => moneyOf(args.orderTotal, ['orderTotal']));
      if (orderTotal.amountMinor < 0n) throw badInput('An order’s total is not below zero.');
      const { app } = context;
      return quote(app.backend.database.sql, { customerId, orderTotal, reference: args.reference ?? null, moment: app.ledgerMoment() });
    },
  }),
}));

builder.mutationFields((t) => ({
  storeCreditRulesUpdate: t.field({
    type: UpdatePayload,
    description: 'Changes the rules of one currency. They hold for what is asked of the ledger from then on.',
    authScopes: { staff: 'settings:write' },
    args: { currencyCode: t.arg({ type: CurrencyCode, required: true }), input: t.arg({ type: RulesInput, required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => updateRules(tx, args.currencyCode, args.input)),
  }),
}));
