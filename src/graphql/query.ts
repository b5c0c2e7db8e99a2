import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from './context.ts';

/** Where the rows of a connection lie in its selection. */
const NODES: readonly (readonly string[])[] = [['nodes'], ['edges', 'node']];

/** How a root field says that it reads rows with `queryOf`: operations of such fields alone are compiled. */
export interface Reads {
  /** The type of the rows and where they lie below the field; null when the field itself is the row, or the list of them. */
  readonly rows: { readonly type: string; readonly paths: readonly (readonly string[])[] } | null;
}

/** Extensions of a root field that answers with a row or with rows. */
export const READS: { readonly reads: Reads } = { reads: { rows: null } };

/** Extensions of a root field that answers with a connection of rows. */
export const readsConnectionOf = (type: string): { readonly reads: Reads } => ({ reads: { rows: { type, paths: NODES } } });

/** Resolve info of a compiled operation, which knows the query already. */
export interface CompiledInfo extends GraphQLResolveInfo {
  readonly select: object;
  /** The fields that the document wants of what this one answers with. */
  readonly names: ReadonlySet<string>;
}

/** Which fields the document wants of what this one answers with, where that is known. */
export const wantedBy = (info: GraphQLResolveInfo): ReadonlySet<string> | undefined => (info as Partial<CompiledInfo>).names;

/** What to ask the database for, for the field at hand: the columns and relations of its rows that the document selects. */
export const queryOf = (context: Context, info: GraphQLResolveInfo): { select?: never } => {
  if ('select' in info) return { select: (info as CompiledInfo).select as never };
  const field = info.parentType.getFields()[info.fieldName];
  const rows = (field?.extensions.reads as Reads | undefined)?.rows;
  return queryFromInfo({
    context,
    info,
    ...(rows ? { typeName: rows.type, paths: rows.paths.map((way) => [...way]) } : {}),
  }) as { select?: never };
};
