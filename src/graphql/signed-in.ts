import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { payloadType, type Settled, type userErrorType } from './errors.ts';

/** What a sign-in gives the device; tokens that were kept as JSON come back with their moments as text. */
interface Tokens {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: Date | string;
}

interface SignedIn {
  readonly customerId: string;
  readonly session: Tokens;
}

export const SessionTokensType = builder.objectRef<Tokens>('CustomerSessionTokens').implement({
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

/** The payload of a mutation that signs a customer in. */
export const signedInPayload = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<SignedIn>(name, errorType, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
    session: t.field({ type: SessionTokensType, resolve: ({ session }) => session ?? null }),
  }));

/** Runs what signs a customer in; the rest of the operation is hers. */
export const settleSignIn = async <Ids extends SignedIn>(context: Context, run: () => Promise<Settled<Ids>>): Promise<Settled<Ids>> => {
  const settled = await run();
  const { customerId, session } = settled;
  if (customerId && session) context.viewer = { kind: 'customer', customerId, sessionId: session.sessionId, expiresAt: new Date(session.expiresAt) };
  return settled;
};
