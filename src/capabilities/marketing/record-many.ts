import { v7 as uuid } from 'uuid';
import type { MarketingChannel, MarketingState } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import type { GivenConsent } from './consent.ts';

/** A consent of one customer among many, and what she had said before, as the caller read it under her row's lock. */
export interface OneOfMany extends Omit<GivenConsent, 'detail'> {
  readonly customerId: string;
  readonly stateBefore: MarketingState;
}

const KEEP: Readonly<Record<MarketingChannel, string>> = {
  EMAIL: keepIn('email'),
  SMS: keepIn('sms'),
  WHATSAPP: keepIn('whatsapp'),
};

function keepIn(channel: string): string {
  return `
insert into customer_marketing (customer_id, ${channel}_state, ${channel}_opt_in_level, ${channel}_at)
select v."customerId", v.state::marketing_state, v."optInLevel"::marketing_opt_in_level, v."occurredAt"
from jsonb_to_recordset($1::text::jsonb) as v("customerId" uuid, state text, "optInLevel" text, "occurredAt" timestamptz)
on conflict (customer_id) do update set ${channel}_state = excluded.${channel}_state, ${channel}_opt_in_level = excluded.${channel}_opt_in_level,
  ${channel}_at = excluded.${channel}_at`;
}

const LOG = `
insert into marketing_consent_event (id, customer_id, channel, address, state_before, state, opt_in_level, source, actor, occurred_at, created_at)
select v.id, v."customerId", v.channel::marketing_channel, v.address, v."stateBefore"::marketing_state, v.state::marketing_state,
  v."optInLevel"::marketing_opt_in_level, v.source::marketing_consent_source, $2::text, v."occurredAt", $3::text::timestamptz
from jsonb_to_recordset($1::text::jsonb) as v(id uuid, "customerId" uuid, channel text, address text, "stateBefore" text, state text,
  "optInLevel" text, source text, "occurredAt" timestamptz)`;

/** Keeps consents of many customers and their lines in the log, a statement for each channel. At most one of a customer and channel. */
export const recordConsents = async (tx: Tx, given: readonly OneOfMany[]): Promise<void> => {
  if (given.length === 0) return;
  for (const channel of ['EMAIL', 'SMS', 'WHATSAPP'] as const) {
    const rows = given.filter((one) => one.channel === channel);
    if (rows.length > 0) await tx.sql(KEEP[channel], [JSON.stringify(rows)]);
  }
  await tx.sql(LOG, [JSON.stringify(given.map((one) => ({ id: uuid(), ...one }))), tx.actor, tx.now.toISOString()]);
  for (const { customerId, channel, state } of given) tx.emit({ type: 'customer_marketing_consent.updated', customerId, channel, state });
};
