import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filled, html } from '../../src/core/html.ts';
import { LANGUAGES } from '../../src/core/language.ts';
import { formatsOf } from '../../src/http/pages/account/formats.ts';
import { ACCOUNT_WORDS } from '../../src/http/pages/account/words.ts';
import { contrast, readableAgainst, readableOn } from '../../src/http/pages/colour.ts';
import { DARK, LIGHT } from '../../src/http/pages/style.ts';
import { preferredLanguage, WORDS } from '../../src/http/pages/words.ts';

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('colours of the pages', () => {
  it('measure contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  it('can be read whatever accent the shop chooses', () => {
    fc.assert(
      fc.property(colour, (accent) => {
        expect(contrast(accent, readableOn(accent))).toBeGreaterThanOrEqual(4.5);
        for (const [{ ground, card }, towards] of [
          [LIGHT, '#000000'],
          [DARK, '#ffffff'],
        ] as const) {
          const ink = readableAgainst(accent, [ground, card], towards);
          expect(Math.min(contrast(ink, ground), contrast(ink, card))).toBeGreaterThanOrEqual(4.5);
        }
      }),
    );
  });

  it('are readable before any accent', () => {
    for (const colours of [LIGHT, DARK]) {
      for (const ground of [colours.ground, colours.card]) {
        for (const text of [colours.ink, colours.soft, colours.alarm]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(colours.field, ground)).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe('HTML of the pages', () => {
  it('escapes whatever is put into it, in text, attributes and sentences', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const inside = html`<a title="${text}">${filled('{x}', { x: text })}</a>`.text;
        expect(/^<a title="([^"<>]*)">([^<>"]*)<\/a>$/.test(inside)).toBe(true);
      }),
    );
    expect(html`${'<b>'}${html`<i>${'&'}</i>`}${null}${false}${['"', "'"]}`.text).toBe('&#60;b&#62;<i>&#38;</i>&#34;&#39;');
  });
});

describe('words of the pages', () => {
  it.each(LANGUAGES)('say everything in %s, with the placeholders of English', (language) => {
    for (const [key, english] of Object.entries(WORDS.en)) {
      const text = WORDS[language][key as keyof typeof WORDS.en];
      expect(text.trim().length, key).toBeGreaterThan(0);
      expect([...text.matchAll(/\{\w+\}/g)].map(String).sort(), key).toEqual([...english.matchAll(/\{\w+\}/g)].map(String).sort());
    }
  });

  it.each(LANGUAGES)('say everything of the account in %s', (language) => {
    const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [part, sentences] of Object.entries(ACCOUNT_WORDS.en)) {
      const own = ACCOUNT_WORDS[language][part as keyof typeof ACCOUNT_WORDS.en] as Record<string, string>;
      for (const [key, english] of Object.entries(sentences as Record<string, string>)) {
        expect(own[key]?.trim().length, key).toBeGreaterThan(0);
        expect(placeholders(own[key] ?? ''), key).toEqual(placeholders(english));
      }
    }
    // Millions of items are the one category that no sentence is written for.
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((name) => language === 'pl' || name !== 'many');
    expect(Object.keys(ACCOUNT_WORDS[language].items).sort()).toEqual(categories.sort());
  });

  it('count as each language does', () => {
    const count = (language: 'en' | 'pl', items: number) => formatsOf(language).count(ACCOUNT_WORDS[language].items, items);
    expect([1, 2, 1_000].map((items) => count('en', items))).toEqual(['1 item', '2 items', '1,000 items']);
    expect([1, 3, 5, 22, 25].map((items) => count('pl', items))).toEqual(['1 produkt', '3 produkty', '5 produktów', '22 produkty', '25 produktów']);
  });

  it('write amounts exactly, whatever their size, in the currency’s own decimals', () => {
    const { money } = formatsOf('en', 'en-GB');
    expect(money(9_007_199_254_740_993_07n, 'EUR')).toBe('€9,007,199,254,740,993.07');
    expect([money('-5', 'KWD'), money('1234', 'JPY'), money('0', 'EUR'), money(150n, 'USD', { isSigned: true })]).toEqual([
      '-KWD\u00a00.005',
      'JP¥1,234',
      '€0.00',
      '+US$1.50',
    ]);
  });

  it('write days and time spans as the visitor’s own region does', () => {
    const at = new Date('2026-12-31T23:30:00Z');
    expect(formatsOf('en', null, 'fr-FR,en-GB;q=0.8').day(at).text).toBe('<time datetime="2026-12-31T23:30:00.000Z">31 December 2026</time>');
    expect(formatsOf('de', 'en-GB').day(at).text).toContain('31. Dezember 2026');
    const ago = (seconds: number): string =>
      formatsOf('en')
        .ago(at, new Date(at.getTime() + seconds * 1_000))
        .text.replace(/<[^>]*>/g, '');
    expect([-5, 30, 150, 7_300, 90_000, 400_000].map(ago)).toEqual(['now', 'now', '2 minutes ago', '2 hours ago', 'yesterday', '4 days ago']);
  });

  it.each([
    [['fr da en'], 'da'],
    [[null, 'de-CH,de;q=0.9,en;q=0.8'], 'de'],
    [['no'], 'nb'],
    [['fr', 'en-GB,it'], 'en'],
    [['xx', undefined, ''], 'en'],
    [['fr', 'pl'], 'pl'],
  ] as const)('are in the first known language of %j: %s', (preferences, language) => {
    expect(preferredLanguage(...preferences)).toBe(language);
  });
});
