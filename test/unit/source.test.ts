import { expect, it } from 'vitest';
import { codeOf, rowFunction } from '../../src/graphql/compiled/source.ts';

const rowOf = (...values: unknown[]) => ({ values });

it('joins texts and values in their order', () => {
  const write = rowFunction<null>(() => ({ statements: [], pieces: ['{"a":', { code: 'v[0]' }, ',', '"b":"', { code: 'v[1]' }, '"}'] }));
  expect(write(rowOf(7, 'x'), null)).toBe('{"a":7,"b":"x"}');
});

it('adds no numbers up that stand first', () => {
  const write = rowFunction<null>(() => ({ statements: [], pieces: [{ code: 'v[0]' }, { code: 'v[1]' }] }));
  expect(write(rowOf(1, 2), null)).toBe('12');
});

it.each(['"+process.exit()+"', '\\', '\u2028', '\n'])('takes %j for a text and not for code', (text) => {
  const write = rowFunction<null>(() => ({ statements: [], pieces: [text, { code: 'v[0]' }] }));
  expect(write(rowOf('!'), null)).toBe(`${text}!`);
});

it('refers to what it is given by one name each, and runs statements first', () => {
  const seen: unknown[] = [];
  const note = (value: unknown): string => {
    seen.push(value);
    return `<${value}>`;
  };
  const write = rowFunction<string>(({ nameOf }) => ({
    statements: [`${nameOf(note)}(run)`],
    pieces: [{ code: `${nameOf(note)}(${codeOf([{ code: 'v[0]' }])})` }],
  }));
  expect(write(rowOf(3), 'first')).toBe('<3>');
  expect(seen).toEqual(['first', '3']);
});
