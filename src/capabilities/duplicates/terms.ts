import type { Profile } from './profile.ts';
import type { TermKind } from './weights.ts';

/** A value whose customers are counted. */
export interface Term {
  readonly kind: TermKind;
  readonly value: string;
}

export const localPart = (address: string): string => (address.includes('@') ? address.slice(0, address.lastIndexOf('@')) : address);
export const hostOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** The profile's values that count by their frequency, each once. */
export const termsOf = ({ given, family, email, places }: Profile): Term[] => {
  const said: [TermKind, string | null][] = [
    ['given', given],
    ['family', family],
    ['local', email && localPart(email)],
    ['domain', email && hostOf(email)],
    ...places.flatMap(({ street, extra, city, zip, zone }): [TermKind, string | null][] => [
      ['street', street],
      ['street', extra],
      ['city', city],
      ['zip', zip],
      ['zone', zone],
    ]),
  ];
  const terms = new Map(said.flatMap(([kind, value]) => (value ? [[`${kind} ${value}`, { kind, value }] as const] : [])));
  return [...terms.values()];
};
