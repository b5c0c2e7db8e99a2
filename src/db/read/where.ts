import { literally } from '../../core/search.ts';
import type { Model, Models, Relation, Scalar } from './models.ts';

/** A query that the reader does not know how to say in SQL: Prisma answers it. */
export class Unknown extends Error {}

/** The statement under construction: its parameters, and names for its tables. */
export interface Writing {
  readonly models: Models;
  readonly values: unknown[];
  aliases: number;
  /** What two statements of one text may differ in: which lists are read from their end, and which columns are handed on. */
  unseen: string;
  /** Whether rows decode their columns when they are asked for. */
  readonly isLazy: boolean;
}

type Filter = Readonly<Record<string, unknown>>;

export const modelNamed = ({ models }: Writing, name: string): Model => {
  const model = models.get(name);
  if (!model) throw new Unknown(name);
  return model;
};

export const nextAlias = (writing: Writing): string => {
  writing.aliases += 1;
  return `t${writing.aliases}`;
};

const parameter = ({ values }: Writing, value: unknown): string => {
  values.push(value);
  return `$${values.length}`;
};

const isPlain = (value: unknown): value is Filter => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Conditions joined; none of them is `true` for AND and `false` for OR, as in Prisma. */
const joined = (word: 'and' | 'or', conditions: readonly string[]): string => {
  if (conditions.length === 0) return word === 'and' ? 'true' : 'false';
  return conditions.length === 1 ? (conditions[0] as string) : `(${conditions.join(` ${word} `)})`;
};

/** The condition that joins a relation's rows to the row at hand. */
export const joinOf = ({ on }: Relation, here: string, there: string): string =>
  on.map((pair) => `${there}.${pair.there} = ${here}.${pair.here}`).join(' and ');

const COMPARISONS: Readonly<Record<string, string>> = { equals: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' };
const PATTERNS: Readonly<Record<string, (text: unknown) => string>> = {
  contains: (text) => `%${text}%`,
  startsWith: (text) => `${text}%`,
  endsWith: (text) => `%${text}`,
};

/**
 * The operator of this reader's own: a name that is like the text, typing errors and all, by the trigrams that both have in common. As
 * PostgreSQL sets it, three in ten for the whole, or six in ten of the text within a longer name; the index of trigrams answers both.
 */
const SIMILAR = 'similar';
const similarTo = (column: string, text: string): string => `(${column} % ${text} or ${text} <% ${column})`;

/** Another: a text that holds the other, in either's capitals, which no index is to be asked for. */
const HOLDS = 'holds';

/** And another: a customer who has one of the words, folded as the database folds hers, and what says the same without their index. */
interface HasWord {
  readonly hasWord: { readonly any: readonly string[]; readonly instead: object };
}
const HAS_WORD = 'hasWord';
const hasWord = (writing: Writing, alias: string, { any }: HasWord['hasWord']): string =>
  any.length === 0 ? 'false' : `customer_words(${alias}.first_name, ${alias}.last_name, ${alias}.email) && ${parameter(writing, any)}::text[]`;

/** The same conditions for Prisma, which does not know them: names that contain the text, in whatever way it finds them. */
export const withoutOwn = (query: unknown): unknown => {
  if (Array.isArray(query)) return query.map(withoutOwn);
  if (!isPlain(query)) return query;
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) => {
      if (key === HAS_WORD) return [['AND', withoutOwn((value as HasWord['hasWord']).instead)]];
      if ((key !== SIMILAR && key !== HOLDS) || typeof value !== 'string') return [[key, withoutOwn(value)]];
      return [
        ['contains', key === HOLDS ? literally(value) : value],
        ['mode', 'insensitive'],
      ];
    }),
  );
};

const LISTED = new Set(['uuid', 'text', 'int8']);

/**
 * A list as the planner cannot see into it: of a list that it sees it counts the members, finds a plan for a few cheaper than one for any,
 * and plans the statement anew each time it runs, which costs more than running it.
 */
const list = (writing: Writing, type: string, values: readonly unknown[]): string => {
  if (LISTED.has(type)) return `(select ${parameter(writing, values)}::${type}[])::${type}[]`;
  // A driver that does not know the type of the enum cannot write its array.
  return parameter(writing, type === 'enum' ? `{${values.map((value) => JSON.stringify(value)).join()}}` : values);
};

const notScalar = (writing: Writing, column: string, value: unknown): string => {
  if (value === null) return `${column} is not null`;
  if (!isPlain(value)) return `${column} <> ${parameter(writing, value)}`;
  throw new Unknown('not');
};

