import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { canonicalPhone } from './phone.ts';
import { vatIdOf } from './vat-id.ts';

/** What a profile is written from: absent leaves as it is, null empties. */
export interface ProfileInput {
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly locale?: string | null;
  readonly birthDate?: Date | null;
  readonly note?: string | null;
  readonly tags?: readonly string[] | null;
  readonly vatId?: string | null;
  readonly taxExempt?: boolean | null;
  readonly taxExemptions?: readonly string[] | null;
}

/** The same, checked and in canonical form, as the columns take it. */
export interface Profile {
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
  locale?: string | null;
  birthDate?: Date | null;
  note?: string | null;
  tags?: string[];
  vatId?: string | null;
  taxExempt?: boolean;
  taxExemptions?: string[];
}

const NAME_CHARACTERS_MAX = 255;
const NOTE_CHARACTERS_MAX = 5_000;
const TAG_CHARACTERS_MAX = 255;
export const TAGS_MAX = 250;

const HTML = /<\/?[a-z!][^>]*>/i;
const URL_TEXT = /(?:\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.)\S/i;

/**
 * One line of plain text, trimmed and NFC; empty becomes null.
 * Refuses TOO_LONG, CONTAINS_HTML_TAGS, CONTAINS_URL, and INVALID for control characters.
 */
export const plainText = (text: string | null, field: readonly string[], charactersMax = NAME_CHARACTERS_MAX): string | null => {
  const trimmed = text?.trim().normalize('NFC') ?? '';
  if (trimmed === '') return null;
  if ([...trimmed].length > charactersMax) throw new DomainError('TOO_LONG', field, { max: charactersMax });
  if (/\p{Cc}/u.test(trimmed)) throw new DomainError('INVALID', field);
  if (HTML.test(trimmed)) throw new DomainError('CONTAINS_HTML_TAGS', field);
  if (URL_TEXT.test(trimmed)) throw new DomainError('CONTAINS_URL', field);
  return trimmed;
};

const emailOf = (text: string | null, field: readonly string[]): string | null => {
  if (text === null || text.trim() === '') return null;
  const email = canonicalEmail(text);
  if (!email) throw new DomainError('INVALID', field, { detail: 'INVALID_EMAIL' });
  return email;
};

const phoneOf = (text: string | null, field: readonly string[]): string | null => {
  if (text === null || text.trim() === '') return null;
  const phone = canonicalPhone(text);
  if (!phone) throw new DomainError('INVALID', field, { detail: 'INVALID_PHONE' });
  return phone;
};

const localeOf = (text: string | null, field: readonly string[]): string | null => {
  if (text === null || text.trim() === '') return null;
  try {
    return Intl.getCanonicalLocales(text.trim().replaceAll('_', '-'))[0] ?? null;
  } catch {
    throw new DomainError('INVALID', field);
  }
};

const EARLIEST_BIRTH = new Date('1900-01-01T00:00:00Z');

const birthDateOf = (day: Date | null, field: readonly string[], now: Date): Date | null => {
  if (day && (day < EARLIEST_BIRTH || day > now)) throw new DomainError('INVALID', field);
  return day;
};

const noteOf = (text: string | null, field: readonly string[]): string | null => {
  if (text === null || text.trim() === '') return null;
  if ([...text].length > NOTE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: NOTE_CHARACTERS_MAX });
  return text.replaceAll('\0', '');
};

const tagsOf = (tags: readonly string[], field: readonly string[]): string[] => {
  const kept = new Map<string, string>();
  for (const tag of tags) {
    const text = plainText(tag, field, TAG_CHARACTERS_MAX);
    // Tags are the same whatever their case; the first spelling stays.
    if (text && !kept.has(text.toLowerCase())) kept.set(text.toLowerCase(), text);
  }
  if (kept.size > TAGS_MAX) throw new DomainError('TOO_MANY', field, { max: TAGS_MAX });
  return [...kept.values()];
};

/**
 * Checks a profile and brings it into canonical form; only what the input names is in the answer.
 * Refuses INVALID, TOO_LONG, TOO_MANY, CONTAINS_HTML_TAGS, CONTAINS_URL at `[...path, field]`.
 */
export const checkProfile = (input: ProfileInput, path: readonly string[], now: Date): Profile => {
  const profile: Profile = {};
  const at = (field: string): readonly string[] => [...path, field];
  if (input.firstName !== undefined) profile.firstName = plainText(input.firstName, at('firstName'));
  if (input.lastName !== undefined) profile.lastName = plainText(input.lastName, at('lastName'));
  if (input.email !== undefined) profile.email = emailOf(input.email, at('email'));
  if (input.phone !== undefined) profile.phone = phoneOf(input.phone, at('phone'));
  if (input.locale !== undefined) profile.locale = localeOf(input.locale, at('locale'));
  if (input.birthDate !== undefined) profile.birthDate = birthDateOf(input.birthDate, at('birthDate'), now);
  if (input.note !== undefined) profile.note = noteOf(input.note, at('note'));
  if (input.tags !== undefined) profile.tags = tagsOf(input.tags ?? [], at('tags'));
  if (input.vatId !== undefined) profile.vatId = vatIdOf(input.vatId, at('vatId'));
  if (input.taxExempt !== undefined) profile.taxExempt = input.taxExempt ?? false;
  if (input.taxExemptions !== undefined) profile.taxExemptions = [...new Set(input.taxExemptions)];
  return profile;
};
