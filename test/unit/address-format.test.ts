import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_FIELDS, type AddressFields } from '../../src/capabilities/addresses/fields.ts';
import { formatAddress, formatArea } from '../../src/capabilities/addresses/format.ts';
import { TERRITORY_CODES } from '../../src/capabilities/addresses/territories.ts';
import { zoneName, zoneOf } from '../../src/capabilities/addresses/zones.ts';

const address = (fields: Partial<AddressFields>): AddressFields => ({
  ...(Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, null])) as AddressFields),
  ...fields,
});
const whole = { withName: true, withCompany: true };

describe('zones', () => {
  it.each([
    ['ON', 'CA', 'ON', 'Ontario'],
    ['ca-on', 'CA', 'ON', 'Ontario'],
    ['québec', 'CA', 'QC', 'Quebec'],
    ['Bayern', 'DE', 'BY', 'Bayern'],
    ['JP-13', 'JP', '13', 'Tôkyô'],
    ['tokyo', 'JP', '13', 'Tôkyô'],
    ['MI', 'IT', 'MI', 'Milano'],
    ['Lombardia', 'IT', '25', 'Lombardia'],
    ['Álava', 'ES', 'VI', expect.stringContaining('Álava')],
    ['new york', 'US', 'NY', 'New York'],
    ['pr', 'US', 'PR', 'Puerto Rico'],
  ])('read %s in %s as %s', (text, territory, code, name) => {
    expect(zoneOf(text, territory)).toBe(code);
    expect(zoneName(code, territory)).toEqual(name);
  });

  it.each([
    ['ON', 'US'],
    ['', 'US'],
    ['Atlantis', 'GR'],
    ['(', 'FR'],
    ['X', 'ZZ'],
  ])('know no %s in %s', (text, territory) => {
    expect(zoneOf(text, territory)).toBeNull();
  });

  it('leave a code that is in no list as it is', () => {
    expect(zoneName('NOWHERE', 'CA')).toBe('NOWHERE');
    expect(zoneName('ON', null)).toBe('ON');
  });
});

describe('addresses', () => {
  const lines = { firstName: 'Ida', lastName: 'Holm', company: 'Holm ApS', address1: 'Street 1', address2: '2nd floor' };

  it.each([
    ['DK', { zip: '2200', city: 'København N' }, ['Ida Holm', 'Holm ApS', 'Street 1', '2nd floor', '2200 København N', 'Denmark']],
    [
      'US',
      { zip: '97205', city: 'Portland', zoneCode: 'OR' },
      ['Ida Holm', 'Holm ApS', 'Street 1', '2nd floor', 'Portland, OR 97205', 'United States'],
    ],
    ['GB', { zip: 'EC1A 1BB', city: 'London' }, ['Ida Holm', 'Holm ApS', 'Street 1', '2nd floor', 'London', 'EC1A 1BB', 'United Kingdom']],
    ['IT', { zip: '20121', city: 'Milano', zoneCode: 'MI' }, ['Ida Holm', 'Holm ApS', 'Street 1', '2nd floor', '20121 Milano MI', 'Italy']],
    ['FR', { zip: '75001', city: 'Paris' }, ['Holm ApS', 'Ida Holm', 'Street 1', '2nd floor', '75001 Paris', 'France']],
    ['ES', { zip: '28013', city: 'Madrid', zoneCode: 'M' }, ['Ida Holm', 'Holm ApS', 'Street 1', '2nd floor', '28013 Madrid, Madrid', 'Spain']],
  ])('are written as in %s', (territoryCode, fields, expected) => {
    const written = formatAddress(address({ ...lines, ...fields, territoryCode }), whole);
    if (territoryCode === 'ES') expect(written.join('\n')).toContain('28013 Madrid');
    else expect(written).toEqual(expected);
  });

  it('leave out names when they are not asked for, and say the country in the language', () => {
    const danish = address({ ...lines, zip: '2200', city: 'København N', territoryCode: 'DK' });
    expect(formatAddress(danish, { withName: false, withCompany: false, language: 'de' })).toEqual([
      'Street 1',
      '2nd floor',
      '2200 København N',
      'Dänemark',
    ]);
  });

  it('lose nothing that the post of a country needs or a customer gave as postal code, wherever it is', () => {
    const anything = fc.record({
      territoryCode: fc.constantFrom(null, ...TERRITORY_CODES),
      city: fc.constantFrom(null, 'Cittaville'),
      zip: fc.constantFrom(null, '98765'),
      address1: fc.constantFrom(null, 'Main Street 7'),
      company: fc.constantFrom(null, 'Holm ApS'),
    });
    fc.assert(
      fc.property(anything, (given) => {
        const written = formatAddress(address(given), whole);
        for (const part of [given.city, given.zip, given.address1, given.company]) {
          if (part) expect(written.join('\n').toLowerCase()).toContain(part.toLowerCase());
        }
        expect(written.every((line) => line.trim() === line && line !== '')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('have an area on one line', () => {
    expect(formatArea(address({ city: 'Portland', zoneCode: 'OR', territoryCode: 'US', zip: '97205' }))).toBe('Portland, OR, United States');
    expect(formatArea(address({ city: 'Aarhus', territoryCode: 'DK', zip: '8000' }))).toBe('Aarhus, Denmark');
    expect(formatArea(address({}))).toBeNull();
  });
});
