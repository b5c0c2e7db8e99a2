import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/capabilities/metafields/problem.ts';
import { RULE_READERS } from '../../src/capabilities/metafields/validations.ts';
import { jsonOf, METAFIELD_TYPES, readRule, readValue } from '../../src/capabilities/metafields/values.ts';
import { messageOf } from '../../src/graphql/messages/messages.ts';

/** Why it is refused, as a person reads it. */
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return messageOf('INVALID_VALUE', { ...error.params, detail: error.detail }, 'en');
    throw error;
  }
  throw new Error('Not refused.');
};

describe('metafield values', () => {
  it.each([
    ['boolean', 'true', 'true'],
    ['color', '#2E7D32', '#2e7d32'],
    ['date', '1990-02-28', '1990-02-28'],
    ['date_time', '2026-11-22T10:30:00+01:00', '2026-11-22T09:30:00.000Z'],
    ['date_time', '2026-11-22T10:30:00', '2026-11-22T10:30:00.000Z'],
    ['dimension', '{"value":25.50,"unit":"cm"}', '{"value":25.5,"unit":"cm"}'],
    ['json', '{"n": 12345678901234567890}', '{"n": 12345678901234567890}'],
    ['language', 'pt-br', 'pt-BR'],
    ['link', '{"url":"https://a.example/","text":"A"}', '{"text":"A","url":"https://a.example/"}'],
    ['money', '{"amount":"12.50","currency_code":"EUR"}', '{"amount":"12.50","currency_code":"EUR"}'],
    ['number_integer', '-9007199254740991', '-9007199254740991'],
    ['number_decimal', '9999999999999.999999999', '9999999999999.999999999'],
    ['rating', '{"value":"3.5","scale_min":"1","scale_max":"5"}', '{"value":"3.5","scale_min":"1","scale_max":"5"}'],
    ['url', 'mailto:a@example.com', 'mailto:a@example.com'],
    ['list.single_line_text_field', '["a", "b"]', '["a","b"]'],
    ['list.number_integer', '[1, "2"]', '["1","2"]'],
    ['list.weight', '[{"value":1,"unit":"kg"}]', '[{"value":1,"unit":"kg"}]'],
  ])('of %s: %s', (type, given, kept) => {
    expect(readValue(type, given, {})).toBe(kept);
    expect(() => jsonOf(type, kept)).not.toThrow();
  });

  it.each([
    ['boolean', 'yes', {}, 'Write it like this: true, false'],
    ['color', 'red', {}, 'Write it like this: #2e7d32'],
    ['date', '2026-02-30', {}, 'Write it like this: 1990-05-17'],
    ['date', '2026-03-01', { max: '2026-02-01' }, 'This can be at most 2026-02-01.'],
    ['dimension', '{"value":1,"unit":"parsec"}', {}, 'Choose one of: in, ft, yd, mm, cm, m.'],
    ['json', '{', {}, 'Write it like this: {"any":"JSON"}'],
    ['money', '{"amount":"1","currency_code":"QQQ"}', {}, 'Write it like this: {"amount":"12.50","currency_code":"EUR"}'],
    ['number_integer', '1.5', {}, 'Write it like this: 42'],
    ['number_integer', '9007199254740993', {}, 'Write it like this: 42'],
    ['number_integer', '3', { min: '5' }, 'This must be at least 5.'],
    ['number_decimal', '0.30000000000000001', { max: '0.3' }, 'This can be at most 0.3.'],
    ['number_decimal', '1.234', { max_precision: '2' }, 'At most 2 decimals.'],
    ['rating', '{"value":"6","scale_min":"1","scale_max":"5"}', {}, 'This can be at most 5.'],
    ['rating', '{"value":"3","scale_min":"1","scale_max":"9"}', { scale_min: '1', scale_max: '5' }, 'The scale goes from 1 to 5.'],
    ['single_line_text_field', 'a\nb', {}, 'Write it like this: one line of text'],
    ['single_line_text_field', 'M', { choices: '["S","L"]' }, 'Choose one of: S, L.'],
    ['single_line_text_field', 'ab', { regex: '^\\d+$' }, 'This does not have the form ^\\d+$.'],
    ['single_line_text_field', '👍👍', { max: '1' }, 'This is longer than 1 characters.'],
    ['url', 'javascript:alert(1)', {}, 'Write it like this: https://shop.example/page'],
    ['url', 'https://evil.example', { allowed_domains: '["shop.example"]' }, 'The address must be at: shop.example.'],
    ['url', 'https://notshop.example', { allowed_domains: '["shop.example"]' }, 'The address must be at: shop.example.'],
    ['list.single_line_text_field', 'a', {}, 'Write it like this: ["one line of text"]'],
    ['list.single_line_text_field', '["a","b"]', { 'list.max': '1' }, 'There are more than 1.'],
    ['list.single_line_text_field', '[]', { 'list.min': '1' }, 'Give at least 1.'],
    ['list.color', '["#ffffff", "blue"]', {}, 'Write it like this: #2e7d32'],
  ])('of %s are not: %s with %j', (type, value, rules, message) => {
    expect(refusal(() => readValue(type, value, rules))).toBe(message);
  });

  it('do not hang on a pattern that takes for ever', () => {
    const began = Date.now();
    expect(refusal(() => readValue('single_line_text_field', `${'a'.repeat(40)}!`, { regex: '^(a+)+$' }))).toContain('does not have the form');
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  it('of any text at all are kept or refused, and what is kept reads the same again', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(fc.constantFrom(...METAFIELD_TYPES), text, (type, value) => {
        let kept: string;
        try {
          kept = readValue(type, value, {});
        } catch (error) {
          expect(['Problem', 'DomainError']).toContain((error as Error).name);
          return;
        }
        expect(readValue(type, kept, {})).toBe(kept);
        expect(() => jsonOf(type, kept)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('rules of definitions', () => {
  it.each([
    ['single_line_text_field', 'regex', '^[A-Z]+$'],
    ['single_line_text_field', 'choices', '["S","M"]'],
    ['number_decimal', 'min', '-1.5'],
    ['date', 'max', '2026-01-01'],
    ['rating', 'scale_max', '5.0'],
    ['list.color', 'list.max', '3'],
  ])('of %s: %s is %s', (type, name, value) => {
    expect(() => readRule(type, name, value, RULE_READERS)).not.toThrow();
  });

  it.each([
    ['boolean', 'min', '1', 'This type knows these rules: -.'],
    ['color', 'list.max', '1', 'This type knows these rules: -.'],
    ['single_line_text_field', 'regex', '(', 'This is no regular expression of at most 500 characters.'],
    ['single_line_text_field', 'choices', 'S, M', 'Write it as a JSON list of texts: ["a", "b"]'],
    ['single_line_text_field', 'max', '-1', 'This rule is a number.'],
    ['number_integer', 'min', 'x', 'This rule is a number.'],
    ['date', 'min', 'soon', 'This rule is a day or a moment: 2026-11-22'],
  ])('of %s are not: %s is %s', (type, name, value, message) => {
    expect(refusal(() => readRule(type, name, value, RULE_READERS))).toBe(message);
  });
});
