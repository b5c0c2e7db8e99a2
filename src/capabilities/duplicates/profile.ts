import { inboxOf } from '../../core/email.ts';
import { fold } from './fold.ts';

/** What is known of a customer, as she or the shop wrote it. */
export interface Facts {
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** ISO 8601, or its digits alone. */
  readonly birthDate: string | null;
  readonly addresses: readonly AddressFacts[];
}

interface AddressFacts {
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly address1: string | null;
  readonly address2: string | null;
  readonly city: string | null;
  readonly zip: string | null;
  readonly zoneCode: string | null;
  readonly phoneNumber?: string | null;
}

/** Where somebody is reached, in normal form: the house number apart from the street. */
export interface Place {
  readonly number: string | null;
  readonly street: string | null;
  readonly extra: string | null;
  readonly city: string | null;
  readonly zip: string | null;
  readonly zone: string | null;
}

/** A customer as the matcher sees her: normal forms, null where nothing is known. */
export interface Profile {
  readonly given: string | null;
  readonly family: string | null;
  /** Eight digits. */
  readonly birthDate: string | null;
  /** The inbox, without tags. */
  readonly email: string | null;
  readonly phones: readonly string[];
  readonly places: readonly Place[];
}

/** More addresses than these say nothing new, and every pair of them is compared. */
const PLACES_MAX = 4;
const PHONES_MAX = 4;

const NUMBER = /(?<![\p{L}\p{N}])\d+\s?[a-z]?(?![\p{L}\p{N}])/u;

/** `Vestergade 12 B` and `12b Vestergade` are number 12b of the street vestergade. */
const numberAndStreet = (line: string | null): { number: string | null; street: string | null } => {
  const text = fold(line);
  const found = text && NUMBER.exec(text);
  if (!found) return { number: null, street: text };
  const street = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`.replace(/ +/g, ' ').trim();
  return { number: found[0].replace(' ', ''), street: street || null };
};

const placeOf = (address: AddressFacts): Place => ({
  ...numberAndStreet(address.address1),
  extra: fold(address.address2),
  city: fold(address.city),
  zip: fold(address.zip)?.replaceAll(' ', '') ?? null,
  zone: fold(address.zoneCode),
});

const isSomewhere = (place: Place): boolean => Object.values(place).some((value) => value !== null);

const distinct = <Value>(values: readonly Value[], max: number): Value[] =>
  [...new Map(values.map((value) => [JSON.stringify(value), value])).values()].slice(0, max);

const birthDateOf = (text: string | null): string | null => {
  const digits = text?.replaceAll(/\D/g, '').slice(0, 8);
  return digits?.length === 8 ? digits : null;
};

/** The customer's profile. The first addresses count, and a name is taken from them where the customer has none. */
export const profileOf = ({ firstName, lastName, email, phone, birthDate, addresses }: Facts): Profile => {
  const named = firstName || lastName ? { firstName, lastName } : addresses.find((address) => address.firstName || address.lastName);
  return {
    given: fold(named?.firstName),
    family: fold(named?.lastName),
    birthDate: birthDateOf(birthDate),
    email: email ? inboxOf(email.trim().toLowerCase()) : null,
    phones: distinct(
      [phone, ...addresses.map(({ phoneNumber }) => phoneNumber)].flatMap((number) => number?.replaceAll(/\D/g, '') || []),
      PHONES_MAX,
    ),
    places: distinct(addresses.map(placeOf).filter(isSomewhere), PLACES_MAX),
  };
};
