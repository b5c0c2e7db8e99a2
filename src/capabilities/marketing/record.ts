import { v7 as uuid } from 'uuid';
import type { MarketingChannel } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { COLUMNS, type Consent, consentIn, type GivenConsent } from './consent.ts';

/** What a customer lets the shop send by a channel; without a row she was never asked. */
export const consentOf = async (tx: Pick<Tx, 'db'>, customerId: string, channel: MarketingChannel): Promise<Consent> =>
  consentIn(await tx.db.customerMarketing.findUnique({ where: { customerId } }), channel);

/**
 * Keeps a consent and its line in the log. What was said before what is kept already does not overwrite it, and what is so already is
 * not written again. The caller holds the customer's row.
 */
export const recordConsent = async (tx: Tx, customerId: string, given: GivenConsent): Promise<void> => {
  const { channel, state, optInLevel, occurredAt, source, detail = null, address } = given;
  const before = await consentOf(tx, customerId, channel);
  if (before.at && before.at > occurredAt) return;
  // A pending one that is asked for anew begins anew: the link of the mail before it is void.
  const isSame = before.state === state && before.optInLevel === optInLevel;
  if (isSame && (state !== 'PENDING' || before.at?.getTime() === occurredAt.getTime())) return;
  const columns = COLUMNS[channel];
  const data = { [columns.state]: state, [columns.optInLevel]: optInLevel, [columns.at]: occurredAt };
  await tx.db.customerMarketing.upsert({ where: { customerId }, create: { customerId, ...data }, update: data, select: { customerId: true } });
  await tx.db.marketingConsentEvent.create({
    data: {
      id: uuid(),
      customerId,
      channel,
      address,
      stateBefore: before.state,
      state,
      optInLevel,
      source,
      detail,
      actor: tx.actor,
      occurredAt,
      createdAt: tx.now,
    },
    select: { id: true },
  });
  tx.emit({ type: 'customer_marketing_consent.updated', customerId, channel, state });
};
