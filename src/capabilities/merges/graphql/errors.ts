import type { Language } from '../../../core/language.ts';
import { builder } from '../../../graphql/builder.ts';
import { encodeGid } from '../../../graphql/gid.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import type { Blocker } from '../mergeable.ts';
import type { Drop } from '../participant.ts';

/** Shopify's values, and BLOCKED of ours. */
const CustomerMergeErrorFieldType = builder.enumType('CustomerMergeErrorFieldType', {
  description: 'What keeps customers from being merged. Of Shopify’s values, those of things that are merged here never come.',
  values: [
    'BLOCKED',
    'COMPANY_CONTACT',
    'CUSTOMER_PAYMENT_METHODS',
    'DELETED_AT',
    'GIFT_CARDS',
    'MERGE_IN_PROGRESS',
    'MULTIPASS_IDENTIFIER',
    'OVERRIDE_FIELDS',
    'PENDING_DATA_REQUEST',
    'REDACTED_AT',
    'STORE_CREDIT',
    'SUBSCRIPTIONS',
  ] as const,
});

/** A blocker in the language of the operation. */
export interface Told {
  readonly blocker: Blocker;
  readonly language: Language;
}

const messageIn = ({ blocker: { code, params }, language }: Told): string => messageOf(code, params, language);

export const CustomerMergeError = builder.objectRef<Told>('CustomerMergeError').implement({
  fields: (t) => ({
    errorFields: t.field({
      type: [CustomerMergeErrorFieldType],
      nullable: false,
      resolve: ({ blocker }) => (blocker.errorField ? [blocker.errorField] : []),
    }),
    message: t.string({ nullable: false, resolve: messageIn }),
    code: t.string({ nullable: false, description: 'What `customerMerge` refuses with.', resolve: ({ blocker }) => blocker.code }),
    customerIds: t.idList({
      nullable: false,
      description: 'Who is in the way.',
      resolve: ({ blocker }) => blocker.customerIds.map((id) => encodeGid('Customer', id)),
    }),
  }),
});

interface Mergeable {
  readonly told: readonly Told[];
  /** Of the merge under way that she is in. */
  readonly mergeId: string | null;
  readonly language: Language;
}

export const CustomerMergeable = builder.objectRef<Mergeable>('CustomerMergeable').implement({
  description: 'Whether a customer can be merged, with whomever.',
  fields: (t) => ({
    isMergeable: t.boolean({ nullable: false, resolve: ({ told }) => told.length === 0 }),
    errorFields: t.field({
      type: [CustomerMergeErrorFieldType],
      nullable: false,
      resolve: ({ told }) => told.flatMap(({ blocker }) => blocker.errorField ?? []),
    }),
    reason: t.string({ nullable: true, resolve: ({ told: [first] }) => (first ? messageIn(first) : null) }),
    errors: t.field({
      complexity: { field: 1, multiplier: 1 },
      type: [CustomerMergeError],
      nullable: false,
      description: 'Each reason with its code and whom it is about.',
      resolve: ({ told }) => [...told],
    }),
  }),
});

export interface ToldDrop {
  readonly drop: Drop;
  readonly language: Language;
}

export const CustomerMergeConsequence = builder.objectRef<ToldDrop>('CustomerMergeConsequence').implement({
  description: 'Something that will not be there afterwards, or not as it was.',
  fields: (t) => ({
    code: t.string({ nullable: false, resolve: ({ drop }) => drop.code }),
    message: t.string({ nullable: false, resolve: ({ drop, language }) => messageOf(drop.code, drop.params, language) }),
    field: t.string({ nullable: true, resolve: ({ drop }) => (drop.params.field === undefined ? null : String(drop.params.field)) }),
    value: t.string({ nullable: true, resolve: ({ drop }) => (drop.params.value === undefined ? null : String(drop.params.value)) }),
  }),
});
