import { PROFILE, type Profile } from './fields.ts';
import type { Moved } from './participant.ts';

/** The columns that a merge may write on either row. */
const COLUMNS = Object.keys(PROFILE).filter((name) => name !== 'id') as readonly Column[];

export type Column = Exclude<keyof typeof PROFILE, 'id'>;

/** A row's columns as JSON has them: moments as text. */
export type Row = Readonly<Record<Column, unknown>>;

/** What undoing a merge needs to know, as it is kept. */
export interface Journal {
  readonly kept: { readonly before: Row; readonly after: Row };
  readonly closed: { readonly before: Row; readonly after: Row };
  /** Profiles that had been merged into the closed one before. */
  readonly former: readonly string[];
  readonly keepsSignIn: boolean;
  readonly moved: Readonly<Record<string, Moved>>;
}

/** A row as the journal has it. */
export const rowOf = (profile: Pick<Profile, Column>): Row =>
  JSON.parse(JSON.stringify(Object.fromEntries(COLUMNS.map((name) => [name, profile[name]])))) as Row;

const MOMENTS: ReadonlySet<Column> = new Set(['emailVerifiedAt', 'phoneVerifiedAt', 'birthDate', 'dataSaleOptOutAt']);

/** The same as the database is told it. */
export const columnsOf = (row: Partial<Row>): Partial<Record<Column, never>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, MOMENTS.has(name as Column) && typeof value === 'string' ? new Date(value) : value]),
  ) as Partial<Record<Column, never>>;

export const isSameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