const comparison = (writing: Writing, type: string, column: string, operator: string, value: unknown, isInsensitive: boolean): string => {
  const pattern = PATTERNS[operator];
  if (operator === SIMILAR) return similarTo(column, parameter(writing, value));
  if (operator === HOLDS) return `strpos(lower(${column}), lower(${parameter(writing, value)})) > 0`;
  if (operator === 'not') return notScalar(writing, column, value);
  if (operator === 'in' && Array.isArray(value)) return `${column} = any(${list(writing, type, value)})`;
  if (operator === 'notIn' && Array.isArray(value)) return `${column} <> all(${list(writing, type, value)})`;
  if (operator === 'equals' && value === null) return `${column} is null`;
  if (isInsensitive && !pattern) throw new Unknown(operator);
  if (pattern) return `${column} ${isInsensitive ? 'ilike' : 'like'} ${parameter(writing, pattern(value))}`;
  const sign = COMPARISONS[operator];
  if (!sign || value === null) throw new Unknown(operator);
  return `${column} ${sign} ${parameter(writing, value)}`;
};

const listCondition = (writing: Writing, column: string, operator: string, value: unknown): string => {
  // In the form that an index on the list answers.
  if (operator === 'has' && typeof value === 'string') return `${column} @> array[${parameter(writing, value)}]::text[]`;
  if (operator === 'isEmpty') return value ? `${column} = '{}'` : `${column} <> '{}'`;
  throw new Unknown(operator);
};

const scalarCondition = (writing: Writing, alias: string, field: Scalar, filter: unknown): string => {
  const column = `${alias}.${field.column}`;
  const isList = field.type.startsWith('_');
  if (field.type === 'json' || field.type === 'jsonb') throw new Unknown('JSON');
  if (!isPlain(filter)) {
    if (isList) throw new Unknown('list');
    return filter === null ? `${column} is null` : `${column} = ${parameter(writing, filter)}`;
  }
  const { mode, ...operators } = filter;
  const known = Object.entries(operators).filter(([, value]) => value !== undefined);
  return joined(
    'and',
    known.map(([operator, value]) =>
      isList ? listCondition(writing, column, operator, value) : comparison(writing, field.type, column, operator, value, mode === 'insensitive'),
    ),
  );
};

const exists = (writing: Writing, alias: string, relation: Relation, filter: unknown): string => {
  const other = nextAlias(writing);
  const { table } = modelNamed(writing, relation.model);
  const condition = conditionOf(writing, relation.model, other, filter as Filter);
  return `exists (select 1 from ${table} ${other} where ${joinOf(relation, alias, other)} and ${condition})`;
};

const relationCondition = (writing: Writing, alias: string, relation: Relation, filter: unknown): string => {
  if (relation.isList) {
    if (!isPlain(filter)) throw new Unknown('list');
    const known = Object.entries(filter).filter(([, value]) => value !== undefined);
    return joined(
      'and',
      known.map(([operator, value]) => {
        if (operator === 'some') return exists(writing, alias, relation, value);
        if (operator === 'none') return `not ${exists(writing, alias, relation, value)}`;
        throw new Unknown(operator);
      }),
    );
  }
  if (filter === null) return `not ${exists(writing, alias, relation, {})}`;
  if (!isPlain(filter)) throw new Unknown('relation');
  if (!('is' in filter) && !('isNot' in filter)) return exists(writing, alias, relation, filter);
  const { is, isNot, ...rest } = filter;
  if (Object.keys(rest).length > 0) throw new Unknown('relation');
  return joined('and', [
    ...(is === undefined ? [] : [is === null ? `not ${exists(writing, alias, relation, {})}` : exists(writing, alias, relation, is)]),
    ...(isNot === undefined ? [] : [isNot === null ? exists(writing, alias, relation, {}) : `not ${exists(writing, alias, relation, isNot)}`]),
  ]);
};

/** A Prisma `where` as a condition on `alias`. Throws Unknown for what it does not know. */
export const conditionOf = (writing: Writing, name: string, alias: string, where: Filter | undefined): string => {
  const { fields } = modelNamed(writing, name);
  const conditions: string[] = [];
  for (const [key, filter] of Object.entries(where ?? {})) {
    if (filter === undefined) continue;
    const all = (): string[] => listOf(filter).map((part) => conditionOf(writing, name, alias, part as Filter));
    const field = fields.get(key);
    if (key === 'AND') conditions.push(...all());
    else if (key === 'OR') conditions.push(joined('or', all()));
    else if (key === 'NOT') conditions.push(...all().map((condition) => `not ${condition}`));
    else if (key === HAS_WORD && name === 'Customer') conditions.push(hasWord(writing, alias, filter as HasWord['hasWord']));
    else if (field?.kind === 'scalar') conditions.push(scalarCondition(writing, alias, field, filter));
    else if (field?.kind === 'relation') conditions.push(relationCondition(writing, alias, field, filter));
    else throw new Unknown(key);
  }
  return joined('and', conditions);
};
