import { DomainError } from '../../../core/errors.ts';
import type { Viewer } from '../../../core/viewer.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { deferred, settle } from '../../../graphql/settle.ts';
import { OWN_MERGE_CODES, OWN_MERGE_CONFIRM_CODES, OWN_MERGE_REQUEST_CODES } from '../errors.ts';
import type { Merged } from '../merge.ts';
import { type Merger, mergeOwn, otherEmailOf, type Proof, proveOther, requestOwnMerge } from '../own.ts';
import { previewOf } from './mutations.ts';
import { CustomerMergePreview, OverrideFieldsInput, overridesIn } from './preview.ts';

const moment = (at: Date | string | undefined): Date | null => (at ? new Date(at) : null);

const RequestPayload = payloadType<{ expiresAt: Date | string; resendAfter: Date | string }>(
  'CustomerOwnMergeRequestPayload',
  userErrorType('CustomerOwnMergeRequestUserError', OWN_MERGE_REQUEST_CODES),
  (t) => ({
    expiresAt: t.field({ type: 'DateTime', description: 'When the code stops working.', resolve: ({ expiresAt }) => moment(expiresAt) }),
    resendAfter: t.field({ type: 'DateTime', description: 'When another code may be asked for.', resolve: ({ resendAfter }) => moment(resendAfter) }),
  }),
);

const ConfirmPayload = payloadType<Proof>(
  'CustomerOwnMergeConfirmPayload',
  userErrorType('CustomerOwnMergeConfirmUserError', OWN_MERGE_CONFIRM_CODES),
  (t) => ({
    proof: t.string({ description: 'For `customerOwnMerge`, within fifteen minutes.', resolve: ({ proof }) => proof ?? null }),
    preview: t.field({
      type: CustomerMergePreview,
      description: 'What the merge would do, without choices.',
      resolve: async ({ otherCustomerId }, _args, context, info) => {
        const { viewer } = context;
        if (!otherCustomerId || viewer.kind !== 'customer') return null;
        // The code has shown that both are hers.
        context.viewer = { ...viewer, formerIds: [...(viewer.formerIds ?? []), otherCustomerId] };
        const { customerId } = viewer;
        const input = { customerOneId: otherCustomerId, customerTwoId: customerId, customerIdToKeep: customerId };
        return { ...(await previewOf(context, input)), language: languageOfOperation(info, context) };
      },
    }),
  }),
);

const OwnMergePayload = payloadType<Merged>('CustomerOwnMergePayload', userErrorType('CustomerOwnMergeUserError', OWN_MERGE_CODES), (t) => ({
  customer: t.prismaField({
    type: 'Customer',
    resolve: (query, { resultingCustomerId: id }, _args, { app }) =>
      id ? app.backend.database.read.customer.findUnique({ ...query, where: { id } }) : null,
  }),
}));

const mergerOf = (viewer: Viewer, address: string | undefined): Merger => {
  if (viewer.kind !== 'customer') throw unauthorized(viewer);
  return { customerId: viewer.customerId, sessionId: viewer.sessionId, address };
};

const toolsOf = ({ app }: Context) => ({ codes: app.backend.codes, keyring: app.keyring });

const FRESH = 'Asks for a sign-in of the last ten minutes.';

builder.mutationFields((t) => ({
  customerOwnMergeRequest: t.field({
    type: RequestPayload,
    nullable: false,
    description: `Sends a code to the e-mail address of the signed-in customer’s other account. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { email: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => {
      const merger = mergerOf(context.viewer, context.request.address);
      const letter = { language: languageOfOperation(info, context), shopName: context.app.shopName };
      return settle(
        context,
        info,
        args,
        deferred(() => requestOwnMerge(toolsOf(context), otherEmailOf(args.email), merger, letter)),
      );
    },
  }),
  customerOwnMergeConfirm: t.field({
    type: ConfirmPayload,
    nullable: false,
    description: `Proves by the code that the other account is hers too, and shows what merging the two would do. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { email: t.arg.string({ required: true }), code: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => {
      const merger = mergerOf(context.viewer, context.request.address);
      return settle(
        context,
        info,
        args,
        deferred(() => proveOther(toolsOf(context), otherEmailOf(args.email), args.code, merger)),
        { secret: true },
      );
    },
  }),
  customerOwnMerge: t.field({
    type: OwnMergePayload,
    nullable: false,
    description: `Merges the proven other account into the one that is signed in. ${FRESH}`,
    authScopes: { signedIn: true },
    args: {
      proof: t.arg.string({ required: true }),
      overrideFields: t.arg({ type: OverrideFieldsInput, description: 'Not note and tags, which are the shop’s.' }),
      version: t.arg.string({ description: 'Of the preview: refused with PREVIEW_OUTDATED when anything would be otherwise.' }),
    },
    resolve: (_root, args, context, info) => {
      const merger = mergerOf(context.viewer, context.request.address);
      const { app } = context;
      return settle(context, info, args, async (tx) => {
        const overrideFields = overridesIn(args.overrideFields);
        for (const field of ['note', 'tags'] as const)
          if (overrideFields[field] != null) throw new DomainError('OVERRIDE_ATTRIBUTE_INVALID', ['overrideFields', field]);
        return mergeOwn(tx, app.keyring, merger, { proof: args.proof, overrideFields, version: args.version ?? null, undoDays: app.mergeUndoDays });
      });
    },
  }),
}));
