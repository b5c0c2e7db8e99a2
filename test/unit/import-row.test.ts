import { describe, expect, it } from 'vitest';
import { readHeader } from '../../src/capabilities/transfer/columns.ts';
import { readPassword } from '../../src/capabilities/transfer/password.ts';
import { readRow } from '../../src/capabilities/transfer/row.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

/** Reads one row of a file with these columns. */
const row = (cells: Record<string, string>) => readRow({ line: 2, cells: Object.values(cells) }, readHeader(Object.keys(cells)), NOW);

const SHOPIFY =
  'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags';

describe('the header of an import', () => {
  it('is recognised in any case and order, with spaces, underscores or hyphens', () => {
    expect(readHeader(['PASSWORD', ' E-Mail ', 'Name']).index).toEqual({ password: 0, email: 1, name: 2 });
    expect(readHeader(['date_of_birth', 'Postal Code', 'SURNAME']).index).toEqual({ birthDate: 0, zip: 1, lastName: 2 });
  });

  it('of a Shopify export is read but for totals and tax', () => {
    const { ignored, index } = readHeader(SHOPIFY.split(','));
    expect(ignored).toEqual(['Total Spent', 'Total Orders', 'Tax Exempt']);
    expect(index).toMatchObject({ externalId: 0, company: 5, zoneCode: 9, territoryCode: 10, zip: 11, addressPhone: 12, phone: 13, tags: 19 });
  });

  it('never mixes two kinds of id: the surer is read and the other named as ignored', () => {
    expect(readHeader(['reference', 'id', 'email', 'email'])).toMatchObject({ index: { externalId: 1, email: 2 }, ignored: ['reference', 'email'] });
  });

  it('without any known column is refused by name', () => {
    expect(() => readHeader(['foo', 'bar'])).toThrow(
      expect.objectContaining({ code: 'NO_KNOWN_COLUMN', params: expect.objectContaining({ given: 'foo, bar' }) }),
    );
  });
});

