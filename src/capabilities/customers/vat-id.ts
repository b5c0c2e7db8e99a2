import { createRequire } from 'node:module';
import { DomainError } from '../../core/errors.ts';
import { territoryOf } from '../addresses/territories.ts';

/** What each country's VAT number is called in the library that checks it. */
const NUMBERS: Readonly<Record<string, string>> = {
  AT: 'uid',
  AU: 'abn',
  BE: 'vat',
  BG: 'vat',
  CH: 'vat',
  CY: 'vat',
  CZ: 'dic',
  DE: 'vat',
  DK: 'cvr',
  EE: 'kmkr',
  ES: 'nif',
  FI: 'alv',
  FR: 'tva',
  GB: 'vat',
  GR: 'vat',
  HR: 'oib',
  HU: 'anum',
  IE: 'vat',
  IN: 'gstin',
  IS: 'vsk',
  IT: 'iva',
  LT: 'pvm',
  LU: 'tva',
  LV: 'pvn',
  MT: 'vat',
  NL: 'btw',
  NO: 'mva',
  NZ: 'ird',
  PL: 'nip',
  PT: 'nif',
  RO: 'cui',
  RS: 'pib',
  SE: 'vat',
  SI: 'ddv',
  SK: 'dph',
  TR: 'vkn',
  ZA: 'vat',
};

/** Prefixes that are not the country's own code: Greece's, and Northern Ireland's for trade in goods. */
const PREFIXES: Readonly<Record<string, string>> = { EL: 'GR', XI: 'GB' };

const load = createRequire(import.meta.url);

/** Three hundred files, which come with the first VAT id and not with the gateway's start. */
const numbers = () => (load('stdnum') as typeof import('stdnum')).stdnum;

const FORM = /^[A-Z]{2}[A-Z0-9]{2,30}$/;

const hasRightDigits = (vatId: string, country: string): boolean => {
  const known = numbers();
  const number = known[country as keyof typeof known]?.[NUMBERS[country] ?? ''];
  // Swiss numbers begin with CHE, which is part of them.
  return number?.validate(country === 'CH' ? vatId : vatId.slice(2)).isValid ?? true;
};

/**
 * A VAT id with its country's prefix, without spaces and punctuation: length and check digits are right where the country's rules are
 * known. Whether it is registered is another question, which the tax offices answer. Refuses INVALID.
 */
export const vatIdOf = (text: string | null, field: readonly string[]): string | null => {
  const vatId = text?.toUpperCase().replace(/[\s./-]/g, '') ?? '';
  if (vatId === '') return null;
  const prefix = vatId.slice(0, 2);
  const country = PREFIXES[prefix] ?? territoryOf(prefix);
  if (!FORM.test(vatId) || !country || !hasRightDigits(vatId, country)) throw new DomainError('INVALID', field, { detail: 'INVALID_VAT_ID' });
  return vatId;
};
