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
  const terms: Term[] = [];
  const add = (kind: TermKind, value: string | null): void => {
    if (value && !terms.some((term) => term.kind === kind && term.value === value)) terms.push({ kind, value });
  };
  add('given', given);
  add('family', family);
  add('local', email && localPart(email));
  add('domain', email && hostOf(email));
  for (const { street, extra, city, zip, zone } of places) {
    add('street', street);
    add('street', extra);
    add('city', city);
    add('zip', zip);
    add('zone', zone);
  }
  return terms;
};
