import { createHash } from 'node:crypto';
import { CURRENCY_CODES } from '../../core/currency.ts';
import { DomainError } from '../../core/errors.ts';
import { momentOf } from '../../core/moment.ts';
import { parseAmount } from '../../core/money.ts';
import { uuidIn } from '../../core/uuid.ts';
import { ADDRESS_FIELDS, type AddressFields, checkAddress } from '../addresses/fields.ts';
import { territoryByName } from '../addresses/territories.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { checkProfile } from '../customers/profile.ts';
import type { Column, Header } from './columns.ts';
import type { CsvRow } from './csv.ts';
import { ROW_CHARACTERS_MAX } from './csv.ts';
import { unguarded } from './formulas.ts';
import { type GivenPassword, readPassword, readPasswordHash } from './password.ts';

/** The fields of a profile that hold one value. */
export interface Scalars {
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  phone: string | null;
  locale: string | null;
  birthDate: Date | null;
  note: string | null;
}

/** A metafield as a row gives it; without a type it has its definition's. */
export interface GivenMetafield {
  readonly namespace: string;
  readonly key: string;
  readonly type: string | null;
  readonly value: string;
}

/** What was owed before the ledger began; minor units as text, so that rows can be kept as JSON. */
export interface OpeningCredit {
  readonly currency: string;
  readonly amountMinor: string;
  readonly expiresAt: string | null;
}

/** One row, checked and in canonical form; null where its cell is empty. */
export interface ImportRow {
  readonly line: number;
  /** The id that this gateway gave, in a file that it wrote. */
  readonly ownId: string | null;
  readonly externalId: string | null;
  /** How a row without external id, e-mail and phone is known again. */
  readonly fingerprint: string | null;
  readonly scalars: Scalars;
  readonly tags: readonly string[];
  readonly address: AddressFields | null;
  readonly password: GivenPassword | null;
  /** Whether she takes the shop's mail and text messages. */
  readonly consents: { readonly EMAIL: boolean | null; readonly SMS: boolean | null };
  readonly metafields: readonly GivenMetafield[];
  readonly credit: OpeningCredit | null;
}

/** Names of fields in results: those of the generic header. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  firstName: 'first_name',
  lastName: 'last_name',
  birthDate: 'birth_date',
  externalId: 'external_id',
  zoneCode: 'province',
  territoryCode: 'country',
  phoneNumber: 'address_phone',
  passwordHash: 'password_hash',
  emailMarketing: 'email_marketing',
  smsMarketing: 'sms_marketing',
  storeCredit: 'store_credit',
  storeCreditExpiresAt: 'store_credit_expires_at',
};

/** A field as results name it. */
export const nameOfField = (field: string): string => FIELD_NAMES[field] ?? field;

const PATH = ['row'];

/** Reads a row. Refuses what `errors.ts` lists for rows, the field being the last part of the path. */
export const readRow = (row: CsvRow, header: Header, now: Date): ImportRow => {
  if ('code' in row) throw new DomainError(row.code, null, { max: ROW_CHARACTERS_MAX });
  const { cells, line } = row;
  if (cells.every((cell) => cell.trim() === '')) throw new DomainError('BLANK');
  if (cells.slice(header.width).some((cell) => cell.trim() !== '')) {
    throw new DomainError('TOO_MANY_CELLS', null, { cells: cells.length, columns: header.width });
  }
  const cell = cellReader(cells, header);
  const territory = territoryOf(cell('territoryCode') ?? cell('territoryName'));
  const phone = unquoted(cell('phone'));
  const profile = checkProfile(
    {
      ...namesOf(cell),
      email: cell('email'),
      // A number without country code is read as one of the row's country.
      phone: phone && ((territory && canonicalPhone(phone, territory)) ?? phone),
      locale: cell('locale'),
      birthDate: birthDateOf(cell('birthDate')),
      note: rawCell(cells, header, 'note'),
      tags: cell('tags')?.split(',') ?? [],
    },
    PATH,
    now,
  );
  const { tags = [], firstName = null, lastName = null, email = null, locale = null, birthDate = null, note = null } = profile;
  const scalars: Scalars = { firstName, lastName, email, phone: profile.phone ?? null, locale, birthDate, note };
  const externalId = plainId(unquoted(cell('externalId')));
  const address = addressOf(cell, territory);
  const hasIdentity = externalId !== null || scalars.email !== null || scalars.phone !== null;
  return {
    line,
    ownId: ownIdOf(cell('ownId')),
    externalId,
    fingerprint: hasIdentity ? null : fingerprintOf(scalars, tags, address),
    scalars,
    tags,
    address,
    password: readPasswordHash(cell('passwordHash')) ?? readPassword(passwordCell(cells, header)),
    consents: { EMAIL: yesOrNo(cell, 'emailMarketing'), SMS: yesOrNo(cell, 'smsMarketing') },
    metafields: header.metafields.flatMap(({ at, ...field }) => {
      const value = textAt(cells, at, `${field.namespace}.${field.key}`);
      return value === null || value.trim() === '' ? [] : { ...field, value };
    }),
    credit: creditOf(cell),
  };
};

