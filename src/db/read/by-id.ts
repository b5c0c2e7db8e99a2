import { together } from '../../core/gather.ts';
import type { Sql } from '../client.ts';
import type { Models } from './models.ts';
import { type Query, statementOf } from './statement.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Where = Readonly<Record<string, unknown>>;

/** Kinds of reads that are looked up together; callers choose what they select, so only so many. */
const KINDS_MAX = 500;

/** One statement runs in the database while the rows of the other are written here. */
const SIDE_BY_SIDE = 2;

/** The one id that a query asks for, and what else its rows must be. */
const idIn = ({ where, orderBy, skip, take, select }: Query): { id: string; rest: Where } | null => {
  if (!where || orderBy !== undefined || skip || (take !== undefined && take !== 1) || select?.id !== true) return null;
  const { id, ...rest } = where;
  // One that is no id would fail its neighbours too.
  return typeof id === 'string' && UUID.test(id) ? { id, rest } : null;
};

/**
 * Rows by their ids, many with one statement: those of one kind that are asked for while others are under way go together in the next.
 * Most of what a small read costs PostgreSQL and this process is the statement and not the row. Answers undefined for a query that is
 * not by id alone.
 */
export const readById = (models: Models, sql: Sql) => {
  const kinds = new Map<string, (id: string) => Promise<object | null>>();

  return (name: string, query: Query): Promise<object | null> | undefined => {
    const asked = idIn(query);
    if (!asked) return undefined;
    const { text, values, key, decode } = statementOf(models, name, { ...query, take: undefined, where: { ...asked.rest, id: { in: IDS } } });
    // Whatever else a statement depends on, its neighbours' may differ in.
    if (values.length !== 1) return undefined;
    let look = kinds.get(key);
    if (!look) {
      if (kinds.size >= KINDS_MAX) return undefined;
      look = together(async (ids) => {
        const [row] = await sql<{ j: string }>(text, [ids]);
        const rows = decode(JSON.parse((row as { j: string }).j)) as { id: string }[];
        return new Map(rows.map((found) => [found.id, found]));
      }, SIDE_BY_SIDE);
      kinds.set(key, look);
    }
    return look(asked.id);
  };
};

/** Stands for the ids, which are put in when they are known. */
const IDS: readonly string[] = [];
