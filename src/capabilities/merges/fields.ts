import { createHash } from 'node:crypto';
import { DomainError } from '../../core/errors.ts';
import type { Prisma } from '../../db/client.ts';
import { checkProfile } from '../customers/profile.ts';
import type { Drop } from './participant.ts';

/** The columns of a profile that a merge decides about. */
export const PROFILE = {
  id: true,
  firstName: true,
  lastName: true,
  email: true,
  emailVerifiedAt: true,
  phone: true,
  phoneVerifiedAt: true,
  locale: true,
  birthDate: true,
  note: true,
  tags: true,
  vatId: true,
  taxExempt: true,
  taxExemptions: true,
  dataSaleOptOutAt: true,
  state: true,
  defaultAddressId: true,
} as const satisfies Prisma.CustomerSelect;

/** Columns of `customer` that stay what they are on each of the two rows, and why. */
export const NOT_MERGED: Readonly<Record<string, string>> = {
  id: 'which row it is',
  createdAt: 'of the survivor’s own profile',
  updatedAt: 'says when it was written last',
  deletedAt: 'marks the closed profile',
  blockedAt: 'who is blocked is not merged',
  mergedIntoId: 'is the merge itself',
  erasureRequestedAt: 'keeps both from being merged',
  erasureDueAt: 'keeps both from being merged',
  erasedAt: 'is of a profile that is deleted',
};

export type Profile = Prisma.CustomerGetPayload<{
  select: typeof PROFILE & { deletedAt: true; blockedAt: true; erasureDueAt: true; updatedAt: true };
}>;

/** What the two profiles come to. */
export type MergedFields = Omit<Prisma.CustomerGetPayload<{ select: typeof PROFILE }>, 'id'>;

/** Shopify's choices, by field; ids are customers'. */
export interface OverrideFields {
  readonly customerIdOfDefaultAddressToKeep?: string | null;
  readonly customerIdOfEmailToKeep?: string | null;
  readonly customerIdOfFirstNameToKeep?: string | null;
  readonly customerIdOfLastNameToKeep?: string | null;
  readonly customerIdOfPhoneNumberToKeep?: string | null;
  readonly note?: string | null;
  readonly tags?: readonly string[] | null;
}

export const NOTE_CHARACTERS_MAX = 5_000;
export const TAGS_MAX = 250;

const CHOICES = {
  customerIdOfDefaultAddressToKeep: 'defaultAddressId',
  customerIdOfEmailToKeep: 'email',
  customerIdOfFirstNameToKeep: 'firstName',
  customerIdOfLastNameToKeep: 'lastName',
  customerIdOfPhoneNumberToKeep: 'phone',
} as const;

type Choice = keyof typeof CHOICES;

/** The choices that name a customer. */
export const CHOICE_FIELDS = Object.keys(CHOICES) as Choice[];

/**
 * The choices in canonical form. Refuses OVERRIDE_ATTRIBUTE_INVALID for a customer who is neither of the two, a note or tags that no profile
 * may have, and MISSING_OVERRIDE_ATTRIBUTE for one who has nothing to keep there.
 */
export const checkOverrides = (pair: readonly [Profile, Profile], overrides: OverrideFields, now: Date): OverrideFields => {
  for (const choice of CHOICE_FIELDS) {
    const id = overrides[choice];
    if (!id) continue;
    const chosen = pair.find((profile) => profile.id === id);
    if (!chosen) throw new DomainError('OVERRIDE_ATTRIBUTE_INVALID', ['overrideFields', choice]);
    if (chosen[CHOICES[choice]] === null) throw new DomainError('MISSING_OVERRIDE_ATTRIBUTE', ['overrideFields', choice]);
  }
  const { note, tags } = overrides;
  try {
    return { ...overrides, ...checkProfile({ ...(note == null ? {} : { note }), ...(tags == null ? {} : { tags }) }, ['overrideFields'], now) };
  } catch (error) {
    if (error instanceof DomainError) throw new DomainError('OVERRIDE_ATTRIBUTE_INVALID', error.field);
    throw error;
  }
};

