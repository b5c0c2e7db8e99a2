import type { Sql } from '../client.ts';
import type { PrismaClient } from '../generated/client.ts';
import { getDatamodel } from '../generated/pothos.ts';

export interface Scalar {
  readonly kind: 'scalar';
  readonly column: string;
  /** PostgreSQL's name of its type, `enum` for all enums; that of arrays begins with an underscore. */
  readonly type: string;
  readonly isNullable: boolean;
}

export interface Relation {
  readonly kind: 'relation';
  readonly model: string;
  readonly isList: boolean;
  /** Columns of this model and of the other that are equal. */
  readonly on: readonly { readonly here: string; readonly there: string }[];
}

export interface Model {
  readonly table: string;
  readonly fields: ReadonlyMap<string, Scalar | Relation>;
  readonly scalars: readonly string[];
  /** Names of compound unique keys, with their fields. */
  readonly compounds: ReadonlyMap<string, readonly string[]>;
}

export type Models = ReadonlyMap<string, Model>;

interface DatamodelField {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly isList: boolean;
  readonly isId: boolean;
  readonly relationName?: string;
  readonly relationFromFields?: readonly string[];
}

interface Key {
  readonly name: string | null;
  readonly fields: readonly string[];
}

interface DatamodelModel {
  readonly fields: readonly DatamodelField[];
  readonly primaryKey: Key | null;
  readonly uniqueIndexes: readonly Key[];
}

interface RuntimeModel {
  readonly dbName: string | null;
  readonly fields: readonly { readonly name: string; readonly dbName?: string }[];
}

/** What a foreign key refers to: the datamodel does not say, and in this schema it is the primary key always. */
const keyOf = ({ fields, primaryKey }: DatamodelModel): readonly string[] =>
  primaryKey?.fields ?? fields.filter(({ isId }) => isId).map(({ name }) => name);

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

const COLUMNS = `
select c.relname::text as table, a.attname::text as column, case t.typtype when 'e' then 'enum' else t.typname::text end as type, not a.attnotnull as nullable
from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped`;

/** Tables and relations as the Prisma schema has them, and types as the database has them: a UUID is a String to Prisma. */
export const loadModels = async (prisma: PrismaClient, sql: Sql): Promise<Models> => {
  const columns = new Map((await sql<Column>(COLUMNS, [])).map((found) => [`${found.table}.${found.column}`, found]));
  return modelsOf(prisma, columns);
};

/** The models as schema.prisma declares them. */
export const declaredModels = (): Readonly<Record<string, DatamodelModel>> =>
  (getDatamodel() as unknown as { datamodel: { models: Record<string, DatamodelModel> } }).datamodel.models;

const modelsOf = (prisma: PrismaClient, columns: ReadonlyMap<string, Column>): Models => {
  const models = declaredModels();
  const runtime = (prisma as unknown as { _runtimeDataModel: { models: Record<string, RuntimeModel> } })._runtimeDataModel.models;
  const tableOf = (model: string): string => runtime[model]?.dbName ?? model;
  const plainColumn = (model: string, field: string): string => runtime[model]?.fields.find(({ name }) => name === field)?.dbName ?? field;
  const columnOf = (model: string, field: string): string => `"${plainColumn(model, field)}"`;

  const scalarOf = (model: string, field: string): Scalar => {
    const column = plainColumn(model, field);
    const found = columns.get(`${tableOf(model)}.${column}`);
    if (!found) throw new Error(`The database has no column ${tableOf(model)}.${column}: are its migrations those of this version?`);
    return { kind: 'scalar', column: `"${column}"`, type: found.type, isNullable: found.nullable };
  };

  const relationOf = (name: string, field: DatamodelField): Relation => {
    const other = models[field.type] as DatamodelModel;
    const isOwner = (field.relationFromFields?.length ?? 0) > 0;
    const owner = isOwner
      ? field
      : (other.fields.find(
          ({ relationName, relationFromFields }) => relationName === field.relationName && (relationFromFields?.length ?? 0) > 0,
        ) as DatamodelField);
    const [ownerName, otherName] = isOwner ? [name, field.type] : [field.type, name];
    const keys = keyOf(models[otherName] as DatamodelModel);
    const on = (owner.relationFromFields ?? []).map((from, place) => {
      const foreign = columnOf(ownerName, from);
      const key = columnOf(otherName, keys[place] as string);
      return isOwner ? { here: foreign, there: key } : { here: key, there: foreign };
    });
    return { kind: 'relation', model: field.type, isList: field.isList, on };
  };

  const modelOf = (name: string, { fields, primaryKey, uniqueIndexes }: DatamodelModel): Model => ({
    table: `"${tableOf(name)}"`,
    fields: new Map(fields.map((field) => [field.name, field.kind === 'object' ? relationOf(name, field) : scalarOf(name, field.name)])),
    scalars: fields.filter(({ kind }) => kind !== 'object').map((field) => field.name),
    compounds: new Map(
      [...(primaryKey ? [primaryKey] : []), ...uniqueIndexes]
        .filter(({ fields: parts }) => parts.length > 1)
        .map((key) => [key.name ?? key.fields.join('_'), key.fields]),
    ),
  });

  return new Map(Object.entries(models).map(([name, model]) => [name, modelOf(name, model)]));
};
