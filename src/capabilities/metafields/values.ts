import { CURRENCY_CODES } from '../../core/currency.ts';
import { momentOf } from '../../core/moment.ts';
import { isDecimal, parseAmount } from '../../core/money.ts';
import { Problem } from './problem.ts';
import { checkDomain, checkLength, checkRange, checkText, type Rules, readLength } from './validations.ts';

/** One type of value: the text as it is kept, or a Problem that says what it is not. */
interface ValueType {
  /** Which rules a definition may have. */
  readonly rules: readonly string[];
  /** Reads `min` and `max`, where the type has them. */
  readonly bound?: (text: string) => unknown;
  readonly read: (value: string, rules: Rules) => string;
  /** A value that is one, for messages. */
  readonly example: string;
  /** Entries of a list are JSON of this kind; texts without it. */
  readonly isObject?: true;
}

const not = (example: string): Problem => new Problem('VALUE_NOT_OF_TYPE', { example });

/** The object in a JSON text with exactly these properties. */
const objectIn = <Name extends string>(value: string, names: readonly Name[], example: string): Record<Name, unknown> => {
  try {
    const found: unknown = JSON.parse(value);
    if (found && typeof found === 'object' && !Array.isArray(found) && Object.keys(found).every((name) => names.includes(name as Name)))
      return found as Record<Name, unknown>;
  } catch {
    // Refused below.
  }
  throw not(example);
};

const decimalIn = (value: unknown, example: string): string => {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !isDecimal(text)) throw not(example);
  return text;
};

/** The rules are decimals too, compared as such: as floating point, 0.1 and 0.10 are the same and 19 digits are not. */
const scaled = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(19, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
};

const decimalBound = (text: string): bigint => {
  if (!isDecimal(text)) throw new Problem('RULE_NO_NUMBER');
  return scaled(text);
};

const INTEGER_MAX = 9_007_199_254_740_991n;
const integerBound = (text: string): bigint => {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new Problem('RULE_NO_NUMBER');
  return BigInt(text);
};

const dayIn = (text: string, example: string): Date => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? momentOf(`${text}T00:00:00Z`) : null;
  if (!day?.toISOString().startsWith(text)) throw not(example);
  return day;
};

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;
const momentIn = (text: string, example: string): Date => {
  const match = MOMENT.exec(text);
  // Without a time zone: UTC, as at Shopify.
  const moment = match && momentOf(match[1] ? text : `${text}Z`);
  if (!moment) throw not(example);
  return moment;
};

const bounded =
  <Value>(read: (text: string, example: string) => Value) =>
  (text: string): Value => {
    try {
      return read(text, '');
    } catch {
      throw new Problem('RULE_NO_MOMENT');
    }
  };

const TEXT_RULES = ['min', 'max', 'regex', 'choices'] as const;
const RANGE_RULES = ['min', 'max'] as const;

const text = (isOneLine: boolean): ValueType => ({
  rules: TEXT_RULES,
  bound: readLength,
  example: isOneLine ? 'one line of text' : 'text',
  read: (value, rules) => {
    if (isOneLine && /[\r\n]/.test(value)) throw not('one line of text');
    checkText(value, rules);
    return value;
  },
});

const measure = (units: string, example: string): ValueType => ({
  rules: RANGE_RULES,
  bound: decimalBound,
  example,
  isObject: true,
  read: (value, rules) => {
    const { value: amount, unit } = objectIn(value, ['value', 'unit'], example);
    const decimal = decimalIn(amount, example);
    if (typeof unit !== 'string' || !units.split(' ').includes(unit)) throw new Problem('VALUE_NO_CHOICE', { choices: units.replaceAll(' ', ', ') });
    checkRange(scaled(decimal), rules, decimalBound);
    return JSON.stringify({ value: Number(decimal), unit });
  },
});

const URL_SCHEMES = ['http:', 'https:', 'mailto:', 'sms:', 'tel:'];
const URL_EXAMPLE = 'https://shop.example/page';
const readUrl = (value: string, rules: Rules): string => {
  if (!URL.canParse(value) || !URL_SCHEMES.includes(new URL(value).protocol)) throw not(URL_EXAMPLE);
  checkDomain(new URL(value).hostname, rules);
  return value;
};

