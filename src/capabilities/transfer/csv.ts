import { createRequire } from 'node:module';
import { DomainError } from '../../core/errors.ts';

const load = createRequire(import.meta.url);

/** Comes with the first file, and not with the gateway's start. */
const library = () => load('csv-parse/sync') as typeof import('csv-parse/sync');

/** A row is no longer than this; a quote that is still open after as many is taken to be a mistake. */
export const ROW_CHARACTERS_MAX = 65_536;

/** One row of a file and the line on which it starts; a row that cannot be read says why. */
export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly code: 'MALFORMED' | 'ROW_TOO_LONG' };

export interface CsvFile {
  readonly header: readonly string[];
  /** The rows below the header, in batches of at most the size asked for, read as they are pulled. */
  readonly batches: AsyncGenerator<readonly CsvRow[], void>;
  /** Lets go of the source when the batches are not read after all. */
  close(): Promise<void>;
}

const QUOTE = 34;
const CR = 13;
const LF = 10;
const DELIMITERS = [',', ';', '\t'] as const;

type Delimiter = (typeof DELIMITERS)[number];

/** Where a row ends, when the text goes so far. `MALFORMED`: a quoted cell over several lines ends before more text, so a quote is missing. */
type Extent = { readonly end: number; readonly next: number; readonly breaks: number } | 'OPEN' | 'QUOTED' | 'MALFORMED';

const breaksIn = (text: string, from: number, to: number): number => text.slice(from, to).match(/\r\n|\n|\r/g)?.length ?? 0;

/** Past the quoted cell whose opening quote is before `from`, or null when the text does not hold its end. */
const quotedEnd = (text: string, from: number, isLast: boolean): number | null => {
  let at = from;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) return null;
    at = close + 1;
    if (at >= text.length && !isLast) return null;
    if (text.charCodeAt(at) !== QUOTE) return at;
    at += 1;
  }
};

/** The extent of the row that starts at `from`, by the rules of RFC 4180; quotes inside an unquoted cell are ordinary characters. */
const extentOf = (text: string, from: number, delimiter: number, isLast: boolean): Extent => {
  let at = from;
  let breaks = 0;
  for (;;) {
    if (text.charCodeAt(at) === QUOTE) {
      const end = quotedEnd(text, at + 1, isLast);
      if (end === null) return 'QUOTED';
      const inside = breaksIn(text, at, end);
      const next = text.charCodeAt(end);
      if (inside > 0 && end < text.length && next !== delimiter && next !== CR && next !== LF) return 'MALFORMED';
      breaks += inside;
      at = end;
    }
    let character = text.charCodeAt(at);
    while (at < text.length && character !== delimiter && character !== CR && character !== LF) {
      at += 1;
      character = text.charCodeAt(at);
    }
    if (at >= text.length) return isLast ? { end: at, next: at, breaks } : 'OPEN';
    if (character === delimiter) {
      at += 1;
      continue;
    }
    if (character === CR && at + 1 >= text.length && !isLast) return 'OPEN';
    const next = character === CR && text.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
    return { end: at, next, breaks: breaks + 1 };
  }
};

interface Cut {
  readonly line: number;
  readonly text: string | null;
  readonly code: 'MALFORMED' | 'ROW_TOO_LONG' | null;
}

/**
 * Cuts a stream of text into rows. csv-parse reads the cells; the cutting is done here because it loses the rest of what it was given
 * when a quote is never closed, and one bad row must not cost the others: it is named, and reading goes on at the next line.
 */
