import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { deferred, settle } from '../../../graphql/settle.ts';
import { approveRequest } from '../approve-request.ts';
import { declineRequest } from '../decline-request.ts';
import { REQUEST_CODES } from '../errors.ts';
import { requestCredit } from '../request-credit.ts';
import { requestSearch } from '../search.ts';
import { aboutIn, attributesOf } from './about.ts';
import { CreditInput } from './mutations.ts';
import { accountRef, amountIn } from './payloads.ts';
import { Credit, StoreCreditSystemEvent } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;

const State = builder.enumType('StoreCreditCreditRequestState', {
  values: {
    PENDING: { description: 'It waits.' },
    APPROVED: { description: 'The credit was given.' },
    DECLINED: { description: 'It was refused, or withdrawn.' },
    EXPIRED: { description: 'Nobody decided it in time.' },
  },
});

const CreditRequest = builder.prismaNode('StoreCreditCreditRequest', {
  description: 'A credit that waits for a second member of staff.',
  id: { field: 'id' },
  nullable: true,
  authScopes: STAFF,
  fields: (t) => ({
    state: t.field({
      type: State,
      nullable: false,
      select: { state: true, expiresAt: true },
      resolve: ({ state, expiresAt }, _args, { app }) => (state === 'PENDING' && expiresAt <= app.clock() ? 'EXPIRED' : state),
    }),
    customer: t.relation('customer', { nullable: false }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      select: { amountMinor: true, currency: true },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
    creditExpiresAt: t.expose('creditExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the credit is to expire, where that was said.',
    }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF }),
    memo: t.exposeString('memo', { nullable: true }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF }),
    reference: t.exposeString('reference', { nullable: true, authScopes: STAFF }),
    metadata: t.field({
      type: [AttributeType],
      nullable: true,
      authScopes: STAFF,
      select: { metadata: true },
      resolve: ({ metadata }) => attributesOf(metadata),
    }),
    requestedBy: t.exposeString('requestedBy', { nullable: false, description: '`staff:<token id>`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: false, description: 'From then on it cannot be approved.' }),
    decidedBy: t.exposeString('decidedBy', { nullable: true }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true }),
    decisionNote: t.exposeString('decisionNote', { nullable: true }),
    transaction: t.relation('transaction', { type: Credit, nullable: true, description: 'The credit that was given.' }),
  }),
});

builder.prismaObjectField(Credit, 'creditRequest', (t) =>
  t.relation('request', {
    type: CreditRequest,
    nullable: true,
    authScopes: STAFF,
    description: 'Who asked for it and who approved it, where two were needed; for staff only.',
  }),
);

const UserError = userErrorType('StoreCreditCreditRequestUserError', REQUEST_CODES);

const payload = (name: string) =>
  payloadType<{ creditRequestId: string; transactionId?: string }>(name, UserError, (t) => ({
    storeCreditCreditRequest: t.prismaField({
      type: CreditRequest,
      resolve: (query, { creditRequestId: id }, _args, { app }) =>
        id ? app.backend.database.read.storeCreditCreditRequest.findUnique({ ...query, where: { id } }) : null,
    }),
  }));

const CreatePayload = payload('StoreCreditCreditRequestCreatePayload');
const ApprovePayload = payload('StoreCreditCreditRequestApprovePayload');
const DeclinePayload = payload('StoreCreditCreditRequestDeclinePayload');

builder.queryFields((t) => ({
  storeCreditCreditRequests: t.connection(
    {
      type: CreditRequest,
      nullable: false,
      extensions: readsConnectionOf('StoreCreditCreditRequest'),
      description: 'Credits that were asked of a second member of staff, oldest first.',
      authScopes: STAFF,
      args: {
        query: t.arg.string({ description: '`state:pending`, `currency_code:EUR`, `customer_id`, `created_at`, `id`.' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const where = refusing(() => requestSearch(args.query, context.app.clock()));
        const { select, ...page } = keysetQuery(BY_ID, args, where, { id: true }, wantedBy(info));
        const asked = queryOf(context, info) as { select?: object };
        const rows = await context.app.backend.database.read.storeCreditCreditRequest.findMany({
          ...(asked.select ? { select: { ...asked.select, ...select } as never } : asked),
          ...page,
        });
        return keysetConnection(BY_ID, args, rows);
      },
    },
    { name: 'StoreCreditCreditRequestConnection' },
    { name: 'StoreCreditCreditRequestEdge' },
  ),
}));

builder.mutationFields((t) => ({
  storeCreditCreditRequestCreate: t.field({
    type: CreatePayload,
    description: 'Asks a second member of staff for a credit. Nothing is given until it is approved; in seven days it lapses.',
    authScopes: { staff: 'store_credit:write' },
    args: {
      id: t.arg.id({ required: true, description: 'A store credit account, or its owner.' }),
      creditInput: t.arg({ type: CreditInput, required: true }),
    },
    resolve: (_root, args, context, info) => {
      const account = accountRef(args.id);
      const { creditAmount, ...rest } = args.creditInput;
      const verb = deferred(() => {
        const amount = amountIn(creditAmount, ['creditInput', 'creditAmount'], 'CREDIT_LIMIT_EXCEEDED');
        const input = { account, amount, expiresAt: rest.expiresAt, event: rest.event, notify: rest.notify, ...aboutIn(rest, 'creditInput') };
        return (tx: Parameters<typeof requestCredit>[0]) => requestCredit(tx, input);
      });
      return settle(context, info, args, verb);
    },
  }),
  storeCreditCreditRequestApprove: t.field({
    type: ApprovePayload,
    description: 'Gives a credit that another member of staff asked for. Nobody approves her own.',
    authScopes: { staff: 'store_credit:approve' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditCreditRequest');
      return settle(context, info, args, (tx) => approveRequest(tx, id));
    },
  }),
  storeCreditCreditRequestDecline: t.field({
    type: DeclinePayload,
    description: 'Refuses a credit that was asked for, or withdraws what one asked for oneself.',
    authScopes: { staff: 'store_credit:write' },
    args: { id: t.arg.id({ required: true }), note: t.arg.string({ description: 'For staff only.' }) },
    resolve: (_root, args, context, info) => {
      const id = idOf(args.id, 'StoreCreditCreditRequest');
      return settle(context, info, args, (tx) => declineRequest(tx, id, args.note ?? null));
    },
  }),
}));
