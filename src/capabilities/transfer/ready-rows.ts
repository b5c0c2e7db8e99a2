import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import type { ReadyRow } from './apply-rows.ts';
import type { Header } from './columns.ts';
import type { CsvRow } from './csv.ts';
import { storedPasswords } from './drafts.ts';
import { type GivenPassword, type ReadyPassword, readyPasswords } from './password.ts';
import { type ImportRow, readRow } from './row.ts';

/** A row that was read and may be planned, or why not. */
export type ReadRow = ReadyRow | { readonly line: number; readonly refused: DomainError };

/** Reads the rows, and makes their passwords ready before any transaction is open. */
export const readyRows = async (app: App, header: Header, batch: readonly CsvRow[]): Promise<ReadRow[]> => {
  const now = app.clock();
  const read = batch.map((row) => {
    try {
      return readRow(row, header, now);
    } catch (error) {
      if (error instanceof DomainError) return { line: row.line, refused: error };
      throw error;
    }
  });
  const withPassword = read.filter((row): row is ImportRow & { password: GivenPassword } => 'scalars' in row && row.password !== null);
  const passwords =
    withPassword.length > 0
      ? await readyPasswords(
          new Map(withPassword.map(({ line, password }) => [line, password])),
          await storedPasswords(app.backend.database.prisma, withPassword),
        )
      : new Map<number, ReadyPassword>();
  return read.map((row) => ('scalars' in row ? { row, password: passwords.get(row.line) ?? null } : row));
};
