import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { MarketingState } from '../../db/generated/enums.ts';
import { ADDRESSES_MAX } from '../addresses/errors.ts';
import { addressKey } from '../addresses/fields.ts';
import { TAGS_MAX } from '../customers/profile.ts';
import { type Draft, type Drafts, EXTERNAL_ID_SOURCE, FINGERPRINT_SOURCE, namelessKey, newDraft } from './drafts.ts';
import { type Definitions, type NewValue, newValues } from './metafields.ts';
import { digestOfHash, type ReadyPassword } from './password.ts';
import type { ImportRow, OpeningCredit, Scalars } from './row.ts';

export interface Planned {
  readonly outcome: 'created' | 'updated' | 'unchanged';
  readonly customerId: string;
  /** Fields whose cells held another value than an earlier line of this run gave, with that line; they stay as they were. */
  readonly kept: { readonly fields: readonly string[]; readonly line: number } | null;
}

/** What one row does to its customer; nothing is done before all of it is known to be allowed. */
interface Change {
  readonly scalars: Partial<Scalars>;
  readonly tags: readonly string[] | null;
  readonly addsAddress: boolean;
  readonly password: ReadyPassword | null;
  readonly addsExternalId: boolean;
  readonly consents: Draft['newConsents'];
  readonly metafields: readonly NewValue[];
  readonly credit: OpeningCredit | null;
  readonly kept: readonly string[];
}

const isChange = (change: Change): boolean =>
  change.tags !== null ||
  change.addsAddress ||
  change.password !== null ||
  change.addsExternalId ||
  change.credit !== null ||
  change.consents.length > 0 ||
  change.metafields.length > 0 ||
  Object.keys(change.scalars).length > 0;

/**
 * Plans one row: finds whom it means and notes in the drafts what it changes. The first row of a run that means a customer overwrites with
 * its non-empty cells; later rows fill what is empty, so that the same file gives the same customers however often it comes.
 * Refuses CONFLICT, MISSING_FIELD_REQUIRED, TOO_MANY, and what a metafield's definition does; then the drafts are as before.
 */
export const planRow = (drafts: Drafts, row: ImportRow, password: ReadyPassword | null, definitions: Definitions): Planned => {
  const found = findCustomer(drafts, row);
  const { firstName, lastName, email, phone } = row.scalars;
  if (!found && !firstName && !lastName && !email && !phone) throw new DomainError('MISSING_FIELD_REQUIRED');
  const draft = found ?? newDraft(uuid());
  const change = changeOf(drafts, draft, row, password, definitions);
  apply(drafts, draft, row, change);
  const kept = change.kept.length > 0 && draft.line !== null ? { fields: change.kept, line: draft.line } : null;
  draft.line ??= row.line;
  return { outcome: !found ? 'created' : isChange(change) ? 'updated' : 'unchanged', customerId: draft.id, kept };
};

/**
 * The customer whom the gateway's own id, else the external id, else the e-mail address, else the phone number, else the fingerprint knows. Refuses CONFLICT when they
 * know different ones, and when a phone number alone would give a customer the e-mail address of someone else in the house.
 */
const findCustomer = (drafts: Drafts, { ownId, externalId, fingerprint, scalars }: ImportRow): Draft | null => {
  const byOwnId = ownId ? drafts.all.get(ownId) : undefined;
  const byExternalId = externalId ? drafts.byExternalId.get(externalId) : undefined;
  if (byOwnId && byExternalId && byOwnId !== byExternalId) throw new DomainError('CONFLICT', ['row', 'externalId']);
  const byId = byOwnId ?? byExternalId;
  const byEmail = scalars.email ? drafts.byEmail.get(scalars.email) : undefined;
  const byPhone = scalars.phone ? drafts.byPhone.get(scalars.phone) : undefined;
  const draft = byId ?? byEmail ?? byPhone;
  if (byEmail && byEmail !== draft) throw new DomainError('CONFLICT', ['row', 'email']);
  if (byPhone && byPhone !== draft) throw new DomainError('CONFLICT', ['row', 'phone']);
  const isByPhoneAlone = byPhone && !byId && !byEmail;
  if (isByPhoneAlone && scalars.email && byPhone.scalars.email) throw new DomainError('CONFLICT', ['row', 'phone']);
  return draft ?? (fingerprint ? drafts.byFingerprint.get(fingerprint) : undefined) ?? null;
};

const isSame = (a: string | Date | null, b: string | Date | null): boolean =>
  (a instanceof Date ? a.getTime() : a) === (b instanceof Date ? b.getTime() : b);

const changeOf = (drafts: Drafts, draft: Draft, row: ImportRow, ready: ReadyPassword | null, definitions: Definitions): Change => {
  const isLater = draft.line !== null;
  const kept: string[] = [];
  const scalars: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row.scalars) as [keyof Scalars, string | Date | null][]) {
    const held = draft.scalars[field];
    if (value === null || isSame(held, value) || (typeof value === 'string' && draft.aliases.has(value))) continue;
    if (isLater && held !== null) kept.push(field);
    else scalars[field] = value;
  }
  const password = ready && !fitsAlready(draft, ready) ? ready : null;
  const keepsPassword = password !== null && isLater && draft.password !== null;
  if (keepsPassword) kept.push('password');
  const email = 'email' in scalars ? (scalars.email as string) : draft.scalars.email;
  const phone = 'phone' in scalars ? (scalars.phone as string) : draft.scalars.phone;
  return {
    consents: newConsents(draft, row, { EMAIL: email, SMS: phone, WHATSAPP: phone }),
    metafields: newValues(draft, row.metafields, definitions, isLater ? kept : null),
    credit: row.credit && !draft.currencies.has(row.credit.currency) ? row.credit : null,
    scalars: scalars as Partial<Scalars>,
    tags: unitedTags(draft, row.tags),
    addsAddress: addsAddress(draft, row),
    password: keepsPassword || password?.hash === null ? null : password,
    addsExternalId: row.externalId !== null && !drafts.byExternalId.has(row.externalId),
    kept,
  };
};