const ownIdOf = (text: string | null): string | null => {
  if (!text) return null;
  const id = uuidIn(text);
  return text.toLowerCase().endsWith(id) ? id : null;
};

/** What systems write for a consent; states in which nobody has said anything are as an empty cell. */
const SAYS: Readonly<Record<string, boolean | null>> = {
  yes: true,
  true: true,
  '1': true,
  subscribed: true,
  no: false,
  false: false,
  '0': false,
  unsubscribed: false,
  not_subscribed: null,
  pending: null,
  invalid: null,
  redacted: null,
};

const yesOrNo = (cell: Cell, column: 'emailMarketing' | 'smsMarketing'): boolean | null => {
  const text = cell(column)?.toLowerCase() ?? null;
  if (text === null) return null;
  const says = SAYS[text];
  if (says === undefined) throw new DomainError('INVALID', [...PATH, column], { detail: 'INVALID_CONSENT' });
  return says;
};

const CREDIT = /^(\d{1,13}(?:\.\d{1,3})?)\s*([A-Za-z]{3})?$/;

/** `12.50 EUR`, or the amount alone with a column for the currency; nothing is no credit. */
const creditOf = (cell: Cell): OpeningCredit | null => {
  const text = cell('storeCredit');
  if (!text) return null;
  const field = [...PATH, 'storeCredit'];
  const [, amount, own] = CREDIT.exec(text) ?? [];
  const currency = (own ?? cell('storeCreditCurrency') ?? '').toUpperCase();
  if (!amount || !CURRENCY_CODES.includes(currency)) throw new DomainError('INVALID', field, { detail: 'INVALID_STORE_CREDIT' });
  const amountMinor = parseAmount(amount, currency, field);
  const expires = cell('storeCreditExpiresAt');
  const expiresAt = expires === null ? null : momentOf(expires);
  if (expires !== null && !expiresAt) throw new DomainError('INVALID', [...PATH, 'storeCreditExpiresAt'], { detail: 'INVALID_MOMENT' });
  return amountMinor === 0n ? null : { currency, amountMinor: amountMinor.toString(), expiresAt: expiresAt?.toISOString() ?? null };
};

/** The cell as it stands; null when it is empty. */
const rawCell = (cells: readonly string[], { index }: Header, column: Column): string | null => {
  const at = index[column];
  return at === undefined ? null : textAt(cells, at, column);
};

/** To the letter: an apostrophe in front is a part of a password. */
const passwordCell = (cells: readonly string[], { index }: Header): string | null => {
  const text = index.password === undefined ? '' : (cells[index.password] ?? '');
  if (text.includes('\uFFFD')) throw new DomainError('INVALID_ENCODING', [...PATH, 'password']);
  return text === '' ? null : text;
};

const textAt = (cells: readonly string[], at: number, name: string): string | null => {
  const text = unguarded(cells[at] ?? '');
  if (text.includes('\uFFFD')) throw new DomainError('INVALID_ENCODING', [...PATH, name]);
  return text === '' ? null : text;
};

