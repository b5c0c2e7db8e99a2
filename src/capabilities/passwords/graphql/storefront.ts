import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, type Settled, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settle, settleAfter, settleSql } from '../../../graphql/settle.ts';
import { redeemMultipass } from '../../multipass/redeem.ts';
import { openStorefrontSession, type StorefrontToken } from '../../sessions/open.ts';
import { type TokenShown, tokenInUrl } from '../account-token.ts';
import { type Chosen, choosePassword, storeChosen } from '../choose.ts';
import { STOREFRONT_CODES } from '../errors.ts';
import { provePassword } from '../prove.ts';
import { allowMail, recoverPassword } from '../recover.ts';
import { signInProven } from '../sign-in.ts';
import { deleteStorefrontToken, renewStorefrontToken } from '../storefront-token.ts';
import { toolsOf, writingOf } from './context.ts';

/*
 * The Storefront API's names for classic accounts. Its errors come as `customerUserErrors`; `userErrors` are the same.
 */

type Token = Pick<StorefrontToken, 'accessToken'> & { readonly expiresAt: Date | string };

/** Who was signed in, and her token. */
interface SignedIn {
  readonly customerId: string;
  readonly token: StorefrontToken;
}

const CustomerAccessToken = builder.objectRef<Token>('CustomerAccessToken').implement({
  description: 'What a storefront keeps of a signed-in customer, for the Authorization header. Good for thirty days, and renewable.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { nullable: false }),
    expiresAt: t.field({ type: 'DateTime', nullable: false, resolve: ({ expiresAt }) => new Date(expiresAt) }),
  }),
});

const CustomerUserError = userErrorType('CustomerUserError', STOREFRONT_CODES, 'CustomerErrorCode');

type Fields<Ids extends object> = Parameters<typeof payloadType<Ids>>[2];

/** A payload of the Storefront API: its refusals under both of their names. */
const storefrontPayload = <Ids extends object>(name: string, fields: Fields<Ids>) =>
  payloadType<Ids>(name, CustomerUserError, (t) => ({
    ...(typeof fields === 'function' ? fields(t) : fields),
    customerUserErrors: t.field({ type: [CustomerUserError], nullable: false, resolve: ({ userErrors }) => [...userErrors] }),
  }));

const tokenPayload = (name: string) =>
  storefrontPayload<SignedIn>(name, (t) => ({
    customerAccessToken: t.field({ type: CustomerAccessToken, resolve: ({ token }) => token ?? null }),
  }));

const customerPayload = (name: string) =>
  storefrontPayload<SignedIn>(name, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
    customerAccessToken: t.field({ type: CustomerAccessToken, resolve: ({ token }) => token ?? null }),
  }));

const AccessTokenCreatePayload = tokenPayload('CustomerAccessTokenCreatePayload');
const AccessTokenCreateWithMultipassPayload = tokenPayload('CustomerAccessTokenCreateWithMultipassPayload');
const ActivatePayload = customerPayload('CustomerActivatePayload');
const ActivateByUrlPayload = customerPayload('CustomerActivateByUrlPayload');
const ResetPayload = customerPayload('CustomerResetPayload');
const ResetByUrlPayload = customerPayload('CustomerResetByUrlPayload');
const RecoverPayload = storefrontPayload<object>('CustomerRecoverPayload', () => ({}));

const AccessTokenRenewPayload = payloadType<{ token: Token }>('CustomerAccessTokenRenewPayload', CustomerUserError, (t) => ({
  customerAccessToken: t.field({ type: CustomerAccessToken, resolve: ({ token }) => token ?? null }),
}));

const AccessTokenDeletePayload = payloadType<{ deletedAccessToken: string; sessionId: string }>(
  'CustomerAccessTokenDeletePayload',
  CustomerUserError,
  (t) => ({
    deletedAccessToken: t.string({ resolve: ({ deletedAccessToken }) => deletedAccessToken ?? null }),
    deletedCustomerAccessTokenId: t.string({ resolve: ({ sessionId }) => (sessionId ? `gid://clientele/CustomerAccessToken/${sessionId}` : null) }),
  }),
);

const AccessTokenCreateInput = builder.inputType('CustomerAccessTokenCreateInput', {
  fields: (t) => ({ email: t.string({ required: true }), password: t.string({ required: true }) }),
});

const ActivateInput = builder.inputType('CustomerActivateInput', {
  fields: (t) => ({ activationToken: t.string({ required: true }), password: t.string({ required: true }) }),
});

const ResetInput = builder.inputType('CustomerResetInput', {
  fields: (t) => ({ resetToken: t.string({ required: true }), password: t.string({ required: true }) }),
});

/** The rest of an operation that has signed a customer in is hers. */
const actAs = (context: Context, settled: Settled<SignedIn>): Settled<SignedIn> => {
  const { customerId, token } = settled;
  if (customerId && token) {
    context.viewer = { kind: 'customer', customerId, sessionId: token.sessionId, expiresAt: new Date(token.expiresAt) };
  }
  return settled;
};

type Info = Parameters<typeof writingOf>[1];

interface Choice {
  readonly shown: TokenShown;
  readonly password: string;
  readonly fields: Parameters<typeof choosePassword>[2];
}

