import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/core/language.ts';
import { en, type MessageCode } from '../../src/graphql/messages/en.ts';
import { messageOf } from '../../src/graphql/messages/messages.ts';
import { schema } from '../../src/graphql/schema.ts';

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string).sort();

describe('messages', () => {
  it.each(LANGUAGES)('say in %s what English says, with the same placeholders', (language) => {
    for (const code of Object.keys(en) as MessageCode[]) {
      const text = messageOf(code, {}, language);
      expect(placeholders(text), code).toEqual(placeholders(en[code]));
      if (language !== 'en') expect(text, code).not.toBe(en[code]);
    }
  });

  it('exist for every code that a mutation of ours can answer with', () => {
    // Shopify's codes that nothing here refuses with yet stand in the enums for its clients.
    const foreign = new Set(['BAD_DOMAIN', 'COUNTRY_NOT_EXIST', 'INVALID_FOR_COUNTRY_AND_PROVINCE', 'METAFIELD_MISMATCH', 'PRESENT']);
    const enums = Object.values(schema.getTypeMap()).filter(({ name }) => name.endsWith('ErrorCode') || name.endsWith('ErrorsCode'));
    expect(enums.length).toBeGreaterThan(8);
    for (const type of enums) {
      for (const { name } of (type as import('graphql').GraphQLEnumType).getValues()) {
        if (!foreign.has(name)) expect(en, `${type.name}.${name}`).toHaveProperty(name);
      }
    }
  });

  it('fill their placeholders', () => {
    expect(messageOf('TOO_LONG', { max: 255 }, 'de')).toBe('Dies ist länger als 255 Zeichen.');
  });

  it('say more where a code carries a detail', () => {
    expect(messageOf('INVALID', { detail: 'INVALID_EMAIL' }, 'en')).toBe('This is not an e-mail address.');
  });
});
