import type { DomainError } from '../../core/errors.ts';

/** Why a file as a whole is not imported. */
type FileCode = 'EMPTY_FILE' | 'NO_KNOWN_COLUMN' | 'UNSUPPORTED_ENCODING';

/** Why one row is not imported; the others of its file are. */
type RowCode =
  | 'BLANK'
  | 'CONFLICT'
  | 'CONTAINS_HTML_TAGS'
  | 'CONTAINS_URL'
  | 'FAILED'
  | 'INVALID'
  | 'INVALID_ENCODING'
  | 'INVALID_TERRITORY_CODE'
  | 'MALFORMED'
  | 'MISSING_FIELD_REQUIRED'
  | 'PHONE_NUMBER_NOT_VALID'
  | 'ROW_TOO_LONG'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'TOO_MANY_CELLS'
  | 'TOO_SHORT'
  | 'UNSUPPORTED_PASSWORD_HASH';

type Code = FileCode | RowCode;

/** One sentence for each code, and for the details of INVALID: what is wrong and what to do. */
const MESSAGES: Readonly<Record<Code | `INVALID_${'EMAIL' | 'PHONE' | 'BIRTH_DATE' | 'CONSENT' | 'MOMENT' | 'STORE_CREDIT'}`, string>> = {
  BLANK: 'The row is empty.',
  CONFLICT: 'The row means more than one customer: its {field} belongs to another than the one it was recognised by.',
  CONTAINS_HTML_TAGS: 'HTML is not allowed here. Write plain text.',
  CONTAINS_URL: 'Web addresses are not allowed here.',
  EMPTY_FILE: 'The file is empty. Send CSV whose first line names the columns.',
  FAILED: 'The row could not be stored. The log of the gateway says why.',
  INVALID: 'This value is not valid.',
  INVALID_BIRTH_DATE: 'This is not a birth date since 1900. Write it as 1990-12-31.',
  INVALID_CONSENT: 'This is neither yes nor no. Write yes, no, or nothing.',
  INVALID_EMAIL: 'This is not an e-mail address.',
  INVALID_ENCODING: 'The cell holds bytes that are no text in the encoding of the file. Save the file as UTF-8, or name its encoding.',
  INVALID_MOMENT: 'This is not a moment. Write it as 2027-12-31T23:59:59Z.',
  INVALID_PHONE: 'This is not a phone number. Write it with its country code: +45 32 12 34 56.',
  INVALID_STORE_CREDIT: 'This is not an amount with its currency. Write it as 12.50 EUR.',
  INVALID_TERRITORY_CODE: 'This is neither an ISO 3166 country code nor the English name of a country.',
  MALFORMED: 'A quoted cell that starts in this row does not end. Close it with a quote, and double the quotes inside it.',
  MISSING_FIELD_REQUIRED: 'A new customer needs a name, an e-mail address or a phone number.',
  NO_KNOWN_COLUMN: 'The first line names no column that is known, such as {known}. It names: {given}.',
  PHONE_NUMBER_NOT_VALID: 'This is not a phone number of that country. Write it with its country code: +45 32 12 34 56.',
  ROW_TOO_LONG: 'The row is longer than {max} characters.',
  TOO_LONG: 'This is longer than {max} characters.',
  TOO_MANY: 'There are more than {max}.',
  TOO_MANY_CELLS: 'The row has {cells} cells where the first line has {columns}. Put cells that hold the separator in quotes.',
  TOO_SHORT: 'This is shorter than {min} characters.',
  UNSUPPORTED_ENCODING: 'There is no encoding {encoding}. Save the file as UTF-8.',
  UNSUPPORTED_PASSWORD_HASH:
    'This hash cannot be taken over. Give a password, an argon2id hash in PHC form, or a bcrypt hash of at most 2^12 rounds in the column password_hash.',
};

/** The sentence for a refusal. */
export const messageOf = ({ code, field, params }: DomainError): string => {
  const template = MESSAGES[(params.detail ?? code) as Code] ?? MESSAGES.INVALID;
  const values: Record<string, string | number> = { field: field?.at(-1)?.replaceAll('_', ' ') ?? 'value', ...params };
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder));
};
