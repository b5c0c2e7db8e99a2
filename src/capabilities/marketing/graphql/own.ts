import type { Viewer } from '../../../core/viewer.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { CustomerEmailAddress, EMAIL_CONTACT, emailContactOf } from '../../../graphql/customer-contact.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { settle } from '../../../graphql/settle.ts';
import { SUBSCRIBE_CODES } from '../errors.ts';
import { subscribe } from '../subscribe.ts';
import { unsubscribe } from '../unsubscribe.ts';

const SubscribeUserError = userErrorType('UserErrorsCustomerEmailMarketingUserErrors', SUBSCRIBE_CODES);

const payload = (name: string) =>
  payloadType<{ customerId: string }>(name, SubscribeUserError, (t) => ({
    emailAddress: t.field({
      type: CustomerEmailAddress,
      resolve: async ({ customerId }, _args, { app }) => {
        if (!customerId) return null;
        const row = await app.backend.database.read.customer.findUnique({ where: { id: customerId }, select: EMAIL_CONTACT });
        return row && emailContactOf(row);
      },
    }),
  }));

const SubscribePayload = payload('CustomerEmailMarketingSubscribePayload');
const UnsubscribePayload = payload('CustomerEmailMarketingUnsubscribePayload');

const own = (viewer: Viewer): string => {
  if (viewer.kind !== 'customer') throw unauthorized(viewer);
  return viewer.customerId;
};

builder.mutationFields((t) => ({
  customerEmailMarketingSubscribe: t.field({
    type: SubscribePayload,
    description:
      'The signed-in customer asks for the shop’s mail. Where the shop wants it confirmed, she is sent a mail and PENDING until she follows its link.',
    authScopes: { signedIn: true },
    resolve: (_root, args, context, info) => {
      const customerId = own(context.viewer);
      const language = languageOfOperation(info, context);
      return settle(context, info, args, (tx) => subscribe(tx, context.app, customerId, language));
    },
  }),
  customerEmailMarketingUnsubscribe: t.field({
    type: UnsubscribePayload,
    description: 'The signed-in customer wants the shop’s mail no more. Again it changes nothing.',
    authScopes: { signedIn: true },
    resolve: (_root, args, context, info) => {
      const customerId = own(context.viewer);
      return settle(context, info, args, (tx) => unsubscribe(tx, customerId, 'CUSTOMER'));
    },
  }),
}));