const COLOR = '#2e7d32';
const DAY = '1990-05-17';
const MOMENT_EXAMPLE = '2026-11-22T09:30:00Z';
const INTEGER = '42';
const DECIMAL = '12.50';
const MONEY = '{"amount":"12.50","currency_code":"EUR"}';
const RATING = '{"value":"3.5","scale_min":"1.0","scale_max":"5.0"}';
const LINK = '{"text":"Size guide","url":"https://shop.example/sizes"}';

/** The types of values, under Shopify's names; those that refer to other objects of a shop are not among them. */
const TYPES: Readonly<Record<string, ValueType>> = {
  boolean: {
    rules: [],
    example: 'true',
    read: (value) => {
      if (value !== 'true' && value !== 'false') throw not('true, false');
      return value;
    },
  },
  color: {
    rules: [],
    example: COLOR,
    read: (value) => {
      if (!/^#[\da-f]{6}$/i.test(value)) throw not(COLOR);
      return value.toLowerCase();
    },
  },
  date: {
    rules: RANGE_RULES,
    bound: bounded(dayIn),
    example: DAY,
    read: (value, rules) => {
      checkRange(dayIn(value, DAY), rules, bounded(dayIn));
      return value;
    },
  },
  date_time: {
    rules: RANGE_RULES,
    bound: bounded(momentIn),
    example: MOMENT_EXAMPLE,
    read: (value, rules) => {
      const moment = momentIn(value, MOMENT_EXAMPLE);
      checkRange(moment, rules, bounded(momentIn));
      return moment.toISOString();
    },
  },
  dimension: measure('in ft yd mm cm m', '{"value":25.5,"unit":"cm"}'),
  id: text(true),
  json: {
    rules: [],
    example: '{"any":"JSON"}',
    read: (value) => {
      try {
        JSON.parse(value);
        // As it was written: numbers of any length stay what they are.
        return value;
      } catch {
        throw not('{"any":"JSON"}');
      }
    },
  },
  language: {
    rules: [],
    example: 'da',
    read: (value) => {
      try {
        return Intl.getCanonicalLocales(value)[0] ?? value;
      } catch {
        throw not('da');
      }
    },
  },
  link: {
    rules: ['allowed_domains'],
    example: LINK,
    isObject: true,
    read: (value, rules) => {
      const { text: label, url } = objectIn(value, ['text', 'url'], LINK);
      if (typeof label !== 'string' || typeof url !== 'string') throw not(LINK);
      return JSON.stringify({ text: label, url: readUrl(url, rules) });
    },
  },
  money: {
    rules: [],
    example: MONEY,
    read: (value) => {
      const { amount, currency_code: currency } = objectIn(value, ['amount', 'currency_code'], MONEY);
      if (typeof currency !== 'string' || !CURRENCY_CODES.includes(currency)) throw not(MONEY);
      const decimal = decimalIn(amount, MONEY);
      parseAmount(decimal, currency, []);
      return JSON.stringify({ amount: decimal, currency_code: currency });
    },
  },
  multi_line_text_field: text(false),
  number_decimal: {
    rules: [...RANGE_RULES, 'max_precision'],
    bound: decimalBound,
    example: DECIMAL,
    read: (value, rules) => {
      const decimal = decimalIn(value, DECIMAL);
      checkRange(scaled(decimal), rules, decimalBound);
      const max = rules.max_precision;
      if (max !== undefined && (decimal.split('.')[1] ?? '').length > Number(max)) throw new Problem('VALUE_TOO_PRECISE', { max });
      return decimal;
    },
  },
  number_integer: {
    rules: RANGE_RULES,
    bound: integerBound,
    example: INTEGER,
    read: (value, rules) => {
      if (!/^-?\d{1,16}$/.test(value)) throw not(INTEGER);
      const number = BigInt(value);
      if (number > INTEGER_MAX || number < -INTEGER_MAX) throw not(INTEGER);
      checkRange(number, rules, integerBound);
      return number.toString();
    },
  },
  rating: {
    rules: ['scale_min', 'scale_max'],
    example: RATING,
    isObject: true,
    read: (value, { scale_min: min, scale_max: max }) => {
      const found = objectIn(value, ['value', 'scale_min', 'scale_max'], RATING);
      const [rated, from, to] = [found.value, found.scale_min, found.scale_max].map((part) => decimalIn(part, RATING)) as [string, string, string];
      if ((min !== undefined && scaled(from) !== decimalBound(min)) || (max !== undefined && scaled(to) !== decimalBound(max)))
        throw new Problem('VALUE_OTHER_SCALE', { min: min ?? from, max: max ?? to });
      checkRange(scaled(rated), { min: from, max: to }, decimalBound);
      return JSON.stringify({ value: rated, scale_min: from, scale_max: to });
    },
  },
  single_line_text_field: text(true),
  url: { rules: ['allowed_domains'], example: URL_EXAMPLE, read: readUrl },
  volume: measure('ml cl l m3 us_fl_oz us_pt us_qt us_gal imp_fl_oz imp_pt imp_qt imp_gal', '{"value":0.7,"unit":"l"}'),
  weight: measure('oz lb g kg', '{"value":2.5,"unit":"kg"}'),
};

/** Of these, lists may be kept. */
const LISTED = [
  'color',
  'date',
  'date_time',
  'dimension',
  'id',
  'link',
  'number_decimal',
  'number_integer',
  'rating',
  'single_line_text_field',
  'url',
  'volume',
  'weight',
];

export const METAFIELD_TYPES: readonly string[] = [...Object.keys(TYPES), ...LISTED.map((name) => `list.${name}`)];

const ENTRIES_MAX = 128;

const readList = (value: string, type: ValueType, rules: Rules): string => {
  let list: unknown;
  try {
    list = JSON.parse(value);
  } catch {
    list = null;
  }
  const example = type.isObject ? `[${type.example}]` : JSON.stringify([type.example]);
  if (!Array.isArray(list)) throw not(example);
  if (list.length > ENTRIES_MAX) throw new Problem('TOO_MANY', { max: ENTRIES_MAX });
  checkLength(list.length, rules);
  const entries = list.map((entry: unknown) => {
    if (type.isObject) return JSON.parse(type.read(JSON.stringify(entry), rules)) as unknown;
    if (typeof entry !== 'string' && typeof entry !== 'number') throw not(example);
    return type.read(String(entry), rules);
  });
  return JSON.stringify(entries);
};

/** The value as it is kept. Throws Problem for what is no value of the type, or breaks a rule. The type is one of METAFIELD_TYPES. */
export const readValue = (type: string, value: string, rules: Rules): string => {
  const isList = type.startsWith('list.');
  const found = TYPES[isList ? type.slice(5) : type] as ValueType;
  return isList ? readList(value, found, rules) : found.read(value, rules);
};

const JSON_TYPES = new Set(['boolean', 'dimension', 'json', 'link', 'money', 'number_integer', 'rating', 'volume', 'weight']);

/** The value as JSON: objects, lists, numbers and booleans as such, everything else as text. */
export const jsonOf = (type: string, value: string): unknown => (type.startsWith('list.') || JSON_TYPES.has(type) ? JSON.parse(value) : value);

/** Reads a rule of a definition of the type. Throws Problem for one that the type does not have or that cannot be read. */
export const readRule = (type: string, name: string, value: string, readers: Readonly<Record<string, (text: string) => unknown>>): void => {
  const isList = type.startsWith('list.');
  const { rules, bound } = TYPES[isList ? type.slice(5) : type] as ValueType;
  const known = [...rules, ...(isList ? ['list.min', 'list.max'] : [])];
  if (!known.includes(name)) throw new Problem('RULE_UNKNOWN', { rules: known.join(', ') || '-' });
  const read = readers[name] ?? (name === 'scale_min' || name === 'scale_max' ? decimalBound : bound);
  read?.(value);
};
