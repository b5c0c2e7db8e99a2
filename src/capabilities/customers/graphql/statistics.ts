import type { Money } from '../../../core/money.ts';
import { builder } from '../../../graphql/builder.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { RFM_GROUPS, type RfmGroup } from '../rfm-groups.ts';

interface Spending {
  readonly currency: string;
  readonly ordersCount: number;
  readonly spentMinor: bigint;
}

interface Counted {
  readonly statistics: {
    readonly ordersCount: number;
    readonly firstOrderAt: Date | null;
    readonly lastOrderAt: Date | null;
    readonly rfmGroup: RfmGroup | null;
  } | null;
  readonly spending: readonly Spending[];
}

const SPENDING = { select: { currency: true, ordersCount: true, spentMinor: true } } as const;

/** What was spent in each currency, the one with the most orders first. */
const byCurrency = (spending: readonly Spending[]): Spending[] =>
  spending
    .filter(({ ordersCount }) => ordersCount > 0)
    .sort((a, b) => b.ordersCount - a.ordersCount || Number(a.currency > b.currency) - Number(a.currency < b.currency));

const moneyOf = ({ spentMinor: amountMinor, currency }: Spending): Money => ({ amountMinor, currency });

/** The mean of the orders, to the nearest minor unit; half a unit goes up. */
const averageOf = ({ spentMinor, ordersCount, currency }: Spending): Money => {
  const count = BigInt(ordersCount);
  const doubled = 2n * spentMinor + count;
  const floored = doubled / (2n * count) - (doubled < 0n && doubled % (2n * count) !== 0n ? 1n : 0n);
  return { amountMinor: floored, currency };
};

const first = (counted: Counted): Spending | undefined => byCurrency(counted.spending)[0];

const CustomerRfmGroup = builder.enumType('CustomerRfmGroup', {
  description: 'The RFM (recency, frequency, monetary) group of a customer: where she stands among the customers of this shop.',
  values: Object.fromEntries(Object.entries(RFM_GROUPS).map(([name, description]) => [name, { description }])) as Record<
    RfmGroup,
    { description: string }
  >,
});

const CustomerStatistics = builder.objectRef<Counted>('CustomerStatistics').implement({
  description: 'What the customer’s orders come to. Cancelled orders do not count; of unpaid ones nothing is spent; refunds are taken off.',
  fields: (t) => ({
    numberOfOrders: t.int({ nullable: false, resolve: ({ statistics }) => statistics?.ordersCount ?? 0 }),
    amountsSpent: t.field({
      type: [MoneyV2],
      nullable: false,
      description: 'In each currency, the one with the most orders first.',
      resolve: ({ spending }) => byCurrency(spending).map(moneyOf),
    }),
    averageOrderAmount: t.field({
      type: MoneyV2,
      description: 'In the currency of `amountSpent`.',
      resolve: (counted) => {
        const spent = first(counted);
        return spent ? averageOf(spent) : null;
      },
    }),
    firstOrderAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ statistics }) => statistics?.firstOrderAt }),
    lastOrderAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ statistics }) => statistics?.lastOrderAt }),
    rfmGroup: t.field({
      type: CustomerRfmGroup,
      nullable: true,
      authScopes: { staff: 'customers:read' },
      description:
        'For staff only. Follows her own orders at once, and others’ when the shop’s limits are measured anew; null until they were for the first time.',
      resolve: ({ statistics }) => (statistics ? statistics.rfmGroup : 'PROSPECTS'),
    }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  numberOfOrders: t.field({
    type: 'UnsignedInt64',
    nullable: false,
    description: 'Orders that are not cancelled.',
    select: { statistics: { select: { ordersCount: true } } },
    resolve: ({ statistics }) => BigInt(statistics?.ordersCount ?? 0),
  }),
  amountSpent: t.field({
    type: MoneyV2,
    nullable: true,
    description: 'In the currency of most of the orders; null without any. Every currency: `statistics { amountsSpent }`.',
    select: { spending: SPENDING },
    resolve: ({ spending }) => {
      const [most] = byCurrency(spending);
      return most ? moneyOf(most) : null;
    },
  }),
  lastOrder: t.prismaField({
    type: 'Order',
    nullable: true,
    description: 'The newest, cancelled or not.',
    select: { statistics: { select: { lastOrderId: true } } },
    resolve: (query, { statistics }, _args, { app }) =>
      statistics?.lastOrderId ? app.backend.database.read.order.findUnique({ ...query, where: { id: statistics.lastOrderId } }) : null,
  }),
  statistics: t.field({
    type: CustomerStatistics,
    nullable: false,
    select: { statistics: { select: { ordersCount: true, firstOrderAt: true, lastOrderAt: true, rfmGroup: true } }, spending: SPENDING },
    resolve: (customer) => customer,
  }),
  canDelete: t.boolean({
    nullable: true,
    authScopes: { staff: 'customers:read' },
    description: 'For staff only: whether `customerDelete` would take the customer away now.',
    select: { statistics: { select: { lastOrderId: true } }, storeCreditAccounts: { select: { id: true, balanceMinor: true } } },
    resolve: ({ statistics, storeCreditAccounts }) =>
      !statistics?.lastOrderId && storeCreditAccounts.every(({ balanceMinor }) => balanceMinor === 0n),
  }),
}));
