import { DomainError } from '../../../core/errors.ts';
import { AttributeInput } from '../../../graphql/attributes.ts';
import type { builder } from '../../../graphql/builder.ts';
import type { About } from '../movement.ts';

/** What a movement may carry, in inputs; and the parts of it that transactions, holds and changes show. */

export const attributesOf = (metadata: unknown): { key: string; value: string }[] =>
  Object.entries((metadata ?? {}) as Record<string, string>).map(([key, value]) => ({ key, value }));

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** Fields of an input whose movement carries a reason and a note. */
export const whyFields = (t: InputFields) => ({
  reason: t.string({ description: 'A code of your own, for staff: letters, digits and `_.:-`, at most 64.' }),
  note: t.string({ description: 'For staff only; at most 5,000 characters; never changes.' }),
});

/** Fields of an input whose movement carries all that movements may carry. */
export const aboutFields = (t: InputFields) => ({
  ...whyFields(t),
  memo: t.string({ description: 'For the customer to read; at most 500 characters; never changes.' }),
  reference: t.string({ description: 'What it is in another system; at most 255 characters.' }),
  metadata: t.field({ type: [AttributeInput], description: 'At most 20 keys of 40 characters, with values of 250, for staff.' }),
});

/** The same, and the order transaction that it belongs to. */
export const originFields = (t: InputFields) => ({
  ...aboutFields(t),
  originId: t.id({ description: 'The order transaction that it belongs to: `gid://shopify/OrderTransaction/…`.' }),
});

interface AboutInput {
  readonly reason?: string | null;
  readonly memo?: string | null;
  readonly note?: string | null;
  readonly reference?: string | null;
  readonly metadata?: readonly { readonly key: string; readonly value: string }[] | null;
  readonly originId?: string | null;
}

const ORDER_TRANSACTION = /^gid:\/\/[a-z0-9_-]+\/OrderTransaction\/[^/?\s]+$/i;

/** What the input says about the movement. Refuses INVALID for a key that comes twice and for an origin that is no order transaction. */
export const aboutIn = ({ reason, memo, note, reference, metadata, originId }: AboutInput, input: string): About => {
  const entries = (metadata ?? []).map(({ key, value }) => [key, value] as const);
  if (new Set(entries.map(([key]) => key)).size < entries.length) throw new DomainError('INVALID', [input, 'metadata']);
  if (originId != null && !ORDER_TRANSACTION.test(originId)) throw new DomainError('INVALID', [input, 'originId']);
  return {
    reason: reason ?? null,
    memo: memo ?? null,
    note: note ?? null,
    reference: reference ?? null,
    metadata: entries.length > 0 ? Object.fromEntries(entries) : null,
    origin: originId ?? null,
  };
};