const AGREED: readonly MarketingState[] = ['SUBSCRIBED', 'PENDING'];

/**
 * What a row says of the shop's messages. Yes is for who has not refused: a refusal is hers to take back. No ends a consent. A consent for
 * an address or number that the row replaces has ended, unless the row says yes.
 */
const newConsents = (draft: Draft, { consents }: ImportRow, contacts: Record<'EMAIL' | 'SMS' | 'WHATSAPP', string | null>): Draft['newConsents'] =>
  (['EMAIL', 'SMS', 'WHATSAPP'] as const).flatMap((channel) => {
    const says = channel === 'WHATSAPP' ? null : consents[channel];
    const before = channel === 'EMAIL' ? draft.scalars.email : draft.scalars.phone;
    const hasMoved = before !== null && contacts[channel] !== before && AGREED.includes(draft.consents[channel]);
    const held = hasMoved ? 'NOT_SUBSCRIBED' : draft.consents[channel];
    const isLater = draft.line !== null;
    const state =
      contacts[channel] === null || says === null
        ? held
        : says
          ? held === 'UNSUBSCRIBED' || held === 'REDACTED'
            ? held
            : 'SUBSCRIBED'
          : AGREED.includes(held) && !isLater
            ? 'UNSUBSCRIBED'
            : held;
    return state === draft.consents[channel] ? [] : [{ channel, state, hasMoved: hasMoved && state === 'NOT_SUBSCRIBED' }];
  });

/** Her password, or one that an earlier import brought and that she has had taken over or replaced since. */
const fitsAlready = (draft: Draft, { plain, matches, hash, isGivenHash }: ReadyPassword): boolean =>
  draft.password !== null &&
  (draft.password.hash === matches ||
    (plain !== null && draft.password.plain === plain) ||
    (isGivenHash && hash !== null && draft.importedDigest === digestOfHash(hash)));

/** All tags, old and new, the first spelling of each; null when there is no new one. */
const unitedTags = (draft: Draft, tags: readonly string[]): readonly string[] | null => {
  const known = new Set(draft.tags.map((tag) => tag.toLowerCase()));
  const added = tags.filter((tag) => !known.has(tag.toLowerCase()));
  if (added.length === 0) return null;
  if (known.size + added.length > TAGS_MAX) throw new DomainError('TOO_MANY', ['row', 'tags'], { max: TAGS_MAX });
  return [...draft.tags, ...added];
};

const addsAddress = (draft: Draft, { address }: ImportRow): boolean => {
  if (!address || draft.addressKeys.has(addressKey(address))) return false;
  if (!address.firstName && !address.lastName && draft.namelessKeys.has(namelessKey(address))) return false;
  if (draft.addressKeys.size >= ADDRESSES_MAX) throw new DomainError('TOO_MANY', ['row', 'address1'], { max: ADDRESSES_MAX });
  return true;
};

const apply = (drafts: Drafts, draft: Draft, row: ImportRow, change: Change): void => {
  const { scalars, tags, addsAddress, password, addsExternalId } = change;
  applyBelongings(draft, row, change);
  drafts.all.set(draft.id, draft);
  for (const field of Object.keys(scalars)) draft.changed.add(field);
  if (scalars.email) {
    if (draft.scalars.email) drafts.byEmail.delete(draft.scalars.email);
    drafts.byEmail.set(scalars.email, draft);
  }
  if (scalars.phone) {
    if (draft.scalars.phone) drafts.byPhone.delete(draft.scalars.phone);
    drafts.byPhone.set(scalars.phone, draft);
  }
  Object.assign(draft.scalars, scalars);
  if (tags) {
    draft.tags = tags;
    draft.changed.add('tags');
  }
  if (addsAddress && row.address) {
    draft.newAddresses.push({ id: uuid(), fields: row.address, isDefault: !draft.hasDefaultAddress });
    draft.addressKeys.add(addressKey(row.address));
    draft.namelessKeys.add(namelessKey(row.address));
    if (!draft.hasDefaultAddress) draft.changed.add('defaultAddress');
    draft.hasDefaultAddress = true;
  }
  if (password?.hash) {
    draft.password = { hash: password.hash, plain: password.plain };
    draft.isPasswordNew = true;
    draft.importedDigest = password.isGivenHash ? digestOfHash(password.hash) : null;
    draft.changed.add('password');
  }
  if (addsExternalId && row.externalId) {
    draft.newExternalIds.push({ source: EXTERNAL_ID_SOURCE, value: row.externalId });
    drafts.byExternalId.set(row.externalId, draft);
    draft.changed.add('externalIds');
  }
  if (row.fingerprint && row.ownId !== draft.id && !drafts.byFingerprint.has(row.fingerprint)) {
    draft.newExternalIds.push({ source: FINGERPRINT_SOURCE, value: row.fingerprint });
    drafts.byFingerprint.set(row.fingerprint, draft);
  }
};

const applyBelongings = (draft: Draft, row: ImportRow, { consents, metafields, credit }: Change): void => {
  for (const consent of consents) {
    draft.newConsents.push(consent);
    draft.consents[consent.channel] = consent.state;
  }
  for (const value of metafields) {
    const name = `${value.namespace}.${value.key}`;
    draft.newMetafields.set(name, value);
    draft.metafields.set(name, { type: value.type, value: value.value });
  }
  if (credit) {
    draft.newCredits.push({ ...credit, line: row.line });
    draft.currencies.add(credit.currency);
  }
};
