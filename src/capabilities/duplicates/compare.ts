import { callKey, homeKey, mailKey } from './keys.ts';
import type { Place, Profile } from './profile.ts';
import { isOneEdit, likeness, ratio, sameLetters } from './similarity.ts';
import { hostOf, localPart } from './terms.ts';
import { ESTABLISHED_SHARE, HOLDERS_MAX, LEVELS, RARITY_MAX, type TermKind } from './weights.ts';

type LeveledField = keyof typeof LEVELS;
type Field = LeveledField | 'sharedAddress';
type LevelName = { [Name in LeveledField]: keyof (typeof LEVELS)[Name] }[LeveledField];

/** What one field says: bits for (more than 0) or against one person. `share` is the part of all customers who have the value both have. */
export interface Evidence {
  readonly field: Field;
  readonly level: LevelName | 'SHARED';
  readonly bits: number;
  readonly share?: number;
  /** How many have a value that more than a family has; null when too many to count. */
  readonly holders?: number | null;
}

/** What a household has in common. */
export const HOUSEHOLD: ReadonlySet<string> = new Set<Field>([
  'familyName',
  'phone',
  'houseNumber',
  'street',
  'addressExtra',
  'addressOrder',
  'city',
  'zip',
  'zone',
  'sharedAddress',
]);

/** What is said before the first field, and of what a household shares. */
export type Said = Evidence | { readonly field: 'prior' | 'household'; readonly bits: number };

/** What staff can say of a value: it tells nobody apart. */
type SharedKind = keyof typeof HOLDERS_MAX;

/** What the shop's customers as a whole say about a value. */
export interface Population {
  readonly customers: number;
  /** The part of all customers who have this value. */
  share(kind: TermKind, value: string): number;
  /** How common a name is in its own right: its share without the few customers whom a typing error may have given it. */
  established(kind: 'given' | 'family', value: string): number;
  /** How many have the value behind this key; Infinity when too many to count. */
  holders(key: string): number;
  /** Whether staff said so of any value. */
  readonly isAnyBlocked: boolean;
  /** Whether staff said that the value tells nobody apart. */
  isBlocked(kind: SharedKind, value: string): boolean;
}

const bitsOf = (field: LeveledField, level: string, u?: number): number => {
  const of = (LEVELS[field] as Readonly<Record<string, { m: number; u: number }>>)[level];
  if (!of) throw new Error(`${field} has no level ${level}`);
  return Math.log2(of.m / (u ?? of.u));
};

const evidence = (field: LeveledField, level: LevelName, u?: number): Evidence => ({ field, level, bits: bitsOf(field, level, u) });

/** Exact agreement on a value counts by how many have it. */
const byFrequency = (field: LeveledField, level: LevelName, kind: TermKind, value: string, population: Population): Evidence => {
  if (level !== 'EXACT') return evidence(field, level);
  const share = population.share(kind, value);
  const usual = (LEVELS[field] as Readonly<Record<string, { u: number }>>).EXACT?.u ?? 1;
  return { ...evidence(field, level, Math.max(share, usual / RARITY_MAX)), share };
};

/**
 * Two names that look alike count for less the more common both are: Anna and Anne, Hansen and Jensen are likelier two names than one and its
 * typing error. Never less than a plain difference.
 */
const alike = (field: 'givenName' | 'familyName', kind: 'given' | 'family', a: string, b: string, population: Population): Evidence => {
  const level = likeness(a, b);
  const said = byFrequency(field, level, kind, a, population);
  if (level === 'EXACT' || level === 'DIFFERENT') return said;
  const both = Math.min(population.established(kind, a), population.established(kind, b));
  const less = Math.max(0, Math.log2(both / ESTABLISHED_SHARE));
  return less > 0 ? { ...said, bits: Math.max(bitsOf(field, 'DIFFERENT'), said.bits - less) } : said;
};

const total = (said: readonly Evidence[]): number => said.reduce((sum, { bits }) => sum + bits, 0);

const name = (field: 'givenName' | 'familyName', kind: 'given' | 'family', a: string | null, b: string | null, population: Population) =>
  a && b ? [alike(field, kind, a, b, population)] : [];

const text = (field: 'givenName' | 'familyName' | 'street' | 'city', kind: TermKind, a: string | null, b: string | null, population: Population) =>
  a && b ? [byFrequency(field, likeness(a, b), kind, a, population)] : [];

