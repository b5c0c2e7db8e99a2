import { birthDateLevel, type Population } from './compare.ts';
import type { Place, Profile } from './profile.ts';
import { priorOf } from './score.ts';
import { isOneEdit, likeness, SAME_LETTERS_MIN, sameLetters } from './similarity.ts';
import { localPart } from './terms.ts';
import { HOUSEHOLD_BITS_MAX, LEVELS, RARITY_MAX, type TermKind } from './weights.ts';

type Bits = Readonly<Record<string, number>>;

/** What each level weighs: all but exact agreement on what counts by its frequency. */
const BITS = Object.fromEntries(
  Object.entries(LEVELS).map(([field, levels]) => [
    field,
    Object.fromEntries(Object.entries(levels).map(([level, { m, u }]) => [level, Math.log2(m / u)])),
  ]),
) as Record<keyof typeof LEVELS, Bits>;

/** The most that a name says in whatever place. */
const NAME_MOST = Math.max(
  ...(['givenName', 'familyName'] as const).map((field) => Math.log2((LEVELS[field].EXACT.m / LEVELS[field].EXACT.u) * RARITY_MAX)),
);

/** Sums in another order may differ in their last digits. */
const ROUNDING_BITS = 1e-6;

const bitsOf = (field: keyof typeof LEVELS, level: string): number => BITS[field][level] as number;

const exactMost = (
  field: 'givenName' | 'familyName' | 'street' | 'addressExtra' | 'city' | 'zip' | 'zone',
  kind: TermKind,
  value: string,
  of: Population,
) => {
  const { m, u } = LEVELS[field].EXACT;
  return Math.log2(m / Math.max(of.share(kind, value), u / RARITY_MAX));
};

/** Whether two texts may be more than different, by their letters alone. */
const mayBeAlike = (a: string, b: string): boolean => sameLetters(a, b) >= SAME_LETTERS_MIN || isOneEdit(a, b);

const nameMost = (field: 'givenName' | 'familyName', kind: 'given' | 'family', a: string | null, b: string | null, of: Population): number => {
  if (!a || !b) return 0;
  return a === b ? exactMost(field, kind, a, of) : bitsOf(field, likeness(a, b));
};

/** Whether the names may fit better when they are exchanged. */
const mayBeExchanged = (a: Profile, b: Profile): boolean => {
  if (a.given === b.given || a.family === b.family) return false;
  const [isOne, isOther] = [a.given !== null && b.family !== null, a.family !== null && b.given !== null];
  if (isOne && !mayBeAlike(a.given as string, b.family as string)) return false;
  if (isOther && !mayBeAlike(a.family as string, b.given as string)) return false;
  return isOne || isOther;
};

const emailMost = (a: string | null, b: string | null, of: Population): number => {
  if (!a || !b) return 0;
  if (a === b) return bitsOf('email', 'EXACT');
  if (sameLetters(a, b) >= 0.75) return bitsOf('email', 'CLOSE');
  if (localPart(a) === localPart(b)) return bitsOf('email', 'SAME_LOCAL_PART');
  return of.isAnyBlocked ? 0 : bitsOf('email', 'DIFFERENT');
};

const phonesMost = (a: Profile, b: Profile, of: Population): number => {
  if (a.phones.length === 0 || b.phones.length === 0) return 0;
  if (a.phones.some((phone) => b.phones.includes(phone))) return bitsOf('phone', 'EXACT');
  if (a.phones.some((phone) => b.phones.some((other) => isOneEdit(phone, other)))) return bitsOf('phone', 'CLOSE');
  return of.isAnyBlocked ? 0 : bitsOf('phone', 'DIFFERENT');
};

const textMost = (field: 'street' | 'addressExtra' | 'city', kind: TermKind, a: string | null, b: string | null, of: Population): number => {
  if (!a || !b) return 0;
  if (a === b) return exactMost(field, kind, a, of);
  return bitsOf(field, mayBeAlike(a, b) ? 'CLOSE' : 'DIFFERENT');
};

const closeMost = (field: 'houseNumber' | 'zip', a: string, b: string): number => bitsOf(field, isOneEdit(a, b) ? 'CLOSE' : 'DIFFERENT');

const placeMost = (a: Place, b: Place, of: Population): number => {
  let most = textMost('street', 'street', a.street, b.street, of) + textMost('addressExtra', 'street', a.extra, b.extra, of);
  if (a.street && a.extra && b.street && b.extra) most += bitsOf('addressOrder', 'SWAPPED');
  most += textMost('city', 'city', a.city, b.city, of);
  if (a.number && b.number) most += a.number === b.number ? bitsOf('houseNumber', 'EXACT') : closeMost('houseNumber', a.number, b.number);
  if (a.zip && b.zip) most += a.zip === b.zip ? exactMost('zip', 'zip', a.zip, of) : closeMost('zip', a.zip, b.zip);
  if (a.zone && b.zone) most += a.zone === b.zone ? exactMost('zone', 'zone', a.zone, of) : bitsOf('zone', 'DIFFERENT');
  return most;
};

const placesMost = (a: Profile, b: Profile, of: Population): number => {
  if (a.places.length === 0 || b.places.length === 0) return 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const one of a.places) for (const other of b.places) most = Math.max(most, placeMost(one, other, of));
  return most;
};

/**
 * Whether two profiles may come to even odds, by no more than the most that each field can say: false for nearly all of those who stand
 * beside each other, at a tenth of what comparing them takes. Never false for a pair that `compare` and `scoreOf` give 0 bits or more.
 */
export const isPossible = (a: Profile, b: Profile, of: Population): boolean => {
  const isExchanged = mayBeExchanged(a, b);
  let own = emailMost(a.email, b.email, of);
  if (a.birthDate && b.birthDate) own += bitsOf('birthDate', birthDateLevel(a.birthDate, b.birthDate));
  // What exchanged names come to is left to the comparison: the most that both can say in either place.
  own += isExchanged ? NAME_MOST : nameMost('givenName', 'given', a.given, b.given, of);
  if (a.given && a.family && b.given && b.family && !isExchanged) own += bitsOf('nameOrder', 'DIFFERENT');
  if (own + HOUSEHOLD_BITS_MAX < -ROUNDING_BITS) return false;
  const household =
    (isExchanged ? NAME_MOST : nameMost('familyName', 'family', a.family, b.family, of)) + phonesMost(a, b, of) + placesMost(a, b, of);
  return priorOf(of.customers) + own + household >= -ROUNDING_BITS;
};
