import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { TAGS_CODES, TAX_EXEMPTIONS_CODES } from '../errors.ts';
import { addTags, removeTags } from '../tags.ts';
import { changeTaxExemptions } from '../tax-exemptions.ts';
import { TaxExemption } from './customer.ts';

const TagsUserError = userErrorType('TagsUserError', TAGS_CODES);
const TaxExemptionsUserError = userErrorType('CustomerTaxExemptionsUserError', TAX_EXEMPTIONS_CODES);

const written = (name: string, field: 'node' | 'customer', errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    [field]: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const TagsAddPayload = written('TagsAddPayload', 'node', TagsUserError);
const TagsRemovePayload = written('TagsRemovePayload', 'node', TagsUserError);
const CustomerAddTaxExemptionsPayload = written('CustomerAddTaxExemptionsPayload', 'customer', TaxExemptionsUserError);
const CustomerRemoveTaxExemptionsPayload = written('CustomerRemoveTaxExemptionsPayload', 'customer', TaxExemptionsUserError);
const CustomerReplaceTaxExemptionsPayload = written('CustomerReplaceTaxExemptionsPayload', 'customer', TaxExemptionsUserError);

builder.mutationFields((t) => {
  const tags = {
    id: t.arg.id({ required: true, description: 'The customer.' }),
    tags: t.arg.stringList({ required: true, description: 'A list, or texts with commas between the tags.' }),
  };
  const exemptions = {
    customerId: t.arg.id({ required: true }),
    taxExemptions: t.arg({ type: [TaxExemption], required: true }),
  };
  return {
    tagsAdd: t.field({
      type: TagsAddPayload,
      description: 'Adds tags to a customer; those that she has already stay as they are.',
      authScopes: { staff: 'customers:write' },
      args: tags,
      resolve: (_root, args, context, info) => settle(context, info, args, (tx) => addTags(tx, idOf(args.id, 'Customer'), args.tags)),
    }),
    tagsRemove: t.field({
      type: TagsRemovePayload,
      description: 'Takes tags from a customer; those that she does not have are no error.',
      authScopes: { staff: 'customers:write' },
      args: tags,
      resolve: (_root, args, context, info) => settle(context, info, args, (tx) => removeTags(tx, idOf(args.id, 'Customer'), args.tags)),
    }),
    customerAddTaxExemptions: t.field({
      type: CustomerAddTaxExemptionsPayload,
      description: 'Adds tax exemptions to a customer.',
      authScopes: { staff: 'customers:write' },
      args: exemptions,
      resolve: (_root, args, context, info) =>
        settle(context, info, args, (tx) => changeTaxExemptions(tx, idOf(args.customerId, 'Customer'), 'add', args.taxExemptions)),
    }),
    customerRemoveTaxExemptions: t.field({
      type: CustomerRemoveTaxExemptionsPayload,
      description: 'Takes tax exemptions from a customer.',
      authScopes: { staff: 'customers:write' },
      args: exemptions,
      resolve: (_root, args, context, info) =>
        settle(context, info, args, (tx) => changeTaxExemptions(tx, idOf(args.customerId, 'Customer'), 'remove', args.taxExemptions)),
    }),
    customerReplaceTaxExemptions: t.field({
      type: CustomerReplaceTaxExemptionsPayload,
      description: 'Makes these the customer’s tax exemptions.',
      authScopes: { staff: 'customers:write' },
      args: exemptions,
      resolve: (_root, args, context, info) =>
        settle(context, info, args, (tx) => changeTaxExemptions(tx, idOf(args.customerId, 'Customer'), 'replace', args.taxExemptions)),
    }),
  };
});