/** A name that is the given name of one and the family name of the other counts by whichever use is the more common. */
const crossed = (field: 'givenName' | 'familyName', one: string, other: string, population: Population): Evidence => {
  const kind = population.share('given', one) > population.share('family', one) ? 'given' : 'family';
  return alike(field, kind, one, other, population);
};

/**
 * Both names exchanged, when each is found in the other's place; null when they are not, or nothing can be said. One that agrees alone may
 * be the family's, so the heavier agreement is told as the family name's, which the guard watches.
 */
const exchanged = (a: Profile, b: Profile, population: Population): Evidence[] | null => {
  const crossings = [
    ...(a.given && b.family ? [crossed('familyName', a.given, b.family, population)] : []),
    ...(a.family && b.given ? [crossed('familyName', a.family, b.given, population)] : []),
  ].sort((one, other) => other.bits - one.bits);
  const [first, second] = crossings;
  if (!first || crossings.some(({ level }) => level === 'DIFFERENT')) return null;
  return [...(second ? [{ ...second, field: 'givenName' as const }] : []), first, evidence('nameOrder', 'SWAPPED')];
};

/** Given and family name as they are written, or exchanged where that fits better. */
const names = (a: Profile, b: Profile, population: Population): Evidence[] => {
  const written = [...name('givenName', 'given', a.given, b.given, population), ...name('familyName', 'family', a.family, b.family, population)];
  const isWhole = a.given && a.family && b.given && b.family;
  const straight = isWhole ? [...written, evidence('nameOrder', 'DIFFERENT')] : written;
  if (a.given === b.given || a.family === b.family) return straight;
  const other = exchanged(a, b, population);
  return other && total(other) > total(straight) ? other : straight;
};

const DAY_MS = 24 * 60 * 60 * 1000;

const dayOf = (digits: string): number => Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)) - 1, Number(digits.slice(6))) / DAY_MS;

/** How far two birth dates, of eight digits each, are from each other. */
export const birthDateLevel = (a: string, b: string): LevelName => {
  if (a === b) return 'EXACT';
  const swapped = b.slice(0, 4) + b.slice(6) + b.slice(4, 6);
  if (isOneEdit(a, b) || a === swapped) return 'CLOSE';
  const days = Math.abs(dayOf(a) - dayOf(b));
  if (days <= 31) return 'WITHIN_A_MONTH';
  if (days <= 100) return 'WITHIN_A_SEASON';
  const parts = [a.slice(0, 4) === b.slice(0, 4), a.slice(4, 6) === b.slice(4, 6), a.slice(6) === b.slice(6)];
  return parts.filter(Boolean).length === 2 ? 'SIMILAR' : 'DIFFERENT';
};

/** Bits that agreement on a value is worth when so many have it: of two of them, one in `holders` is the same person by chance. */
const bitsAmong = (holders: number, { customers }: Population): number => Math.max(0, Math.log2(customers / holders));

/** Agreement on a value, worth less the more have it once more than `HOLDERS_MAX` do. */
const agreement = (field: 'email' | 'phone', key: string, value: string, population: Population): Evidence => {
  const usual = evidence(field, 'EXACT');
  const holders = population.holders(key);
  if (population.isBlocked(field, value)) return { field, level: 'SHARED', bits: 0 };
  if (holders <= HOLDERS_MAX[field]) return usual;
  return { field, level: 'SHARED', bits: Math.min(usual.bits, bitsAmong(holders, population)), holders: Number.isFinite(holders) ? holders : null };
};

/** The whole is nearly the same, and not only because the host is. */
const isCloseEmail = (a: string, b: string): boolean => {
  // No subsequence in common has more letters than both have in common: most pairs are told apart by counting.
  const letters = sameLetters(a, b);
  if (letters < 0.75 || (letters < 0.9 && ratio(a, b) < 0.75)) return false;
  if (!a.includes('@') || !b.includes('@')) return true;
  return ratio(localPart(a), localPart(b)) >= 0.6 || sameLetters(localPart(a), localPart(b)) >= 0.8;
};

