import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { settleAfter } from '../../../graphql/settle.ts';
import { type Claim, changePassword, considerPassword, considerRemoval, removePassword } from '../change.ts';
import { OWN_PASSWORD_CODES } from '../errors.ts';
import { toolsOf, writingOf } from './context.ts';

const written = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const PasswordUserError = userErrorType('CustomerPasswordUserError', OWN_PASSWORD_CODES);
const PasswordUpdatePayload = written('CustomerPasswordUpdatePayload', PasswordUserError);
const PasswordRemovePayload = written('CustomerPasswordRemovePayload', PasswordUserError);

const CURRENT = 'Not needed within ten minutes of signing in.';

/** Who is signed in. Throws FORBIDDEN for staff, who have no password. */
const claimOf = ({ viewer, request, app }: Context, currentPassword: string | null | undefined): Claim => {
  if (viewer.kind !== 'customer') throw unauthorized(viewer);
  const { customerId, sessionId } = viewer;
  return { customerId, sessionId, currentPassword: currentPassword ?? null, address: request.address, now: app.clock() };
};

builder.mutationFields((t) => ({
  customerPasswordUpdate: t.field({
    type: PasswordUpdatePayload,
    description: 'Changes the signed-in customer’s password, or gives her the first. Her other sessions end, and a mail tells her.',
    authScopes: { signedIn: true },
    args: { password: t.arg.string({ required: true }), currentPassword: t.arg.string({ description: CURRENT }) },
    resolve: (_root, args, context, info) => {
      const claim = claimOf(context, args.currentPassword);
      return settleAfter(
        context,
        info,
        args,
        () => considerPassword(toolsOf(context), claim, args.password),
        (tx, { hash }) => changePassword(tx, writingOf(context, info), claim, hash),
      );
    },
  }),
  customerPasswordRemove: t.field({
    type: PasswordRemovePayload,
    description: 'Removes the signed-in customer’s password: she signs in by code. A mail tells her.',
    authScopes: { signedIn: true },
    args: { currentPassword: t.arg.string({ description: CURRENT }) },
    resolve: (_root, args, context, info) => {
      const claim = claimOf(context, args.currentPassword);
      return settleAfter(
        context,
        info,
        args,
        () => considerRemoval(toolsOf(context), claim),
        (tx) => removePassword(tx, writingOf(context, info), claim.customerId),
      );
    },
  }),
}));
