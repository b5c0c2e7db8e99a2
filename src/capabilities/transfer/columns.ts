import { DomainError } from '../../core/errors.ts';

/**
 * The names under which each column is known, folded, the surest first. Shopify's customer export is among them; its totals and tax
 * columns have no place here and are named as ignored.
 */
const NAMES = {
  ownId: ['clienteleid'],
  externalId: ['externalid', 'customerid', 'id', 'uniqueid', 'reference'],
  name: ['name', 'fullname'],
  firstName: ['firstname', 'givenname', 'forename'],
  lastName: ['lastname', 'surname', 'familyname'],
  email: ['email', 'emailaddress'],
  phone: ['phone', 'phonenumber', 'telephone', 'mobile'],
  password: ['password'],
  passwordHash: ['passwordhash', 'encryptedpassword', 'passworddigest'],
  birthDate: ['birthdate', 'dateofbirth', 'dob', 'birthday'],
  locale: ['locale', 'language'],
  note: ['note', 'notes'],
  tags: ['tags'],
  company: ['company', 'defaultaddresscompany'],
  address1: ['address1', 'address', 'street', 'defaultaddressaddress1'],
  address2: ['address2', 'defaultaddressaddress2'],
  city: ['city', 'town', 'defaultaddresscity'],
  zip: ['zip', 'zipcode', 'postcode', 'postalcode', 'defaultaddresszip'],
  zoneCode: ['zonecode', 'provincecode', 'statecode', 'defaultaddressprovincecode'],
  zoneName: ['zone', 'province', 'state', 'defaultaddressprovince'],
  territoryCode: ['countrycode', 'territorycode', 'defaultaddresscountrycode'],
  territoryName: ['country', 'territory', 'defaultaddresscountry'],
  addressPhone: ['addressphone', 'defaultaddressphone'],
  addressFirstName: ['addressfirstname', 'defaultaddressfirstname'],
  addressLastName: ['addresslastname', 'defaultaddresslastname'],
  emailMarketing: ['emailmarketing', 'acceptsemailmarketing', 'acceptsmarketing'],
  smsMarketing: ['smsmarketing', 'acceptssmsmarketing'],
  storeCredit: ['storecredit', 'storecreditbalance', 'openingstorecredit'],
  storeCreditCurrency: ['storecreditcurrency'],
  storeCreditExpiresAt: ['storecreditexpiresat', 'storecreditexpires'],
} as const;

export type Column = keyof typeof NAMES;

const COLUMNS = Object.entries(NAMES) as [Column, readonly string[]][];

/** `Metafield: namespace.key [type]`, as Shopify's exports name them; without a type it is the definition's. */
const METAFIELD = /^Metafield:\s*([\w-]+)\.([\w-]+)\s*(?:\[\s*([\w.]+)\s*\])?$/i;

interface MetafieldColumn {
  readonly namespace: string;
  readonly key: string;
  readonly type: string | null;
  readonly at: number;
}

/** What a file's first line says. */
export interface Header {
  readonly metafields: readonly MetafieldColumn[];
  readonly index: Readonly<Partial<Record<Column, number>>>;
  /** Cells in the first line. */
  readonly width: number;
  /** Names, as the file writes them, of the columns that nothing is read from. */
  readonly ignored: readonly string[];
}

/** Case, spaces, hyphens, dots and underscores do not count. */
const fold = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.-]+/g, '');

const GIVEN_CHARACTERS_MAX = 200;

/**
 * Recognises the columns. Where several say the same thing the surest name is read and the others are ignored, so that ids of two kinds
 * are never mixed. Refuses NO_KNOWN_COLUMN.
 */
export const readHeader = (cells: readonly string[]): Header => {
  const folded = cells.map(fold);
  const index: Partial<Record<Column, number>> = {};
  for (const [column, names] of COLUMNS) {
    const known = names.find((name) => folded.includes(name));
    if (known) index[column] = folded.indexOf(known);
  }
  const metafields = cells.flatMap((cell, at) => {
    const [, namespace, key, type] = METAFIELD.exec(cell.trim()) ?? [];
    return namespace && key ? { namespace, key, type: type?.toLowerCase() ?? null, at } : [];
  });
  const known = new Set(Object.values(index));
  const read = new Set([...known, ...metafields.map(({ at }) => at)]);
  if (known.size === 0) {
    const given = cells.map((cell) => cell.trim()).join(', ');
    throw new DomainError('NO_KNOWN_COLUMN', null, {
      known: 'name, first_name, email, phone, external_id',
      given: given.slice(0, GIVEN_CHARACTERS_MAX),
    });
  }
  const ignored = cells.flatMap((cell, at) => (read.has(at) || cell.trim() === '' ? [] : cell.trim()));
  return { index, metafields, width: cells.length, ignored };
};
