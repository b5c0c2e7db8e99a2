import { type CountryCode, parsePhoneNumberWithError } from 'libphonenumber-js/max';

const PHONE_CHARACTERS_MAX = 40;

/** A phone number in E.164, or null when it is none. Without a country code it is read as a number of `country`. */
export const canonicalPhone = (text: string, country?: string | null): string | null => {
  if (text.length > PHONE_CHARACTERS_MAX) return null;
  try {
    const number = parsePhoneNumberWithError(text.trim(), country ? { defaultCountry: country as CountryCode } : {});
    return number.isValid() ? number.number : null;
  } catch {
    return null;
  }
};

/** A number in E.164 in groups, as people read it. */
export const readablePhone = (number: string): string => {
  try {
    return parsePhoneNumberWithError(number).formatInternational();
  } catch {
    return number;
  }
};