describe('a row of an import', () => {
  it.each([
    ['Grace Hopper', 'Grace', 'Hopper'],
    ['Hopper, Grace', 'Grace', 'Hopper'],
    ['Gabriel García Márquez', 'Gabriel García', 'Márquez'],
    ['Cher', 'Cher', null],
    ['A, B, C', 'A, B,', 'C'],
    ["Geert van 't Hooft", "Geert van 't", 'Hooft'],
  ])('cuts the name %s into %s and %s', (name, firstName, lastName) => {
    expect(row({ name }).scalars).toMatchObject({ firstName, lastName });
  });

  it.each([
    ['1990-02-13', '1990-02-13'],
    ['1990/2/3', '1990-02-03'],
    ['13.2.1990', '1990-02-13'],
    ['19900213', '1990-02-13'],
    ['1990-02-13T00:00:00Z', '1990-02-13'],
  ])('reads the birth date %s', (dob, day) => {
    expect(row({ dob, name: 'A' }).scalars.birthDate).toEqual(new Date(`${day}T00:00:00Z`));
  });

  it.each(['03/04/1990', '1990-02-30', '1990-13-01', '2030-01-01', '1850-01-01', 'yesterday'])('refuses the birth date %s', (birthday) => {
    expect(() => row({ birthday, name: 'A' })).toThrow(expect.objectContaining({ code: 'INVALID', field: ['row', 'birthDate'] }));
  });

  it('strips the apostrophe before phone, zip and id, and nowhere else', () => {
    const read = row({
      'Customer ID': "'7001",
      'First Name': "'t",
      Phone: "'+4532123456",
      'Default Address Zip': "'01234",
      'Default Address Phone': "'+4532123457",
    });
    expect(read).toMatchObject({
      externalId: '7001',
      scalars: { firstName: "'t", phone: '+4532123456' },
      address: { zip: '01234', phoneNumber: '+4532123457' },
    });
  });

  it('reads a phone number without country code as one of the row’s country, given by code or name', () => {
    expect(row({ phone: '32 12 34 56', country: 'Denmark' })).toMatchObject({ scalars: { phone: '+4532123456' }, address: { territoryCode: 'DK' } });
    expect(row({ phone: '030 123456', 'Country Code': 'de' }).scalars.phone).toBe('+4930123456');
    expect(() => row({ phone: '32 12 34 56' })).toThrow(expect.objectContaining({ code: 'INVALID', field: ['row', 'phone'] }));
    expect(() => row({ name: 'A', country: 'Atlantis' })).toThrow(expect.objectContaining({ code: 'INVALID_TERRITORY_CODE' }));
  });

  it('keeps what looks like a formula as the text it is', () => {
    const read = row({ first_name: '=1+1', last_name: '@SUM(A1)', note: '=HYPERLINK("http://x")', tags: '+1,-2' });
    expect(read).toMatchObject({ scalars: { firstName: '=1+1', lastName: '@SUM(A1)', note: '=HYPERLINK("http://x")' }, tags: ['+1', '-2'] });
  });

  it('makes a line break in an address a space, and keeps it in a note', () => {
    const read = row({ name: 'A', address1: 'Havnegade 1\n2. tv', note: 'first\nsecond' });
    expect(read).toMatchObject({ address: { address1: 'Havnegade 1 2. tv' }, scalars: { note: 'first\nsecond' } });
  });

  it('has a fingerprint of what it says when nothing else identifies it, its password left out', () => {
    const one = row({ name: 'A B', city: 'Bonn', password: 'secret-one' });
    expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(row({ city: ' Bonn', name: 'A  B'.replace('  ', ' '), password: 'secret-two' }).fingerprint).toBe(one.fingerprint);
    expect(row({ name: 'A B', city: 'Köln' }).fingerprint).not.toBe(one.fingerprint);
    expect(row({ name: 'A B', email: 'a@b.example' }).fingerprint).toBeNull();
  });

  it('with more cells than columns is refused, not shifted', () => {
    const header = readHeader(['name', 'email']);
    expect(() => readRow({ line: 9, cells: ['A', 'b@c.example', 'stray'] }, header, NOW)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_CELLS' }),
    );
    expect(readRow({ line: 9, cells: ['A', 'b@c.example', '', ' '] }, header, NOW).scalars.email).toBe('b@c.example');
  });

  it('in another encoding than its file’s is refused, not garbled', () => {
    expect(() => row({ first_name: 'M\uFFFDller', email: 'a@b.example' })).toThrow(expect.objectContaining({ code: 'INVALID_ENCODING' }));
  });
});

describe('the password of an import', () => {
  const ARGON2ID = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$eeMLRkOpTHAbOzo/4Ot3Q19pNKANcM0LOsbFpfdp0gI';

  it('has 8 to 128 characters, counted as people count', () => {
    expect(readPassword('😀'.repeat(8))).toMatchObject({ plain: '😀'.repeat(8) });
    expect(() => readPassword('😀'.repeat(7))).toThrow(expect.objectContaining({ code: 'TOO_SHORT' }));
    expect(() => readPassword('x'.repeat(129))).toThrow(expect.objectContaining({ code: 'TOO_LONG' }));
    expect(readPassword('  spaces stay  ')).toMatchObject({ plain: '  spaces stay  ' });
    expect(readPassword('$100 a month')).toMatchObject({ plain: '$100 a month' });
    expect(readPassword(null)).toBeNull();
  });

  it('is taken over as a hash when it is argon2id in PHC form', () => {
    expect(readPassword(ARGON2ID)).toEqual({ plain: null, hash: ARGON2ID });
  });

  it.each([
    '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    '$2y$10$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    ARGON2ID.replace('argon2id', 'argon2i'),
    ARGON2ID.replace('m=19456', 'm=2097152'),
    '$argon2id$v=19$m=19456,t=2,p=1$notahash',
    'pbkdf2_sha256$600000$abcdefghijkl$abcdefghijklmnopqrstuvwxyz0123456789=',
    '{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9gAAAAA',
  ])('is refused when it is a hash of another kind: %s', (hash) => {
    expect(() => readPassword(hash)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_PASSWORD_HASH', field: ['row', 'password'] }));
  });
});
