import type { Place, Profile } from './profile.ts';
import { soundex } from './similarity.ts';

/** Words that put two customers side by side to be compared. Two profiles of one person have nearly always at least one in common. */
export const keysOf = (profile: Profile): string[] => {
  const { given, family, birthDate, email } = profile;
  const keys: string[] = [];
  const names = [given, family].filter((name) => name !== null);
  if (birthDate) keys.push(`born ${birthDate}`);
  if (email) keys.push(mailKey(email), `mail< ${email.slice(0, 6)}`, `mail> ${email.slice(-9)}`);
  if (names.length === 2) keys.push(`name ${[...names].sort().join(' ')}`);
  for (const phone of profile.phones) keys.push(callKey(phone));
  if (birthDate) for (const name of names) keys.push(`sound ${soundex(name) || name} ${birthDate.slice(0, 4)}`);
  for (const place of profile.places) keys.push(...placeKeys(place, names, birthDate));
  return [...new Set(keys)];
};

/** Keys of values whose holders are counted: what many have tells nobody apart. */
export const mailKey = (email: string): string => `mail ${email}`;
export const callKey = (phone: string): string => `call ${phone}`;
export const homeKey = (zip: string, number: string, street: string): string => `home ${zip} ${number} ${street}`;

const placeKeys = ({ number, street, extra, city, zip }: Place, names: readonly string[], birthDate: string | null): string[] => {
  const lines = [street, extra].filter((line) => line !== null);
  return [
    ...(zip && number ? [`door ${zip} ${number}`] : []),
    ...(zip && number && street ? [homeKey(zip, number, street)] : []),
    ...lines.map((line) => `line ${line}`),
    ...(zip ? lines.map((line) => `near ${line.slice(0, 5)} ${zip}`) : []),
    ...names.flatMap((name) => lines.map((line) => `at ${name.slice(0, 3)} ${line.slice(0, 5)}`)),
    ...(city ? names.map((name) => `from ${name} ${city}`) : []),
    ...(city && birthDate ? [`town ${city} ${birthDate.slice(0, 6)}`] : []),
  ];
};
