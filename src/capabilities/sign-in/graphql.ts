import { builder } from '../../graphql/builder.ts';
import { languageOfOperation } from '../../graphql/directives.ts';
import { payloadType, userErrorOf, userErrorType } from '../../graphql/errors.ts';
import { settle } from '../../graphql/settle.ts';
import { endSessions } from '../sessions/end.ts';
import type { SessionTokens } from '../sessions/open.ts';
import { invalidRefreshToken, refreshSession } from '../sessions/refresh.ts';
import { confirmCode, requestCode } from './code.ts';
import { CODE_CONFIRM_CODES, CODE_REQUEST_CODES, REFRESH_CODES, SIGN_OUT_CODES } from './errors.ts';

/** Tokens that were kept as JSON come back with their moments as text. */
const Session = builder.objectRef<Omit<SessionTokens, 'expiresAt'> & { expiresAt: Date | string }>('CustomerSession').implement({
  description: 'What a signed-in device keeps. Shown once.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { nullable: false, description: 'For the Authorization header, for one hour.' }),
    refreshToken: t.exposeString('refreshToken', { nullable: false, description: 'For `sessionRefresh`, once, within 30 days.' }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: false,
      description: 'When the access token runs out.',
      resolve: ({ expiresAt }) => new Date(expiresAt),
    }),
  }),
});

const SignInCodeRequestPayload = payloadType<{ expiresAt: Date | string; resendAfter: Date | string }>(
  'SignInCodeRequestPayload',
  userErrorType('SignInCodeRequestUserError', CODE_REQUEST_CODES),
  (t) => ({
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the code stops working.',
      resolve: ({ expiresAt }) => (expiresAt ? new Date(expiresAt) : null),
    }),
    resendAfter: t.field({
      type: 'DateTime',
      description: 'When another code may be asked for.',
      resolve: ({ resendAfter }) => (resendAfter ? new Date(resendAfter) : null),
    }),
  }),
);

const SignInCodeConfirmPayload = payloadType<{ customerId: string; session: SessionTokens }>(
  'SignInCodeConfirmPayload',
  userErrorType('SignInCodeConfirmUserError', CODE_CONFIRM_CODES),
  (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.prisma.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
    session: t.field({ type: Session, resolve: ({ session }) => session ?? null }),
  }),
);

const SessionRefreshPayload = payloadType<{ session: SessionTokens }>(
  'SessionRefreshPayload',
  userErrorType('SessionRefreshUserError', REFRESH_CODES),
  (t) => ({ session: t.field({ type: Session, resolve: ({ session }) => session ?? null }) }),
);

const SignOutPayload = payloadType<object>('SignOutPayload', userErrorType('SignOutUserError', SIGN_OUT_CODES), () => ({}));

builder.mutationFields((t) => ({
  signInCodeRequest: t.field({
    type: SignInCodeRequestPayload,
    nullable: false,
    description: 'Mails a six-digit code. Known and unknown addresses are answered alike.',
    authScopes: { public: true },
    args: { email: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => {
      const { app, request } = context;
      const language = languageOfOperation(info, context);
      return settle(
        context,
        info,
        args,
        deferred(() =>
          requestCode(
            { codes: app.backend.codes, keyring: app.keyring },
            { email: args.email, language, shopName: app.shopName, address: request.address },
          ),
        ),
        { secret: true },
      );
    },
  }),
  signInCodeConfirm: t.field({
    type: SignInCodeConfirmPayload,
    nullable: false,
    description: 'Exchanges the code for a session. The first sign-in makes the customer.',
    authScopes: { public: true },
    args: { email: t.arg.string({ required: true }), code: t.arg.string({ required: true }) },
    resolve: async (_root, args, context, info) => {
      const { app, request } = context;
      const locale = languageOfOperation(info, context);
      const settled = await settle(
        context,
        info,
        args,
        deferred(() => confirmCode({ codes: app.backend.codes, keyring: app.keyring }, { ...args, locale, device: request })),
        { secret: true },
      );
      const { customerId, session } = settled;
      // The code has proven who is there: the rest of this operation is hers.
      if (customerId && session)
        context.viewer = { kind: 'customer', customerId, sessionId: session.sessionId, expiresAt: new Date(session.expiresAt) };
      return settled;
    },
  }),
  sessionRefresh: t.field({
    type: SessionRefreshPayload,
    nullable: false,
    description:
      'Exchanges a refresh token for the next pair. The same token again within 30 seconds gives the same pair; later it ends the session.',
    authScopes: { public: true },
    args: { refreshToken: t.arg.string({ required: true }) },
    resolve: async (_root, args, context, info) => {
      const settled = await settle(
        context,
        info,
        args,
        async (tx) => ({ session: await refreshSession(tx, context.app.keyring, args.refreshToken) }),
        { secret: true },
      );
      // The refusal is made here and not in the verb, so that a session that a stolen token ended is ended for good.
      if (settled.session || settled.userErrors.length > 0) return { ...settled, session: settled.session ?? undefined };
      return { userErrors: [userErrorOf(invalidRefreshToken(), languageOfOperation(info, context))] };
    },
  }),
  signOut: t.field({
    type: SignOutPayload,
    nullable: false,
    description: 'Ends the session of the token in the request; its subscriptions end with it.',
    authScopes: { signedIn: true },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, async (tx) => {
        if (context.viewer.kind === 'customer') await endSessions(tx, { id: context.viewer.sessionId }, 'signed_out');
        return {};
      }),
  }),
}));

/** Makes the verb inside `settle`, where its refusals of the input become `userErrors`, and once, however often the transaction runs. */
const deferred = <Tx, Result>(make: () => (tx: Tx) => Promise<Result>): ((tx: Tx) => Promise<Result>) => {
  let verb: ((tx: Tx) => Promise<Result>) | undefined;
  return async (tx) => {
    verb ??= make();
    return verb(tx);
  };
};
