import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { recordConsents } from '../marketing/record-many.ts';
import { digestOf } from '../metafields/set.ts';
import { postWithin } from '../store-credit/post.ts';
import type { Draft } from './drafts.ts';

const CHANNELS = ['EMAIL', 'SMS', 'WHATSAPP'] as const;

/** Keeps the consents that a chunk's rows gave or ended. */
export const writeConsents = async (tx: Tx, drafts: readonly Draft[]): Promise<void> => {
  const given = drafts.flatMap((draft) =>
    CHANNELS.flatMap((channel) => {
      const last = draft.newConsents.findLast((consent) => consent.channel === channel);
      const stateBefore = draft.original?.consents[channel] ?? 'NOT_SUBSCRIBED';
      const state = draft.consents[channel];
      if (!last || state === stateBefore) return [];
      const contacts = last.hasMoved ? draft.stored : draft.scalars;
      const address = channel === 'EMAIL' ? contacts.email : contacts.phone;
      if (!address) return [];
      const source = last.hasMoved ? ('ADDRESS_CHANGED' as const) : ('IMPORT' as const);
      const optInLevel = state === 'SUBSCRIBED' ? ('UNKNOWN' as const) : null;
      return { customerId: draft.id, channel, stateBefore, state, optInLevel, occurredAt: tx.now, source, address };
    }),
  );
  await recordConsents(tx, given);
};

/** Keeps the metafields that a chunk's rows changed. */
export const writeMetafields = async (tx: Tx, drafts: readonly Draft[]): Promise<void> => {
  const rows = drafts.flatMap(({ id: customerId, newMetafields }) =>
    [...newMetafields.values()].map((value) => ({ id: uuid(), customerId, ...value, digest: digestOf(value.value).toString('hex') })),
  );
  if (rows.length === 0) return;
  await tx.sql(
    `insert into customer_metafield (id, customer_id, namespace, key, type, value, digest, definition_id, created_at, updated_at)
    select v.id, v."customerId", v.namespace, v.key, v.type, v.value, decode(v.digest, 'hex'), v."definitionId", $2::text::timestamptz, $2::text::timestamptz
    from jsonb_to_recordset($1::text::jsonb) as v(
      id uuid, "customerId" uuid, namespace text, key text, type text, value text, digest text, "definitionId" uuid)
    on conflict (customer_id, namespace, key) do update set
      type = excluded.type, value = excluded.value, digest = excluded.digest, definition_id = excluded.definition_id, updated_at = excluded.updated_at`,
    [JSON.stringify(rows), tx.now.toISOString()],
  );
  for (const { id: customerId, newMetafields } of drafts)
    if (newMetafields.size > 0) tx.emit({ type: 'customer_metafields.updated', customerId, fields: [...newMetafields.keys()] });
};

/**
 * Opens the store credit that a chunk's rows bring, through the ledger's door and under the run's key for the line: posted once, however
 * often the chunk is done. Answers with the transactions, by customer. Refuses what the ledger does, for the chunk as a whole.
 */
export const writeCredits = async (tx: Tx, runId: string, drafts: readonly Draft[]): Promise<ReadonlyMap<string, readonly string[]>> => {
  const credits = drafts.flatMap(({ id: customerId, newCredits }) => newCredits.map((credit) => ({ customerId, ...credit })));
  const posted = new Map<string, string[]>();
  if (credits.length === 0) return posted;
  const answers = await postWithin(
    tx,
    credits.map(({ customerId, currency, amountMinor, expiresAt, line }) => ({
      kind: 'CREDIT',
      accountId: null,
      customerId,
      currency,
      amountMinor: BigInt(amountMinor),
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      event: 'OPENING_BALANCE',
      actor: tx.actor,
      idempotency: {
        scope: `customers_import:${runId}`,
        key: String(line),
        fingerprint: createHash('sha256').update(`${currency} ${amountMinor} ${expiresAt}`).digest('hex'),
      },
    })),
  );
  for (const [place, answer] of answers.entries()) {
    if ('refused' in answer) throw new DomainError(answer.refused.code, ['row', 'storeCredit']);
    const { customerId } = credits[place] as (typeof credits)[number];
    if ('transactionId' in answer.ok) posted.set(customerId, [...(posted.get(customerId) ?? []), answer.ok.transactionId]);
  }
  return posted;
};
