import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRow, openCsv, ROW_CHARACTERS_MAX } from '../../src/capabilities/transfer/csv.ts';

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const read = async (
  file: string | Uint8Array,
  { sizes = [7], encoding = 'utf-8', batchSize = 200 }: { sizes?: number[]; encoding?: string; batchSize?: number } = {},
): Promise<{ header: readonly string[]; rows: CsvRow[]; batches: number }> => {
  const { header, batches } = await openCsv(pieces(typeof file === 'string' ? Buffer.from(file) : file, sizes), { encoding, batchSize });
  const rows: CsvRow[] = [];
  let count = 0;
  for await (const batch of batches) {
    rows.push(...batch);
    count += 1;
  }
  return { header, rows, batches: count };
};

describe('reading CSV', () => {
  it('takes the separator from the header, whatever stands inside quotes there', async () => {
    expect((await read('"a,b;c";d\n1;2\n')).header).toEqual(['a,b;c', 'd']);
    expect((await read('a\tb\n1\t2\n')).rows).toEqual([{ line: 2, cells: ['1', '2'] }]);
    expect((await read('email\nx@y.example')).rows).toEqual([{ line: 2, cells: ['x@y.example'] }]);
  });

  it('drops a byte order mark and reads UTF-16 by its own', async () => {
    expect((await read('\uFEFFa,b\n1,2')).header).toEqual(['a', 'b']);
    const utf16 = Buffer.from('\uFEFFnavn\tby\r\nSøren\tÅrhus\r\n', 'utf16le');
    expect(await read(utf16)).toMatchObject({ header: ['navn', 'by'], rows: [{ line: 2, cells: ['Søren', 'Århus'] }] });
  });

  it('reads another encoding that is named', async () => {
    expect((await read(Buffer.from('a\nM\xfcller\n', 'latin1'), { encoding: 'windows-1252' })).rows).toEqual([{ line: 2, cells: ['Müller'] }]);
    await expect(read('a\n', { encoding: 'klingon' })).rejects.toMatchObject({ code: 'UNSUPPORTED_ENCODING' });
  });

  it('counts lines through quoted line breaks, blank lines and every kind of line end', async () => {
    const { rows } = await read('a,b\r\n1,"x\r\ny\nz"\r\n\r\n2,"say ""hi"""\n3,\r4,last');
    expect(rows).toEqual([
      { line: 2, cells: ['1', 'x\r\ny\nz'] },
      { line: 6, cells: ['2', 'say "hi"'] },
      { line: 7, cells: ['3', ''] },
      { line: 8, cells: ['4', 'last'] },
    ]);
  });

  it('names a row whose quote never closes, and reads all others', async () => {
    const good = Array.from({ length: 5_000 }, (_, index) => `${index},"fine, indeed",${'x'.repeat(20)}`);
    const { rows } = await read(['a,b,c', '1,"open,2', ...good].join('\n'), { sizes: [65_536] });
    expect(rows[0]).toEqual({ line: 2, code: 'MALFORMED' });
    expect(rows).toHaveLength(5_001);
    expect(rows.at(-1)).toEqual({ line: 5_002, cells: ['4999', 'fine, indeed', 'x'.repeat(20)] });
    expect((await read('a,b\n1,"open\n2,x\n')).rows).toEqual([
      { line: 2, code: 'MALFORMED' },
      { line: 3, cells: ['2', 'x'] },
    ]);
  });

  it('leaves out a row that is too long without keeping it in memory, and reads the next', async () => {
    const { rows } = await read(`a,b\n1,${'x'.repeat(ROW_CHARACTERS_MAX * 3)}\n2,y\n`, { sizes: [10_000] });
    expect(rows).toEqual([
      { line: 2, code: 'ROW_TOO_LONG' },
      { line: 3, cells: ['2', 'y'] },
    ]);
  });

  it('keeps quotes inside an unquoted cell', async () => {
    expect((await read('a,b\n5" nail,"quoted" more\n')).rows).toEqual([{ line: 2, cells: ['5" nail', '"quoted" more'] }]);
  });

  it('refuses a file that holds nothing', async () => {
    for (const empty of ['', '\uFEFF', '\n \n\r\n']) await expect(read(empty)).rejects.toMatchObject({ code: 'EMPTY_FILE' });
  });

  it('gives batches of the size asked for', async () => {
    expect((await read(`a\n${'1\n'.repeat(450)}`)).batches).toBe(3);
  });

  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', '\r\n', ' ', 'é', '😀', '='), maxLength: 12 });
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  it('reads back what was written, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 20 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (rows, separator, end, sizes) => {
          const file = [['a', 'b', 'c'], ...rows].map((row) => row.map(quoted).join(separator)).join(end);
          const result = await read(file, { sizes });
          expect(result.rows.map((row) => ('cells' in row ? row.cells : row))).toEqual(rows);
        },
      ),
    );
  });

  it('gives the same rows for any text, however the bytes are cut, and never throws', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü'), maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (body, size) => {
        const whole = await read(`a,b\n${body}`, { sizes: [1_000] });
        const cut = await read(`a,b\n${body}`, { sizes: [size] });
        expect(cut).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});
