/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | null | undefined | false | readonly Part[];

/** Text as HTML shows it, in an element or a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const textOf = (part: Part): string => {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeHtml(String(part));
};

/** HTML in which every value is escaped but those that are Html. Null, undefined and false are nothing. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((whole, string, index) => whole + textOf(parts[index - 1]) + string));

/** A sentence whose `{placeholders}` are filled; values may be HTML. */
export const filled = (sentence: string, values: Readonly<Record<string, string | Html>>): Html =>
  new Html(
    sentence
      .split(/(\{\w+\})/)
      .map((piece) => textOf(/^\{\w+\}$/.test(piece) ? (values[piece.slice(1, -1)] ?? piece) : piece))
      .join(''),
  );
