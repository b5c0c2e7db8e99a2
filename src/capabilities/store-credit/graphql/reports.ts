import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import { BOOK_ACCOUNTS, type JournalLine, journal, journalCsv } from '../journal.ts';
import {
  type Activity,
  activity,
  type Breakage,
  breakage,
  type Expiring,
  expiryCalendar,
  type Interval,
  type Liability,
  liability,
  ROWS_MAX,
} from '../reports.ts';
import { periodIn } from './period.ts';
import { StoreCreditTransactionKind } from './statement.ts';
import { StoreCreditSystemEvent } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;
/** A report reads much for few fields. */
const COST = { field: 500, multiplier: 10 } as const;

const money = (amount: string, currency: string) => ({ amountMinor: BigInt(amount), currency });

/** What is to be reported, when it is not too much. */
const whole = <Row>(rows: Row[], advice: string): Row[] => {
  if (rows.length > ROWS_MAX) throw badInput(`This report has more than ${ROWS_MAX} rows: ${advice}.`);
  return rows;
};

const LiabilityType = builder.objectRef<Liability>('StoreCreditLiability').implement({
  description: 'What the shop owes its customers in credit of one currency.',
  fields: (t) => ({
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
    accounts: t.exposeInt('accounts', { nullable: false, description: 'Those that hold something.' }),
    balance: t.field({ type: MoneyV2, nullable: false, resolve: ({ balance, currency }) => money(balance, currency) }),
    held: t.field({
      type: MoneyV2,
      nullable: true,
      description: 'What of it holds set aside; of the present alone.',
      resolve: ({ held, currency }) => (held === null ? null : money(held, currency)),
    }),
    expired: t.field({
      type: MoneyV2,
      nullable: true,
      description: 'What of it has expired and is not yet posted as such; of the present alone.',
      resolve: ({ expired, currency }) => (expired === null ? null : money(expired, currency)),
    }),
    averageAgeDays: t.float({
      nullable: true,
      description: 'How long ago it was given, weighted by what is left of each credit; of the present alone.',
      resolve: ({ age }) => age,
    }),
  }),
});

const IntervalType = builder.enumType('StoreCreditReportInterval', { values: ['DAY', 'WEEK', 'MONTH'] satisfies Interval[] });

const ActivityType = builder.objectRef<Activity>('StoreCreditActivity').implement({
  description: 'Movements of one kind, event and reason in one period.',
  fields: (t) => ({
    period: t.field({ type: 'Date', nullable: false, description: 'Its first day, UTC.', resolve: ({ period }) => new Date(period) }),
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
    type: t.field({ type: StoreCreditTransactionKind, nullable: false, resolve: ({ kind }) => kind }),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF }),
    transactions: t.exposeInt('transactions', { nullable: false }),
    amount: t.field({ type: MoneyV2, nullable: false, resolve: ({ amount, currency }) => money(amount, currency) }),
  }),
});

const ExpiringType = builder.objectRef<Expiring>('StoreCreditExpiring').implement({
  description: 'What expires in one period, if nothing of it is spent before.',
  fields: (t) => ({
    period: t.field({
      type: 'Date',
      nullable: true,
      description: 'Its first day, UTC; null: what never expires.',
      resolve: ({ period }) => (period === null ? null : new Date(period)),
    }),
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
    credits: t.exposeInt('credits', { nullable: false }),
    amount: t.field({ type: MoneyV2, nullable: false, resolve: ({ amount, currency }) => money(amount, currency) }),
  }),
});

/** A part of what was issued and not taken back; null when that is nothing. */
const rate = (part: string, { issued, reversed, transferred }: Breakage): number | null => {
  const base = Number(BigInt(issued) - BigInt(reversed) - BigInt(transferred));
  return base === 0 ? null : Number(part) / base;
};

const BreakageType = builder.objectRef<Breakage>('StoreCreditBreakage').implement({
  description: 'What became of the credit that was given in a period: the parts add up to what was issued.',
  fields: (t) => {
    const part = (name: 'issued' | 'redeemed' | 'expired' | 'reversed' | 'transferred' | 'remaining', description: string) =>
      t.field({ type: MoneyV2, nullable: false, description, resolve: ({ [name]: amount, currency }) => money(amount, currency) });
    return {
      currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
      credits: t.exposeInt('credits', { nullable: false }),
      issued: part('issued', 'Given; what transfers brought is not counted again.'),
      redeemed: part('redeemed', 'Spent, less what was given back.'),
      expired: part('expired', 'Ran out.'),
      reversed: part('reversed', 'Taken back by staff.'),
      transferred: part('transferred', 'Moved to other accounts: what becomes of it there is not followed.'),
      remaining: part('remaining', 'Still there.'),
      redemptionRate: t.float({
        nullable: true,
        description: 'Redeemed, of what was neither reversed nor transferred.',
        resolve: (row) => rate(row.redeemed, row),
      }),
      breakageRate: t.float({ nullable: true, description: 'Expired, of the same.', resolve: (row) => rate(row.expired, row) }),
    };
  },
});

