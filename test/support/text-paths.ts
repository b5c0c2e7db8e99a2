import { type GraphQLInputType, isInputObjectType, isListType, isNonNullType } from 'graphql';

export interface TextPath {
  readonly path: readonly string[];
  readonly isList: boolean;
  readonly type: string;
}

/** Where an input holds text: the paths of its strings, ids and scalars written as text. */
export const textPaths = (type: GraphQLInputType, path: readonly string[] = []): TextPath[] => {
  if (isNonNullType(type)) return textPaths(type.ofType, path);
  if (isListType(type)) return textPaths(type.ofType, path).map((found) => (found.path === path ? { ...found, isList: true } : found));
  if (isInputObjectType(type)) return Object.values(type.getFields()).flatMap((field) => textPaths(field.type, [...path, field.name]));
  const isText = ['String', 'ID', 'DateTime', 'Date', 'Decimal', 'URL', 'UnsignedInt64'].includes(type.name);
  return isText ? [{ path, isList: false, type: type.name }] : [];
};
