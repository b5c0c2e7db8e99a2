import { unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { MoneyInput, MoneyV2 } from '../../../graphql/scalars.ts';
import { deferred, settle, settleAfter, settleSql } from '../../../graphql/settle.ts';
import { claimCode, giveGuessBack, guessCode } from '../claim-code.ts';
import { createCodes } from '../create-codes.ts';
import { disableCode } from '../disable-code.ts';
import { CLAIM_CODES, CODE_CODES } from '../errors.ts';
import { regenerateCode } from '../regenerate-code.ts';
import { allCodesSearch, codeSearch } from '../search.ts';
import { amountIn, postedPayload } from './payloads.ts';
import { Credit } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;

const State = builder.enumType('StoreCreditCodeState', {
  values: {
    OPEN: { description: 'It can be claimed.' },
    CLAIMED: { description: 'Its credit was given.' },
    DISABLED: { description: 'Staff ended it.' },
    EXPIRED: { description: 'Nobody claimed it in time.' },
  },
});

const Code = builder.prismaNode('StoreCreditCode', {
  description: 'Credit for whoever claims the code first. The code itself is never shown again.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => (customerId ? { owner: customerId, ...STAFF } : STAFF),
  fields: (t) => ({
    hint: t.exposeString('hint', { nullable: false, description: 'The code’s last four characters.' }),
    state: t.field({
      type: State,
      nullable: false,
      select: { claimedAt: true, disabledAt: true, expiresAt: true },
      resolve: ({ claimedAt, disabledAt, expiresAt }, _args, { app }) => {
        if (claimedAt) return 'CLAIMED';
        if (disabledAt) return 'DISABLED';
        return expiresAt && expiresAt <= app.clock() ? 'EXPIRED' : 'OPEN';
      },
    }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      select: { amountMinor: true, currency: true },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    customer: t.relation('customer', { nullable: true, description: 'Whose alone it is.' }),
    memo: t.exposeString('memo', { nullable: true, description: 'For the customer to read; the credit carries it.' }),
    batch: t.exposeString('batch', { nullable: true, authScopes: STAFF, description: 'For staff only.' }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF, description: 'For staff only.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'Until when it can be claimed.' }),
    creditExpiresAfterDays: t.exposeInt('creditExpiresAfter', { nullable: true, description: 'How long the credit lasts from the claim on.' }),
    createdBy: t.exposeString('createdBy', { nullable: true, authScopes: STAFF, description: 'For staff only.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    regeneratedAt: t.expose('regeneratedAt', { type: 'DateTime', nullable: true }),
    disabledAt: t.expose('disabledAt', { type: 'DateTime', nullable: true }),
    claimedAt: t.expose('claimedAt', { type: 'DateTime', nullable: true }),
    transaction: t.relation('transaction', { type: Credit, nullable: true, description: 'The credit that it became.' }),
  }),
});

const SEARCH = '`state:open`, `currency_code:EUR`, `hint`, `created_at`, `expires_at`, `id`.';

builder.prismaObjectFields('Customer', (t) => ({
  storeCreditCodes: t.connection(
    {
      type: Code,
      nullable: false,
      description: 'Credit codes that are this customer’s alone.',
      authScopes: (customer: { id: string }) => ({ owner: customer.id, ...STAFF }),
      args: { query: t.arg.string({ description: SEARCH }), reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, { app }, nested, wanted?: ReadonlySet<string>) => {
        const where = refusing(() => codeSearch(args.query, app.clock()));
        return { storeCreditCodes: nested(keysetQuery(BY_ID, args, where, { id: true, customerId: true }, wanted), nodesOf('StoreCreditCode')) };
      },
      resolve: ({ storeCreditCodes }, args) => keysetConnection(BY_ID, args, storeCreditCodes),
    },
    { name: 'CustomerStoreCreditCodeConnection' },
    { name: 'CustomerStoreCreditCodeEdge' },
  ),
}));

builder.queryFields((t) => ({
  storeCreditCodes: t.connection(
    {
      type: Code,
      nullable: false,
      extensions: readsConnectionOf('StoreCreditCode'),
      description: 'All credit codes, oldest first.',
      authScopes: STAFF,
      args: {
        query: t.arg.string({ description: SEARCH.replace(' ', ' `batch:spring`, `customer_id`, ') }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const where = refusing(() => allCodesSearch(args.query, context.app.clock()));
        const { select, ...page } = keysetQuery(BY_ID, args, where, { id: true, customerId: true }, wantedBy(info));
        const asked = queryOf(context, info) as { select?: object };
        const rows = await context.app.backend.database.read.storeCreditCode.findMany({
          ...(asked.select ? { select: { ...asked.select, ...select } as never } : asked),
          ...page,
        });
        return keysetConnection(BY_ID, args, rows);
      },
    },
    { name: 'StoreCreditCodeConnection' },
    { name: 'StoreCreditCodeEdge' },
  ),
}));

const CodesInput = builder.inputType('StoreCreditCodesInput', {
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, required: true, description: 'What each is worth.' }),
    count: t.int({ description: 'How many, at most 1,000; absent: one.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'Until when they can be claimed; absent: always.' }),
    creditExpiresAfterDays: t.int({ description: 'How long the credit lasts from the claim on; absent: as the rules have it.' }),
    customerId: t.id({ description: 'Whose alone they are; absent: anybody’s.' }),
    batch: t.string({ description: 'What staff call those that belong together; at most 100 characters.' }),
    memo: t.string({ description: 'For the customer to read; at most 500 characters.' }),
    note: t.string({ description: 'For staff only; at most 5,000 characters.' }),
  }),
});

const UserError = userErrorType('StoreCreditCodeUserError', CODE_CODES);

const shown = (name: string) =>
  payloadType<{ codeIds: string[]; codes: string[] }>(name, UserError, (t) => ({
    codes: t.stringList({ description: 'Shown once: keep them now. In the order of `storeCreditCodes`.', resolve: ({ codes }) => codes ?? null }),
    storeCreditCodes: t.prismaField({
      type: [Code],
      resolve: (query, { codeIds }, _args, { app }) =>
        codeIds ? app.backend.database.read.storeCreditCode.findMany({ ...query, where: { id: { in: codeIds } }, orderBy: { id: 'asc' } }) : null,
    }),
  }));

const CreatePayload = shown('StoreCreditCodesCreatePayload');
const RegeneratePayload = shown('StoreCreditCodeRegeneratePayload');
const DisablePayload = payloadType<{ codeIds: string[] }>('StoreCreditCodeDisablePayload', UserError, (t) => ({
  storeCreditCode: t.prismaField({
    type: Code,
    resolve: (query, { codeIds }, _args, { app }) =>
      codeIds?.[0] ? app.backend.database.read.storeCreditCode.findUnique({ ...query, where: { id: codeIds[0] } }) : null,
  }),
}));
const ClaimPayload = postedPayload('StoreCreditCodeClaimPayload', 'StoreCreditCodeClaimUserError', CLAIM_CODES);

/** The customer who asks; root fields of hers let nobody else in. */
const customerIdOf = ({ viewer }: Context): string => {
  if (viewer.kind !== 'customer') throw unauthorizedWithout(viewer, 'store_credit:write');
  return viewer.customerId;
};

builder.mutationFields((t) => ({
  storeCreditCodesCreate: t.field({
    type: CreatePayload,
    description: 'Makes codes that are worth credit to whoever claims them first.',
    authScopes: { staff: 'store_credit:write' },
    args: { input: t.arg({ type: CodesInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { amount: asked, customerId: owner, ...rest } = args.input;
      const customerId = owner == null ? null : idOf(owner, 'Customer');
      const verb = deferred(() => {
        const amount = amountIn(asked, ['input', 'amount'], 'CREDIT_LIMIT_EXCEEDED');
        return (tx: Parameters<typeof createCodes>[0]) => createCodes(tx, context.app.keyring, { ...rest, amount, customerId });
      });
      return settle(context, info, args, verb, { secret: true });
    },
  }),
  storeCreditCodeRegenerate: t.field({
    type: RegeneratePayload,
    description: 'Replaces a lost code; the one before is worth nothing from then on. Customers replace those that are theirs alone.',
    authScopes: { signedIn: true, staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditCode');
      const who = context.viewer.kind === 'staff' ? 'staff' : { customerId: customerIdOf(context) };
      return settleSql(context, info, args, (tx) => regenerateCode(tx, context.app.keyring, id, who), { secret: true });
    },
  }),
  storeCreditCodeDisable: t.field({
    type: DisablePayload,
    description: 'Ends a code that was not claimed.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => disableCode(tx, idOf(args.id, 'StoreCreditCode'))),
  }),
  storeCreditCodeClaim: t.field({
    type: ClaimPayload,
    description: 'Puts what a code is worth into the account of the customer who asks.',
    authScopes: { signedIn: true },
    args: { code: t.arg.string({ required: true }) },
    resolve: async (_root, args, context, info) => {
      const { keyring, backend } = context.app;
      const customerId = customerIdOf(context);
      const guess = { limiter: backend.limiter, keyring, customerId, address: context.request.address };
      let isCounted = false;
      const count = async (): Promise<void> => {
        await guessCode(guess);
        isCounted = true;
      };
      const claim = (tx: Parameters<typeof claimCode>[0]) => claimCode(tx, keyring, customerId, args.code);
      const settled = await settleAfter(context, info, args, count, claim, { secret: false });
      if (isCounted && settled.userErrors.every(({ code }) => code !== 'CODE_NOT_FOUND')) await giveGuessBack(guess);
      return settled;
    },
  }),
}));
