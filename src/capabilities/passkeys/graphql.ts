import type { App } from '../../app.ts';
import type { Viewer } from '../../core/viewer.ts';
import { unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { settle } from '../../graphql/settle.ts';
import { settleSignIn, signedInPayload } from '../../graphql/signed-in.ts';
import { openSession } from '../sessions/open.ts';
import type { ChallengeTools } from './challenge.ts';
import { PASSKEY_CODES, PASSKEY_SIGN_IN_CODES } from './errors.ts';
import { nameOf, passkeyCreationOptions, type Registrant, registerPasskey } from './register.ts';
import { type RelyingParty, relyingPartyOf } from './relying-party.ts';
import { removePasskey, renamePasskey } from './remove.ts';
import { passkeyRequestOptions, signInByPasskey } from './sign-in.ts';

builder.prismaNode('Passkey', {
  name: 'CustomerPasskey',
  description: 'A passkey by which a customer signs in.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false }),
    isBackedUp: t.exposeBoolean('backedUp', { nullable: false, description: 'Whether it is kept in more places than one device.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  passkeys: t.relation('passkeys', { nullable: false, query: { orderBy: { id: 'asc' }, take: 20 }, description: 'At most twenty.' }),
}));

const PasskeyUserError = userErrorType('PasskeyUserError', PASSKEY_CODES);

const OptionsPayload = payloadType<{ options: unknown }>('PasskeyOptionsPayload', PasskeyUserError, (t) => ({
  options: t.field({
    type: 'JSON',
    nullable: true,
    description: 'For `startRegistration({ optionsJSON })` or `startAuthentication({ optionsJSON })` of @simplewebauthn/browser.',
    resolve: ({ options }) => options ?? null,
  }),
}));

const written = (name: string) =>
  payloadType<{ passkeyId: string }>(name, PasskeyUserError, (t) => ({
    passkey: t.prismaField({
      type: 'Passkey',
      resolve: (query, { passkeyId }, _args, { app }) =>
        passkeyId ? app.backend.database.read.passkey.findUnique({ ...query, where: { id: passkeyId } }) : null,
    }),
  }));

const PasskeyRegisterPayload = written('PasskeyRegisterPayload');
const PasskeyRenamePayload = written('PasskeyRenamePayload');
const PasskeyRemovePayload = payloadType<{ removedId: string }>('PasskeyRemovePayload', PasskeyUserError, (t) => ({
  removedPasskeyId: t.globalID({ nullable: true, resolve: ({ removedId: id }) => (id ? { type: 'CustomerPasskey', id } : null) }),
}));
const PasskeySignInPayload = signedInPayload('PasskeySignInPayload', userErrorType('PasskeySignInUserError', PASSKEY_SIGN_IN_CODES));

const toolsOf = ({ backend, keyring }: App): ChallengeTools => ({ codes: backend.codes, keyring });
const partyOf = (app: App): RelyingParty => relyingPartyOf(app, app.shopName);

const ownerOf = (viewer: Viewer): Registrant => {
  if (viewer.kind !== 'customer') throw unauthorized(viewer);
  return viewer;
};

builder.mutationFields((t) => ({
  passkeyRegistrationOptions: t.field({
    type: OptionsPayload,
    nullable: false,
    description: 'What the browser needs to make a passkey for the signed-in customer. Asks for a sign-in of the last ten minutes.',
    authScopes: { signedIn: true },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, async (tx) => ({
        options: await passkeyCreationOptions(tx, toolsOf(context.app), partyOf(context.app), ownerOf(context.viewer)),
      })),
  }),
  passkeyRegister: t.field({
    type: PasskeyRegisterPayload,
    nullable: false,
    description: 'Keeps the passkey that the browser made.',
    authScopes: { signedIn: true },
    args: {
      response: t.arg({ type: 'JSON', required: true, description: 'What `startRegistration` answered.' }),
      name: t.arg.string({ required: true, description: 'What the customer calls it.' }),
    },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => registerPasskey(tx, toolsOf(context.app), partyOf(context.app), ownerOf(context.viewer), args)),
  }),
  passkeySignInOptions: t.field({
    type: OptionsPayload,
    nullable: false,
    description: 'What the browser needs to sign in with a passkey of this shop; no name is asked for.',
    authScopes: { public: true },
    resolve: async (_root, _args, { app }) => ({ options: await passkeyRequestOptions(toolsOf(app), partyOf(app)), userErrors: [] }),
  }),
  passkeySignIn: t.field({
    type: PasskeySignInPayload,
    nullable: false,
    description: 'Exchanges what the browser signed for a session.',
    authScopes: { public: true },
    args: { response: t.arg({ type: 'JSON', required: true, description: 'What `startAuthentication` answered.' }) },
    resolve: (_root, args, context, info) =>
      settleSignIn(context, () =>
        settle(
          context,
          info,
          args,
          (tx) =>
            signInByPasskey(tx, toolsOf(context.app), partyOf(context.app), args.response, (inner, customerId, method) =>
              openSession(inner, customerId, context.request, method),
            ),
          { secret: true },
        ),
      ),
  }),
  passkeyRename: t.field({
    type: PasskeyRenamePayload,
    nullable: false,
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true }), name: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => renamePasskey(tx, ownerOf(context.viewer).customerId, idOf(args.id, 'CustomerPasskey'), nameOf(args.name))),
  }),
  passkeyRemove: t.field({
    type: PasskeyRemovePayload,
    nullable: false,
    description: 'Forgets a passkey. The last way in is kept unless the customer says that she knows. Asks for a sign-in of the last ten minutes.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true }), evenIfLast: t.arg.boolean({ required: true, defaultValue: false }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => removePasskey(tx, ownerOf(context.viewer), idOf(args.id, 'CustomerPasskey'), args)),
  }),
}));