const firstOf = (kept: Profile, closed: Profile, field: (typeof CHOICES)[Choice], chosenId: string | null | undefined): Profile => {
  if (chosenId) return chosenId === kept.id ? kept : closed;
  return kept[field] === null && closed[field] !== null ? closed : kept;
};

const joined = (kept: string | null, closed: string | null): string | null =>
  [kept, kept === closed ? null : closed].filter(Boolean).join('\n') || null;

/** Tags are the same whatever their case; the survivor's spelling stays. */
const together = (kept: readonly string[], closed: readonly string[]): string[] => {
  const known = new Set(kept.map((tag) => tag.toLowerCase()));
  return [...kept, ...closed.filter((tag) => !known.has(tag.toLowerCase()))];
};

const earlier = (one: Date | null, other: Date | null): Date | null => (one && other ? (one < other ? one : other) : (one ?? other));

/** What the survivor's fields become: her own first, the other's where she has none, notes one after the other, tags together. */
export const mergedFields = (kept: Profile, closed: Profile, overrides: OverrideFields): MergedFields => {
  const from = (choice: Choice): Profile => firstOf(kept, closed, CHOICES[choice], overrides[choice]);
  const [email, phone] = [from('customerIdOfEmailToKeep'), from('customerIdOfPhoneNumberToKeep')];
  return {
    firstName: from('customerIdOfFirstNameToKeep').firstName,
    lastName: from('customerIdOfLastNameToKeep').lastName,
    email: email.email,
    emailVerifiedAt: email.emailVerifiedAt,
    phone: phone.phone,
    phoneVerifiedAt: phone.phoneVerifiedAt,
    locale: kept.locale ?? closed.locale,
    birthDate: kept.birthDate ?? closed.birthDate,
    note: overrides.note === undefined ? joined(kept.note, closed.note) : overrides.note,
    tags: overrides.tags ? [...overrides.tags] : together(kept.tags, closed.tags),
    vatId: kept.vatId ?? closed.vatId,
    taxExempt: kept.taxExempt || closed.taxExempt,
    taxExemptions: [...new Set([...kept.taxExemptions, ...closed.taxExemptions])],
    // A refusal outlives every merge.
    dataSaleOptOutAt: earlier(kept.dataSaleOptOutAt, closed.dataSaleOptOutAt),
    // Whether there is an account goes with the address that signs in.
    state: email.state,
    defaultAddressId: from('customerIdOfDefaultAddressToKeep').defaultAddressId,
  };
};

/** What of the addresses that are one customer's alone the closed row has afterwards: what the survivor did not take, or gave up for it. */
export const leftToClosed = (kept: Profile, closed: Profile, merged: MergedFields) => {
  const email = merged.email === closed.email ? kept : closed;
  const phone = merged.phone === closed.phone ? kept : closed;
  return { email: email.email, emailVerifiedAt: email.emailVerifiedAt, phone: phone.phone, phoneVerifiedAt: phone.phoneVerifiedAt };
};

const VALUES = ['firstName', 'lastName', 'phone', 'locale', 'birthDate', 'vatId'] as const;

const shown = (value: unknown): string => (value instanceof Date ? value.toISOString().slice(0, 10) : String(value));

/** The values of either profile that the survivor does not have afterwards, word for word. */
export const droppedValues = (kept: Profile, closed: Profile, merged: MergedFields): Drop[] => {
  const drops: Drop[] = [];
  for (const profile of [closed, kept]) {
    for (const field of VALUES) {
      const value = profile[field];
      if (value !== null && shown(value) !== shown(merged[field])) drops.push({ code: 'MERGE_DROPS_VALUE', params: { field, value: shown(value) } });
    }
    if (profile.note && !merged.note?.includes(profile.note))
      drops.push({ code: 'MERGE_DROPS_VALUE', params: { field: 'note', value: profile.note }, isForStaff: true });
    const left = new Set(merged.tags.map((tag) => tag.toLowerCase()));
    const tags = profile.tags.filter((tag) => !left.has(tag.toLowerCase()));
    if (tags.length > 0) drops.push({ code: 'MERGE_DROPS_VALUE', params: { field: 'tags', value: tags.join(', ') } });
  }
  return drops;
};

/** A short text that is another whenever something in it is. */
export const versionOf = (state: unknown): string => createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 22);
