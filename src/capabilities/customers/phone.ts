import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/max';

const load = createRequire(import.meta.url);

/** Every country's numbers come with the first one that is read, and not with the gateway's start. */
const library = () => load('libphonenumber-js/max') as typeof import('libphonenumber-js/max');

const PHONE_CHARACTERS_MAX = 40;

/** A phone number in E.164, or null when it is none. Without a country code it is read as a number of `country`. */
export const canonicalPhone = (text: string, country?: string | null): string | null => {
  if (text.length > PHONE_CHARACTERS_MAX) return null;
  try {
    const number = library().parsePhoneNumberWithError(text.trim(), country ? { defaultCountry: country as CountryCode } : {});
    return number.isValid() ? number.number : null;
  } catch {
    return null;
  }
};

/** A number in E.164 in groups, as people read it. */
export const readablePhone = (number: string): string => {
  try {
    return library().parsePhoneNumberWithError(number).formatInternational();
  } catch {
    return number;
  }
};