const BookAccountType = builder.enumType('StoreCreditBookAccount', { values: BOOK_ACCOUNTS });

const JournalLineType = builder.objectRef<JournalLine>('StoreCreditJournalLine').implement({
  description: 'One line of a double entry: a debit or a credit in the accountant’s sense.',
  fields: (t) => {
    const amount = (name: 'debitMinor' | 'creditMinor') =>
      t.field({
        type: MoneyV2,
        nullable: true,
        resolve: ({ [name]: amountMinor, currency }) => (amountMinor === 0n ? null : { amountMinor, currency }),
      });
    return {
      date: t.field({ type: 'Date', nullable: false, description: 'UTC.', resolve: ({ day }) => new Date(day) }),
      account: t.expose('account', { type: BookAccountType, nullable: false }),
      debit: amount('debitMinor'),
      credit: amount('creditMinor'),
      transactions: t.exposeInt('transactions', { nullable: false }),
    };
  },
});

const JournalType = builder.objectRef<readonly JournalLine[]>('StoreCreditJournal').implement({
  description: 'Movements as double entries for the shop’s books: in each currency debits equal credits.',
  fields: (t) => ({
    lines: t.field({ type: [JournalLineType], nullable: false, resolve: (lines) => [...lines] }),
    csv: t.string({ nullable: false, resolve: (lines) => journalCsv(lines) }),
  }),
});

builder.queryFields((t) => {
  const currency = { currencyCode: t.arg({ type: CurrencyCode, description: 'One currency; absent: all.' }) };
  const period = {
    ...currency,
    from: t.arg({ type: 'DateTime', required: true }),
    to: t.arg({ type: 'DateTime', description: 'The first moment that is no longer part of it; absent: now.' }),
  };
  const interval = { interval: t.arg({ type: IntervalType, defaultValue: 'MONTH' }) };
  return {
    storeCreditLiability: t.field({
      type: [LiabilityType],
      nullable: false,
      complexity: COST,
      description: 'What the shop owes its customers in credit, now or as its books stood at a moment.',
      authScopes: STAFF,
      args: { ...currency, at: t.arg({ type: 'DateTime', description: 'A moment in the past; absent: now.' }) },
      resolve: (_root, args, { app }) => liability(app.backend.database.reporting, args.currencyCode ?? null, args.at ?? null, app.ledgerMoment()),
    }),
    storeCreditActivity: t.field({
      type: [ActivityType],
      nullable: false,
      complexity: COST,
      description: 'Movements of a period by day, week or month, kind, event and reason.',
      authScopes: STAFF,
      args: { ...period, ...interval },
      resolve: async (_root, args, { app }) => {
        const rows = await activity(app.backend.database.reporting, args.currencyCode ?? null, periodIn(args, app.clock()), args.interval ?? 'MONTH');
        return whole(rows, 'ask for a shorter period or a longer interval');
      },
    }),
    storeCreditExpiryCalendar: t.field({
      type: [ExpiringType],
      nullable: false,
      complexity: COST,
      description: 'What expires when, if nothing of it is spent before; at last what never expires.',
      authScopes: STAFF,
      args: { ...currency, ...interval },
      resolve: async (_root, args, { app }) => {
        const rows = await expiryCalendar(app.backend.database.reporting, args.currencyCode ?? null, app.ledgerMoment(), args.interval ?? 'MONTH');
        return whole(rows, 'ask for a longer interval');
      },
    }),
    storeCreditBreakage: t.field({
      type: [BreakageType],
      nullable: false,
      complexity: COST,
      description: 'What became of the credit that was given in a period: redeemed, expired, taken back, moved or still there.',
      authScopes: STAFF,
      args: period,
      resolve: (_root, args, { app }) => breakage(app.backend.database.reporting, args.currencyCode ?? null, periodIn(args, app.clock())),
    }),
    storeCreditJournal: t.field({
      type: JournalType,
      nullable: false,
      complexity: COST,
      description: 'A period’s movements as double entries, by day (UTC) and account.',
      authScopes: STAFF,
      args: period,
      resolve: async (_root, args, { app }) => {
        const lines = await journal(app.backend.database.reporting, args.currencyCode ?? null, periodIn(args, app.clock()));
        if (lines.length > 2 * ROWS_MAX) throw badInput('This journal is too long: ask for a shorter period.');
        return lines;
      },
    }),
  };
});
