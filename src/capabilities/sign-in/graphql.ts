import type { GraphQLResolveInfo } from 'graphql';
import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { languageOfOperation } from '../../graphql/directives.ts';
import { payloadType, userErrorOf, userErrorType } from '../../graphql/errors.ts';
import { deferred, settle, settleSql } from '../../graphql/settle.ts';
import { SessionTokensType, settleSignIn, signedInPayload } from '../../graphql/signed-in.ts';
import { endSessions } from '../sessions/end.ts';
import { openSession, openSessionByEmail, type SessionTokens } from '../sessions/open.ts';
import { invalidRefreshToken, refreshSession } from '../sessions/refresh.ts';
import { confirmCode, confirmLink, type Open, type OpenByAddress, requestCode } from './code.ts';
import { CODE_CONFIRM_CODES, CODE_REQUEST_CODES, LINK_CONFIRM_CODES, REFRESH_CODES, SIGN_OUT_CODES } from './errors.ts';
import type { CodeTools } from './one-time.ts';

const SignInCodeRequestPayload = payloadType<{ expiresAt: Date | string; resendAfter: Date | string; deviceToken: string | null }>(
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
    deviceToken: t.string({
      description: 'For the browser that asked to keep: `signInLinkConfirm` takes the link together with it. Null without `linkUrl`.',
      resolve: ({ deviceToken }) => deviceToken ?? null,
    }),
  }),
);

const SignInCodeConfirmPayload = signedInPayload('SignInCodeConfirmPayload', userErrorType('SignInCodeConfirmUserError', CODE_CONFIRM_CODES));
const SignInLinkConfirmPayload = signedInPayload('SignInLinkConfirmPayload', userErrorType('SignInLinkConfirmUserError', LINK_CONFIRM_CODES));

const SessionRefreshPayload = payloadType<{ session: SessionTokens }>(
  'SessionRefreshPayload',
  userErrorType('SessionRefreshUserError', REFRESH_CODES),
  (t) => ({ session: t.field({ type: SessionTokensType, resolve: ({ session }) => session ?? null }) }),
);

const SignOutPayload = payloadType<object>('SignOutPayload', userErrorType('SignOutUserError', SIGN_OUT_CODES), () => ({}));

builder.mutationFields((t) => ({
  signInCodeRequest: t.field({
    type: SignInCodeRequestPayload,
    nullable: false,
    description:
      'Mails a six-digit code, and with `linkUrl` a link to that page of the shop with `token` in its query. Either works once. Known and unknown addresses are answered alike.',
    authScopes: { public: true },
    args: {
      email: t.arg.string({ required: true }),
      linkUrl: t.arg({
        type: 'URL',
        description: 'A page of the gateway, or of an allowed origin, that calls `signInLinkConfirm` when its visitor says so.',
      }),
      proof: t.arg.string({ description: 'What the captcha on the page gave, where the shop asks for one.' }),
    },
    resolve: (_root, args, context, info) => {
      const { app, request } = context;
      const language = languageOfOperation(info, context);
      const { email, linkUrl, proof } = args;
      const { captcha } = app;
      const asked = {
        email,
        language,
        shopName: app.shopName,
        address: request.address,
        isPerson: captcha ? () => captcha.isPerson(proof ?? null, request.address) : undefined,
      };
      return settleSql(
        context,
        info,
        args,
        deferred(() => requestCode(toolsOf(app), { ...asked, linkUrl: linkUrl ? linkPrefix(app, linkUrl) : null })),
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
    resolve: (_root, args, context, info) =>
      signIn(context, info, args, (locale, open) => {
        const { app, request } = context;
        const openByAddress: OpenByAddress<SessionTokens> = (tx, email, method) => openSessionByEmail(tx, app.openByEmail, email, request, method);
        return confirmCode(toolsOf(app), { ...args, locale, address: request.address }, open, openByAddress);
      }),
  }),
  signInLinkConfirm: t.field({
    type: SignInLinkConfirmPayload,
    nullable: false,
    description:
      'Exchanges the token of a mailed link for a session, in the browser that asked for it. Call it when the visitor says so, not when the page opens: mail scanners open links.',
    authScopes: { public: true },
    args: { token: t.arg.string({ required: true }), deviceToken: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) =>
      signIn(context, info, args, (locale, open) => confirmLink(toolsOf(context.app), { ...args, locale, address: context.request.address }, open)),
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

const toolsOf = ({ backend, keyring }: App): CodeTools => ({ codes: backend.codes, keyring });

/** What a link's token is appended to. Refuses URL_NOT_ALLOWED. */
const linkPrefix = (app: App, url: string): string => {
  if (!app.mayLeadTo(url)) throw new DomainError('URL_NOT_ALLOWED', ['linkUrl']);
  const to = new URL(url);
  to.searchParams.delete('token');
  to.hash = '';
  return `${to.href}${to.search ? '&' : '?'}token=`;
};

/** Runs a verb that opens a session. */
const signIn = (
  context: Context,
  info: GraphQLResolveInfo,
  args: object,
  make: (locale: string, open: Open<SessionTokens>) => (tx: SqlTx) => Promise<{ customerId: string; session: SessionTokens }>,
) => {
  const open: Open<SessionTokens> = (tx, customerId, method) => openSession(tx, customerId, context.request, method);
  return settleSignIn(context, () =>
    settleSql(
      context,
      info,
      args,
      deferred(() => make(languageOfOperation(info, context), open)),
      { secret: true },
    ),
  );
};
