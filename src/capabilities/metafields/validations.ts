import vm from 'node:vm';
import { Problem } from './problem.ts';

/** A rule of a definition, as Shopify has it: values are texts, lists JSON. */
export interface Validation {
  readonly name: string;
  readonly value: string;
}

/** The rules of a definition by name. */
export type Rules = Readonly<Record<string, string>>;

const PATTERN_MS_MAX = 20;
const PATTERN_CHARACTERS_MAX = 500;

const compiled = (source: string): RegExp => {
  try {
    if (source.length > PATTERN_CHARACTERS_MAX) throw new Error('too long');
    return new RegExp(source, 'u');
  } catch {
    throw new Problem('RULE_NO_PATTERN');
  }
};

/** Whether a pattern matches within 20 ms: one that takes longer on some text must not stop the process. */
const matches = (source: string, text: string): boolean => {
  try {
    return vm.runInNewContext('pattern.test(text)', { pattern: compiled(source), text }, { timeout: PATTERN_MS_MAX }) as boolean;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
};

const listIn = (text: string): string[] => {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string')) return list;
  } catch {
    // Refused below.
  }
  throw new Problem('RULE_NO_LIST');
};

const wholeIn = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Problem('RULE_NO_NUMBER');
  return Number(text);
};

/** Rules for texts. */
export const checkText = (text: string, { min, max, regex, choices }: Rules): void => {
  const length = [...text].length;
  if (min !== undefined && length < wholeIn(min)) throw new Problem('TOO_SHORT', { min });
  if (max !== undefined && length > wholeIn(max)) throw new Problem('TOO_LONG', { max });
  if (choices !== undefined && !listIn(choices).includes(text)) throw new Problem('VALUE_NO_CHOICE', { choices: listIn(choices).join(', ') });
  if (regex !== undefined && !matches(regex, text)) throw new Problem('VALUE_NO_MATCH', { regex });
};

/** Rules for what has an order: `of` makes a value of a rule's text. */
export const checkRange = <Value extends number | bigint | Date>(value: Value, { min, max }: Rules, of: (text: string) => Value): void => {
  if (min !== undefined && value < of(min)) throw new Problem('VALUE_TOO_SMALL', { min });
  if (max !== undefined && value > of(max)) throw new Problem('VALUE_TOO_LARGE', { max });
};

/** Rules for the length of lists. */
export const checkLength = (length: number, rules: Rules): void => {
  const [min, max] = [rules['list.min'], rules['list.max']];
  if (min !== undefined && length < wholeIn(min)) throw new Problem('LIST_TOO_SHORT', { min });
  if (max !== undefined && length > wholeIn(max)) throw new Problem('TOO_MANY', { max });
};

/** Rules for web addresses: the host or a domain above it. */
export const checkDomain = (host: string, { allowed_domains: allowed }: Rules): void => {
  if (allowed === undefined) return;
  const domains = listIn(allowed);
  if (!domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`)))
    throw new Problem('VALUE_OTHER_DOMAIN', { domains: domains.join(', ') });
};

/** Whether a rule can be read at all, by the kind of rule. */
export const RULE_READERS: Readonly<Record<string, (text: string) => unknown>> = {
  regex: compiled,
  choices: listIn,
  allowed_domains: listIn,
  max_precision: wholeIn,
  'list.min': wholeIn,
  'list.max': wholeIn,
};

/** Lengths of texts; for numbers and moments `min` and `max` are read by the type itself. */
export const readLength = wholeIn;
