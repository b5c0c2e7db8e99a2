import { createHash } from 'node:crypto';
import { DomainError } from '../../core/errors.ts';
import { ADDRESS_FIELDS, type AddressFields, checkAddress } from '../addresses/fields.ts';
import { territoryByName } from '../addresses/territories.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { checkProfile } from '../customers/profile.ts';
import type { Column, Header } from './columns.ts';
import type { CsvRow } from './csv.ts';
import { ROW_CHARACTERS_MAX } from './csv.ts';
import { type GivenPassword, readPassword } from './password.ts';

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

/** One row, checked and in canonical form; null where its cell is empty. */
export interface ImportRow {
  readonly line: number;
  readonly externalId: string | null;
  /** How a row without external id, e-mail and phone is known again. */
  readonly fingerprint: string | null;
  readonly scalars: Scalars;
  readonly tags: readonly string[];
  readonly address: AddressFields | null;
  readonly password: GivenPassword | null;
}

/** Names of fields in results: those of the generic header. */
export const FIELD_NAMES: Readonly<Record<string, string>> = {
  firstName: 'first_name',
  lastName: 'last_name',
  birthDate: 'birth_date',
  externalId: 'external_id',
  zoneCode: 'province',
  territoryCode: 'country',
  phoneNumber: 'address_phone',
};

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
    externalId,
    fingerprint: hasIdentity ? null : fingerprintOf(scalars, tags, address),
    scalars,
    tags,
    address,
    password: readPassword(rawCell(cells, header, 'password')),
  };
};

/** The cell as it stands; null when it is empty. */
const rawCell = (cells: readonly string[], { index }: Header, column: Column): string | null => {
  const at = index[column];
  const text = at === undefined ? '' : (cells[at] ?? '');
  if (text.includes('\uFFFD')) throw new DomainError('INVALID_ENCODING', [...PATH, column]);
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