const email = (a: string | null, b: string | null, population: Population): Evidence[] => {
  if (!a || !b) return [];
  if (a === b) return [agreement('email', mailKey(a), a, population)];
  if (population.isBlocked('email', a) || population.isBlocked('email', b)) return [];
  if (isCloseEmail(a, b)) {
    // Two addresses at a host of many are alike by chance more often.
    const share = Math.max(population.share('domain', hostOf(a)), population.share('domain', hostOf(b)));
    return [evidence('email', 'CLOSE', LEVELS.email.CLOSE.u + share * 1e-3)];
  }
  const local = localPart(a);
  if (local !== localPart(b)) return [evidence('email', 'DIFFERENT')];
  const share = population.share('local', local);
  return [{ ...evidence('email', 'SAME_LOCAL_PART', Math.max(share, LEVELS.email.SAME_LOCAL_PART.u)), share }];
};

const best = <Value>(as: readonly Value[], bs: readonly Value[], compareTwo: (a: Value, b: Value) => Evidence[]): Evidence[] => {
  let found: Evidence[] | null = null;
  for (const a of as) {
    for (const b of bs) {
      const said = compareTwo(a, b);
      if (!found || total(said) > total(found)) found = said;
    }
  }
  return found ?? [];
};

const phone =
  (population: Population) =>
  (a: string, b: string): Evidence[] => {
    if (a === b) return [agreement('phone', callKey(a), a, population)];
    if (population.isBlocked('phone', a) || population.isBlocked('phone', b)) return [];
    return [evidence('phone', isOneEdit(a, b) ? 'CLOSE' : 'DIFFERENT')];
  };

/** The two lines of an address as they are written, or exchanged where that fits better. */
const lines = (a: Place, b: Place, population: Population): Evidence[] => {
  const line = (field: 'street' | 'addressExtra', one: string | null, two: string | null) =>
    one && two ? [byFrequency(field, likeness(one, two), 'street', one, population)] : [];
  const straight = [...line('street', a.street, b.street), ...line('addressExtra', a.extra, b.extra)];
  if (!a.street || !a.extra || !b.street || !b.extra) return straight;
  const isSwapped = likeness(a.street, b.extra) !== 'DIFFERENT' && likeness(a.extra, b.street) !== 'DIFFERENT' && total(straight) < 0;
  return [...straight, evidence('addressOrder', isSwapped ? 'SWAPPED' : 'DIFFERENT')];
};

const exactOrClose = (a: string, b: string): LevelName => (a === b ? 'EXACT' : isOneEdit(a, b) ? 'CLOSE' : 'DIFFERENT');

/** Where many live or work, the same address counts by their number, whatever its parts add up to. */
const sharedAddress = (a: Place, said: readonly Evidence[], population: Population): Evidence[] => {
  const key = a.zip && a.number && a.street ? homeKey(a.zip, a.number, a.street) : null;
  if (!key) return [];
  const isBlocked = population.isBlocked('address', key);
  const holders = population.holders(key);
  if (!isBlocked && holders <= HOLDERS_MAX.address) return [];
  const most = isBlocked ? 0 : bitsAmong(holders, population);
  const bits = Math.min(0, most - total(said));
  return bits < 0 ? [{ field: 'sharedAddress', level: 'SHARED', bits, holders: isBlocked || !Number.isFinite(holders) ? null : holders }] : [];
};

const place =
  (population: Population) =>
  (a: Place, b: Place): Evidence[] => {
    const said = [
      ...(a.number && b.number ? [evidence('houseNumber', exactOrClose(a.number, b.number))] : []),
      ...lines(a, b, population),
      ...text('city', 'city', a.city, b.city, population),
      ...(a.zip && b.zip ? [byFrequency('zip', exactOrClose(a.zip, b.zip), 'zip', a.zip, population)] : []),
      ...(a.zone && b.zone ? [byFrequency('zone', a.zone === b.zone ? 'EXACT' : 'DIFFERENT', 'zone', a.zone, population)] : []),
    ];
    const isSameDoor = a.zip === b.zip && a.number === b.number && a.street === b.street;
    return isSameDoor ? [...said, ...sharedAddress(a, said, population)] : said;
  };

/** What every field says about two profiles being one person. A field that either lacks says nothing. The same whichever comes first. */
export const compare = (a: Profile, b: Profile, population: Population): Evidence[] => [
  ...names(a, b, population),
  ...(a.birthDate && b.birthDate ? [evidence('birthDate', birthDateLevel(a.birthDate, b.birthDate))] : []),
  ...email(a.email, b.email, population),
  ...best(a.phones, b.phones, phone(population)),
  ...best(a.places, b.places, place(population)),
];
