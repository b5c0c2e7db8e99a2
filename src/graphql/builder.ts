import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type PrismaTypes from '../db/generated/pothos.ts';
import { getDatamodel } from '../db/generated/pothos.ts';
import { type AuthScopes, authScopes, unauthorized } from './access.ts';
import type { Context } from './context.ts';
import { decodeGid, encodeGid } from './gid.ts';
import { COST } from './limits.ts';
import { nodeQueries } from './nodes.ts';

/** Input types that another capability names by string; the one that makes the type adds it here by module augmentation. @public */
// biome-ignore lint/suspicious/noEmptyInterface: filled by augmentation
export interface SchemaInputs {}

/** Object types that another capability names by string, in the same way. @public */
// biome-ignore lint/suspicious/noEmptyInterface: filled by augmentation
export interface SchemaObjects {}

export interface SchemaTypes {
  Inputs: SchemaInputs;
  Objects: SchemaObjects;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Context: Context;
  PrismaTypes: PrismaTypes;
  AuthScopes: AuthScopes;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: Date; Output: Date };
    Decimal: { Input: string; Output: string };
    UnsignedInt64: { Input: bigint; Output: bigint };
    URL: { Input: string; Output: string };
    JSON: { Input: NonNullable<unknown>; Output: unknown };
  };
}

/** The schema under construction; each capability's `graphql.ts` adds its slice. Plugins run outermost first. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [RelayPlugin, ScopeAuthPlugin, ComplexityPlugin, PrismaPlugin],
  relay: {
    cursorType: 'String',
    encodeGlobalID: (typename, id) => encodeGid(typename, String(id)),
    decodeGlobalID: decodeGid,
    nodesOnConnection: true,
    ...nodeQueries((): unknown => builder),
    nodeFieldOptions: { nullable: false },
    edgesFieldOptions: { nullable: { list: false, items: false } },
  },
  scopeAuth: { authScopes, unauthorizedError: (_parent, context, _info, result) => unauthorized(context.viewer, result) },
  complexity: COST,
  prisma: {
    // Reading is all that the plugin does.
    client: ({ app }) => app.backend.database.read as never,
    dmmf: getDatamodel(),
    maxConnectionSize: 250,
    defaultConnectionSize: 50,
  },
});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});
