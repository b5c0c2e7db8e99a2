import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { MERGE_MANY_CODES } from '../errors.ts';
import { type MergedMany, mergeMany } from '../merge-many.ts';
import { CustomerMerge } from './merge.ts';

const CustomersMergePayload = payloadType<MergedMany>('CustomersMergePayload', userErrorType('CustomersMergeUserError', MERGE_MANY_CODES), (t) => ({
  resultingCustomerId: t.id({
    nullable: true,
    description: 'Who lives on.',
    resolve: ({ resultingCustomerId: id }) => (id ? encodeGid('Customer', id) : null),
  }),
  customerMerges: t.prismaField({
    type: [CustomerMerge],
    nullable: true,
    description: 'One for each profile that was closed, in order; they are undone one by one, the last first.',
    resolve: (query, { mergeIds }, _args, { app }) =>
      mergeIds
        ? app.backend.database.prisma.customerMerge.findMany({ ...query, where: { id: { in: [...mergeIds] } }, orderBy: { id: 'asc' } })
        : null,
  }),
}));

builder.mutationFields((t) => ({
  customersMerge: t.field({
    type: CustomersMergePayload,
    description: 'Merges several customers into one, all or none: at most 20.',
    authScopes: { staff: 'merge:write' },
    args: {
      customerIds: t.arg.idList({ required: true }),
      customerIdToKeep: t.arg.id({ description: 'The one who lives on; absent: by Shopify’s rules, step by step.' }),
      note: t.arg.string({ description: 'Why, for staff; at most 5,000 characters.' }),
    },
    resolve: (_root, args, context, info) => {
      const ids = args.customerIds.map((id) => idOf(String(id), 'Customer'));
      const keepId = args.customerIdToKeep ? idOf(args.customerIdToKeep, 'Customer') : null;
      return settle(context, info, args, (tx) => mergeMany(tx, ids, keepId, { note: args.note, undoDays: context.app.mergeUndoDays }));
    },
  }),
}));
