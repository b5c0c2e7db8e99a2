import { languageOf } from '../../../core/language.ts';
import { hasScope } from '../../../core/viewer.ts';
import { StoreCreditTransactionKind as Kinds } from '../../../db/generated/enums.ts';
import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageInContext } from '../../../graphql/directives.ts';
import { encodeGid } from '../../../graphql/gid.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { brandingOf } from '../../branding/branding.ts';
import { holderOf, STATEMENT_LINES_MAX, type Statement, type StatementLine, statementCsv, statementOf } from '../statement.ts';
import { statementHtml } from '../statement-html.ts';
import { StoreCreditAccount } from './account.ts';
import { periodIn } from './period.ts';
import { StoreCreditSystemEvent, TYPES } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;

export const StoreCreditTransactionKind = builder.enumType(Kinds, { name: 'StoreCreditTransactionKind' });

const Line = builder.objectRef<StatementLine>('StoreCreditStatementLine').implement({
  description: 'A movement on a statement.',
  fields: (t) => ({
    transactionId: t.id({ nullable: false, resolve: ({ id, kind }) => encodeGid(TYPES[kind], id) }),
    number: t.field({ type: 'UnsignedInt64', nullable: false, resolve: ({ number }) => BigInt(number) }),
    type: t.field({ type: StoreCreditTransactionKind, nullable: false, resolve: ({ kind }) => kind }),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
    amount: t.field({ type: MoneyV2, nullable: false, resolve: ({ amount, currency }) => ({ amountMinor: BigInt(amount), currency }) }),
    balance: t.field({ type: MoneyV2, nullable: false, resolve: ({ balance, currency }) => ({ amountMinor: BigInt(balance), currency }) }),
    memo: t.exposeString('memo', { nullable: true }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF }),
    reference: t.exposeString('reference', { nullable: true, authScopes: STAFF }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF }),
    actor: t.exposeString('actor', { nullable: true, authScopes: STAFF }),
    createdAt: t.field({ type: 'DateTime', nullable: false, resolve: ({ createdAt }) => new Date(createdAt) }),
  }),
});

const total = ({ lines }: Statement, isCredit: boolean): bigint =>
  lines.reduce((sum, { amount }) => (amount.startsWith('-') === isCredit ? sum : sum + BigInt(amount)), 0n);

const StatementType = builder.objectRef<Statement>('StoreCreditStatement').implement({
  description: 'What happened on an account in a period, between its balance before and after.',
  fields: (t) => {
    const amount = (description: string, of: (statement: Statement) => bigint) =>
      t.field({ type: MoneyV2, nullable: false, description, resolve: (row) => ({ amountMinor: of(row), currency: row.currency }) });
    return {
      from: t.expose('from', { type: 'DateTime', nullable: false }),
      to: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The first moment that is no longer part of it; null: up to now.',
        resolve: ({ to, isOpen }) => (isOpen ? null : to),
      }),
      openingBalance: amount('Before the period.', ({ openingMinor }) => openingMinor),
      totalCredited: amount('All that came in.', (statement) => total(statement, true)),
      totalDebited: amount('All that went out, as a positive amount.', (statement) => -total(statement, false)),
      closingBalance: amount('At its end: the opening balance and all lines.', ({ closingMinor }) => closingMinor),
      lines: t.field({ type: [Line], nullable: false, description: 'Oldest first.', resolve: ({ lines }) => [...lines] }),
      csv: t.string({
        nullable: false,
        description: 'The same as CSV; some columns are for staff only.',
        resolve: (statement, _args, { viewer }) => statementCsv(statement, hasScope(viewer, 'store_credit:read')),
      }),
      html: t.string({
        nullable: false,
        description:
          'A page to print or to make a PDF of, A4, in the language of `@inContext` or else the customer’s own; it holds what the customer may read.',
        resolve: async (statement, _args, { app }, info) => {
          const { sql } = app.backend.database;
          const [branding, { lines, locale }] = await Promise.all([brandingOf(sql, app.shopName), holderOf(sql, statement.accountId)]);
          return statementHtml(statement, { branding, holder: lines, language: languageInContext(info) ?? languageOf(locale) });
        },
      }),
    };
  },
});

builder.prismaObjectField(StoreCreditAccount, 'statement', (t) =>
  t.field({
    type: StatementType,
    nullable: false,
    description: `What happened in a period, at most ${STATEMENT_LINES_MAX} movements.`,
    complexity: { field: 500 },
    args: {
      from: t.arg({ type: 'DateTime', required: true }),
      to: t.arg({ type: 'DateTime', description: 'The first moment that is no longer part of it; absent: now.' }),
    },
    select: { id: true },
    resolve: async ({ id }, args, { app }) => {
      const statement = await statementOf(app.backend.database.sql, id, { ...periodIn(args, app.clock()), isOpen: !args.to });
      if (!statement || statement.lines.length > STATEMENT_LINES_MAX)
        throw badInput(`There are more than ${STATEMENT_LINES_MAX} movements in this period: ask for a shorter one.`);
      return statement;
    },
  }),
);