/** Cells of one line: trimmed, with the line breaks that spreadsheets put into addresses made spaces. */
const cellReader =
  (cells: readonly string[], header: Header) =>
  (column: Column): string | null =>
    rawCell(cells, header, column)
      ?.replace(/\s*[\r\n\t]+\s*/g, ' ')
      .trim() || null;

type Cell = ReturnType<typeof cellReader>;

/** Without the apostrophe that makes a spreadsheet keep digits as text. */
const unquoted = (text: string | null): string | null => text?.replace(/^'/, '').trim() || null;

/** First and last name; a name in one cell is cut before its last word, or at its comma: `Hopper, Grace`. */
const namesOf = (cell: Cell): { firstName: string | null; lastName: string | null } => {
  const given = { firstName: cell('firstName'), lastName: cell('lastName') };
  const name = cell('name');
  if (!name || given.firstName || given.lastName) return given;
  const [last, first, ...more] = name.split(',').map((part) => part.trim());
  if (first && last && more.length === 0) return { firstName: first, lastName: last };
  const cut = name.lastIndexOf(' ');
  return cut < 0 ? { firstName: name, lastName: null } : { firstName: name.slice(0, cut).trim(), lastName: name.slice(cut + 1) };
};

const territoryOf = (text: string | null): string | null => {
  if (!text) return null;
  const territory = territoryByName(text);
  if (!territory) throw new DomainError('INVALID_TERRITORY_CODE', [...PATH, 'territoryCode']);
  return territory;
};

const EXTERNAL_ID_CHARACTERS_MAX = 255;

const plainId = (text: string | null): string | null => {
  const id = text?.normalize('NFC') ?? null;
  const field = [...PATH, 'externalId'];
  if (id && [...id].length > EXTERNAL_ID_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: EXTERNAL_ID_CHARACTERS_MAX });
  if (id && /\p{Cc}/u.test(id)) throw new DomainError('INVALID', field);
  return id;
};

// Year first with hyphens, slashes or nothing, and day first with dots; 03/04/1990 is left to whoever knows which is the month.
const DATES = [
  /^(?<y>\d{4})-(?<m>\d{1,2})-(?<d>\d{1,2})(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/,
  /^(?<y>\d{4})\/(?<m>\d{1,2})\/(?<d>\d{1,2})$/,
  /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})$/,
  /^(?<d>\d{1,2})\.\s?(?<m>\d{1,2})\.\s?(?<y>\d{4})$/,
];

const birthDateOf = (text: string | null): Date | null => {
  if (!text) return null;
  const parts = DATES.map((form) => form.exec(text)?.groups).find(Boolean);
  const [year, month, day] = [Number(parts?.y), Number(parts?.m), Number(parts?.d)];
  const date = new Date(Date.UTC(year, month - 1, day));
  // The calendar carries over: 31 April would become 1 May.
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay) throw new DomainError('INVALID', [...PATH, 'birthDate'], { detail: 'INVALID_BIRTH_DATE' });
  return date;
};

const addressOf = (cell: Cell, territoryCode: string | null): AddressFields | null => {
  const phone = unquoted(cell('addressPhone'));
  const given = checkAddress(
    {
      firstName: cell('addressFirstName'),
      lastName: cell('addressLastName'),
      company: cell('company'),
      address1: cell('address1'),
      address2: cell('address2'),
      city: cell('city'),
      zip: unquoted(cell('zip')),
      zoneCode: cell('zoneCode') ?? cell('zoneName'),
      territoryCode,
      phoneNumber: phone,
    },
    PATH,
    { keepsUnknownZones: true },
  );
  const fields = Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, given[name] ?? null])) as AddressFields;
  return Object.values(fields).some((value) => value !== null) ? fields : null;
};

/** Of what the row says in canonical form, its password left out: a hash this quick must not be kept of one. */
const fingerprintOf = (scalars: Scalars, tags: readonly string[], address: AddressFields | null): string => {
  const { birthDate, ...rest } = scalars;
  const said = { ...rest, birthDate: birthDate?.toISOString().slice(0, 10) ?? null, tags: [...tags].sort(), address };
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
};