/** Chooses a password by a link, and signs in. */
const choose = async (context: Context, info: Info, args: object, { shown, password, fields }: Choice): Promise<Settled<SignedIn>> => {
  const { request, app } = context;
  return actAs(
    context,
    await settleAfter(
      context,
      info,
      args,
      () => choosePassword(toolsOf(context), { shown, password, address: request.address, now: app.clock() }, fields),
      async (tx, chosen: Chosen) => {
        const { customerId } = await storeChosen(tx, writingOf(context, info), chosen, fields.token);
        return { customerId, token: await openStorefrontSession(tx, customerId, request, 'activation') };
      },
    ),
  );
};

const ACTIVATING = ['ACTIVATION', 'REGISTRATION'] as const;
const RECOVERING = ['RECOVERY'] as const;
const inInput = (token: string) => ({ token: ['input', token], password: ['input', 'password'] });
const byUrl = (url: string) => ({ token: [url], password: ['password'] });

builder.mutationFields((t) => ({
  customerAccessTokenCreate: t.field({
    type: AccessTokenCreatePayload,
    description:
      'Signs a customer in by her password, where the shop has classic accounts. Unknown addresses and wrong passwords are answered alike.',
    authScopes: { public: true },
    args: { input: t.arg({ type: AccessTokenCreateInput, required: true }) },
    resolve: async (_root, args, context, info) =>
      actAs(
        context,
        await settleAfter(
          context,
          info,
          args,
          () => provePassword(toolsOf(context), { ...args.input, address: context.request.address }),
          async (tx, proven) => {
            const { customerId } = await signInProven(tx, proven);
            return { customerId, token: await openStorefrontSession(tx, customerId, context.request, 'password') };
          },
        ),
      ),
  }),
  customerAccessTokenCreateWithMultipass: t.field({
    type: AccessTokenCreateWithMultipassPayload,
    description: 'Signs in whomever the shop’s own site names in a Multipass token: good for fifteen minutes, once.',
    authScopes: { public: true },
    args: { multipassToken: t.arg.string({ required: true }) },
    resolve: async (_root, args, context, info) =>
      actAs(
        context,
        await settle(
          context,
          info,
          args,
          async (tx) => {
            const { customerId } = await redeemMultipass(tx, context.app.keyring, { token: args.multipassToken, address: context.request.address });
            return { customerId, token: await openStorefrontSession(tx, customerId, context.request, 'multipass') };
          },
          { secret: true },
        ),
      ),
  }),
  customerAccessTokenRenew: t.field({
    type: AccessTokenRenewPayload,
    description: 'Gives a token thirty days more, before it has run out; 180 days after signing in the customer does so again.',
    authScopes: { public: true },
    args: { customerAccessToken: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, async (tx) => ({ token: await renewStorefrontToken(tx, args.customerAccessToken) }), { secret: true }),
  }),
  customerAccessTokenDelete: t.field({
    type: AccessTokenDeletePayload,
    description: 'Signs out: the token stops working at once.',
    authScopes: { public: true },
    args: { customerAccessToken: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) => deleteStorefrontToken(tx, args.customerAccessToken), { secret: true }),
  }),
  customerActivate: t.field({
    type: ActivatePayload,
    description: 'Chooses the first password by the token of an activation link, and signs in.',
    authScopes: { public: true },
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: ActivateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { activationToken: token, password } = args.input;
      const shown = { token, purposes: ACTIVATING, customerId: idOf(args.id, 'Customer') };
      return choose(context, info, args, { shown, password, fields: inInput('activationToken') });
    },
  }),
  customerActivateByUrl: t.field({
    type: ActivateByUrlPayload,
    description: 'Chooses the first password by the link of an invitation or of a registration, and signs in.',
    authScopes: { public: true },
    args: { activationUrl: t.arg({ type: 'URL', required: true }), password: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => {
      const shown = { token: tokenInUrl(args.activationUrl), purposes: ACTIVATING };
      return choose(context, info, args, { shown, password: args.password, fields: byUrl('activationUrl') });
    },
  }),
  customerRecover: t.field({
    type: RecoverPayload,
    description: 'Mails a link to choose a new password with. Known and unknown addresses are answered alike.',
    authScopes: { public: true },
    args: { email: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) =>
      settleAfter(
        context,
        info,
        args,
        () => allowMail(toolsOf(context), 'recover', { email: args.email, address: context.request.address }, ['email']),
        (tx, allowed) => recoverPassword(tx, writingOf(context, info), allowed),
      ),
  }),
  customerReset: t.field({
    type: ResetPayload,
    description: 'Chooses a new password by the token of a recovery link, and signs in. Every session that was open ends.',
    authScopes: { public: true },
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: ResetInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { resetToken: token, password } = args.input;
      const shown = { token, purposes: RECOVERING, customerId: idOf(args.id, 'Customer') };
      return choose(context, info, args, { shown, password, fields: inInput('resetToken') });
    },
  }),
  customerResetByUrl: t.field({
    type: ResetByUrlPayload,
    description: 'Chooses a new password by a recovery link, and signs in. Every session that was open ends.',
    authScopes: { public: true },
    args: { resetUrl: t.arg({ type: 'URL', required: true }), password: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => {
      const shown = { token: tokenInUrl(args.resetUrl), purposes: RECOVERING };
      return choose(context, info, args, { shown, password: args.password, fields: byUrl('resetUrl') });
    },
  }),
}));