class Cutter {
  #text = '';
  #at = 0;
  #line = 1;
  #isLast = false;
  #isSkipping = false;
  readonly #delimiter: number;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  push(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
  }

  end(): void {
    this.#isLast = true;
  }

  /** The next row, or null when more text is needed or none is left. Lines that are blank are no rows. */
  next(): Cut | null {
    for (;;) {
      if (this.#isSkipping && !this.#skipLine()) return null;
      if (this.#at >= this.#text.length) return null;
      const line = this.#line;
      const extent = extentOf(this.#text, this.#at, this.#delimiter, this.#isLast);
      if (typeof extent === 'string') {
        if (extent !== 'MALFORMED' && !this.#isLast && this.#text.length - this.#at <= ROW_CHARACTERS_MAX) return null;
        this.#isSkipping = true;
        return { line, text: null, code: extent === 'OPEN' ? 'ROW_TOO_LONG' : 'MALFORMED' };
      }
      const text = this.#text.slice(this.#at, extent.end);
      this.#at = extent.next;
      this.#line += extent.breaks;
      if (text.length > ROW_CHARACTERS_MAX) return { line, text: null, code: 'ROW_TOO_LONG' };
      if (text.trim() !== '' || text.includes('\t')) return { line, text, code: null };
    }
  }

  /** Drops what is left of the line; false when its end is not there yet. */
  #skipLine(): boolean {
    const rest = this.#text.slice(this.#at);
    const found = /\r\n|\n|\r(?!$)/.exec(rest);
    if (!found) {
      const keepsReturn = rest.endsWith('\r') && !this.#isLast;
      this.#at = this.#text.length - (keepsReturn ? 1 : 0);
      return false;
    }
    this.#at += found.index + found[0].length;
    this.#line += 1;
    this.#isSkipping = false;
    return true;
  }
}

/** The separator that the first line uses most outside quotes. */
const delimiterOf = (text: string): Delimiter => {
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counted.reduce((most, candidate) => (candidate.count > most.count ? candidate : most)).delimiter;
};

const cellsOf = (rows: readonly string[], delimiter: Delimiter): string[][] =>
  library().parse(rows.join('\n'), { delimiter, record_delimiter: '\n', relax_quotes: true, relax_column_count: true, skip_empty_lines: false });

/** Reads the cells of many rows at once, which costs a tenth of reading them one by one; a batch that does not come out even is read singly. */
const readCells = (cuts: readonly Cut[], delimiter: Delimiter): CsvRow[] => {
  const texts = cuts.flatMap(({ text }) => text ?? []);
  const together = texts.length > 0 ? cellsOf(texts, delimiter) : [];
  const isEven = together.length === texts.length;
  let read = 0;
  return cuts.map(({ line, text, code }) => {
    if (text === null) return { line, code: code ?? 'MALFORMED' };
    const cells = isEven ? together[read++] : cellsOf([text], delimiter)[0];
    return cells ? { line, cells } : { line, code: 'MALFORMED' };
  });
};

/** The text of a stream of bytes. A byte order mark decides; without one it is `encoding`. */
async function* textOf(source: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string, void> {
  let decoder: TextDecoder | null = null;
  let start: Buffer | null = Buffer.alloc(0);
  for await (const bytes of source) {
    let piece: Uint8Array = bytes;
    if (start) {
      start = Buffer.concat([start, bytes]);
      if (start.length < 3) continue;
      piece = start;
      start = null;
    }
    decoder ??= new TextDecoder(markedEncoding(piece) ?? encoding);
    yield decoder.decode(piece, { stream: true });
  }
  yield (decoder ?? new TextDecoder(encoding)).decode(start ?? undefined);
}

const markedEncoding = (bytes: Uint8Array): string | null => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
};

const isEncoding = (encoding: string): boolean => {
  try {
    return Boolean(new TextDecoder(encoding));
  } catch {
    return false;
  }
};

/**
 * Opens a CSV file: reads as far as its header, and the rest as it is pulled; memory does not grow with it. The separator, a comma,
 * a semicolon or a tab, is the one the header uses. Refuses EMPTY_FILE and UNSUPPORTED_ENCODING.
 */
export const openCsv = async (
  source: AsyncIterable<Uint8Array>,
  { encoding, batchSize }: { encoding: string; batchSize: number },
): Promise<CsvFile> => {
  if (!isEncoding(encoding)) throw new DomainError('UNSUPPORTED_ENCODING', null, { encoding });
  const texts = textOf(source, encoding);
  let start = '';
  let isWhole = false;
  // The separator must be known before anything is cut: the first line that is not blank says it.
  while (!isWhole && !/\S[^\r\n]*[\r\n]/.test(start) && start.length <= ROW_CHARACTERS_MAX) {
    const { value, done } = await texts.next();
    isWhole = Boolean(done);
    start += value ?? '';
  }
  const delimiter = delimiterOf(start.trimStart());
  const cutter = new Cutter(delimiter);
  cutter.push(start);

  /** The next row, with more text pulled as it is needed. */
  const nextCut = async (): Promise<Cut | null> => {
    for (;;) {
      const cut = cutter.next();
      if (cut || isWhole) return cut;
      const { value, done } = await texts.next();
      if (done) {
        isWhole = true;
        cutter.end();
      } else cutter.push(value);
    }
  };
  if (isWhole) cutter.end();

  const first = await nextCut();
  if (!first?.text) {
    await texts.return();
    throw new DomainError('EMPTY_FILE');
  }
  const [header = []] = cellsOf([first.text], delimiter);

  async function* batches(): AsyncGenerator<readonly CsvRow[], void> {
    try {
      for (let isOver = false; !isOver; ) {
        const cuts: Cut[] = [];
        while (cuts.length < batchSize) {
          const cut = await nextCut();
          if (!cut) {
            isOver = true;
            break;
          }
          cuts.push(cut);
        }
        if (cuts.length > 0) yield readCells(cuts, delimiter);
      }
    } finally {
      await texts.return();
    }
  }
  return { header, batches: batches(), close: async () => void (await texts.return()) };
};
