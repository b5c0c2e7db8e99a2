import type { GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { authScopes } from '../access.ts';
import type { Context } from '../context.ts';
import { BAIL, Uncompilable } from './uncompilable.ts';

/** Scopes as asked of one request. */
export type Scopes = ReturnType<typeof authScopes>;

/** Passes, or throws BAIL: whoever is refused, and how she is told, is for the ordinary way to say. */
export type Check = (parent: unknown, args: object, context: Context, scopes: Scopes, info: GraphQLResolveInfo) => void;

type ScopeMap = Readonly<Record<string, unknown>>;

/** Whether one of the scopes is surely held. All that is not plainly so, promises included, counts as no. */
const isGranted = (map: unknown, scopes: Scopes): boolean => {
  if (map === true) return true;
  if (typeof map !== 'object' || map === null) return false;
  for (const name in map) {
    const parameter = (map as ScopeMap)[name];
    const scope = (scopes as Record<string, unknown>)[name];
    if (!parameter) continue;
    if (scope === true || (typeof scope === 'function' && scope(parameter) === true)) return true;
  }
  return false;
};

const ignore = (): void => {};

const checkOf =
  (declared: unknown): Check =>
  (parent, args, context, scopes, info) => {
    const map = typeof declared === 'function' ? declared(parent, args, context, info) : declared;
    if (isGranted(map, scopes)) return;
    if (typeof map?.then === 'function') map.then(ignore, ignore);
    throw BAIL;
  };

/** A type's function is called with its row and the context only. */
const typeCheckOf = (declared: unknown): Check =>
  checkOf(typeof declared === 'function' ? (parent: unknown, _args: object, context: Context) => declared(parent, context) : declared);

interface Options {
  readonly authScopes?: unknown;
  readonly grantScopes?: unknown;
}

const optionsOf = ({ extensions }: { extensions: object }): Options => (extensions as { pothosOptions?: Options }).pothosOptions ?? {};

/** What a type and its interfaces ask before any of their fields is read. */
export const typeChecks = (type: GraphQLObjectType): Check[] => {
  const asked = new Set<unknown>();
  for (const part of [type, ...type.getInterfaces()] as (GraphQLObjectType | GraphQLInterfaceType)[]) {
    const { authScopes: scopes, grantScopes } = optionsOf(part);
    if (grantScopes) throw new Uncompilable('grants');
    if (scopes) asked.add(scopes);
  }
  return [...asked].map(typeCheckOf);
};

/** What a field asks for itself. */
export const fieldChecks = (field: GraphQLField<unknown, unknown>): Check[] => {
  const { authScopes: scopes, grantScopes } = optionsOf(field);
  if (grantScopes) throw new Uncompilable('grants');
  return scopes ? [checkOf(scopes)] : [];
};

export const scopesOf = (context: Context): Scopes => authScopes(context);
