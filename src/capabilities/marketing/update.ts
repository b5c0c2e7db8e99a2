import { DomainError } from '../../core/errors.ts';
import type { MarketingChannel, MarketingConsentSource, MarketingOptInLevel, MarketingState } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { lockCustomer } from '../customers/update.ts';
import { contactOf } from './consent.ts';
import { consentOf, recordConsent } from './record.ts';
import { requestConfirmation, type Writing } from './request-confirmation.ts';

export interface ConsentInput {
  readonly state: MarketingState;
  readonly optInLevel?: MarketingOptInLevel | null;
  /** When the customer said so; absent: now. */
  readonly updatedAt?: Date | null;
  /** Where, in the shop's words. */
  readonly source?: string | null;
}

/** Where the input's fields stand in the mutation's arguments, and who says so. */
export interface ConsentPaths {
  readonly source?: MarketingConsentSource;
  readonly customerId: readonly string[];
  readonly consent: readonly string[];
  /** Shopify's two dialects: `marketingState`, `marketingOptInLevel`, `consentUpdatedAt`, or `state`, `optInLevel`, `updatedAt`. */
  readonly names: { readonly state: string; readonly optInLevel: string; readonly updatedAt: string };
}

const SETTABLE: readonly MarketingState[] = ['PENDING', 'SUBSCRIBED', 'UNSUBSCRIBED'];

const levelOf = ({ state, optInLevel }: ConsentInput, field: readonly string[]): MarketingOptInLevel => {
  if (state === 'PENDING' && optInLevel && optInLevel !== 'CONFIRMED_OPT_IN')
    throw new DomainError('INVALID', field, { detail: 'PENDING_NEEDS_CONFIRMED_OPT_IN' });
  return optInLevel ?? (state === 'PENDING' ? 'CONFIRMED_OPT_IN' : 'SINGLE_OPT_IN');
};

/**
 * Writes down what a customer told the shop about its marketing. PENDING by e-mail orders the mail whose link confirms it. What she said
 * before what is known already changes nothing.
 *
 * Refuses CUSTOMER_DOES_NOT_EXIST, INCLUSION for a state that cannot be told, and INVALID: without an address or number, for a moment to
 * come, and for a pending consent that is to be anything but confirmed.
 */
export const updateConsent = async (
  tx: Tx,
  writing: Writing,
  { customerId, channel }: { customerId: string; channel: MarketingChannel },
  input: ConsentInput,
  { customerId: ofCustomer, consent, names, source = 'STAFF' }: ConsentPaths,
): Promise<{ customerId: string }> => {
  const at = (name: string): readonly string[] => [...consent, name];
  if (!SETTABLE.includes(input.state)) throw new DomainError('INCLUSION', at(names.state), { values: SETTABLE.join(', ') });
  const optInLevel = levelOf(input, at(names.optInLevel));
  const occurredAt = input.updatedAt ?? tx.now;
  if (occurredAt > tx.now) throw new DomainError('INVALID', at(names.updatedAt), { detail: 'IN_FUTURE' });
  const customer = await lockCustomer(tx, customerId, ofCustomer);
  const address = contactOf(channel, customer);
  if (!address) throw new DomainError('INVALID', ofCustomer, { detail: channel === 'EMAIL' ? 'CUSTOMER_HAS_NO_EMAIL' : 'CUSTOMER_HAS_NO_PHONE' });
  const { state } = input;
  const detail = plainText(input.source ?? null, at('source'));
  await recordConsent(tx, customerId, { channel, state, optInLevel, occurredAt, source, detail, address });
  const after = await consentOf(tx, customerId, channel);
  if (channel === 'EMAIL' && state === 'PENDING' && after.state === 'PENDING' && after.at?.getTime() === occurredAt.getTime())
    requestConfirmation(tx, writing, { customerId, email: address, at: occurredAt, locale: customer.locale });
  return { customerId };
};
