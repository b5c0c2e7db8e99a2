import type SchemaBuilder from '@pothos/core';
import { resolveNodes } from '@pothos/plugin-relay';
import { GraphQLError, type GraphQLResolveInfo, isObjectType } from 'graphql';
import type { Context } from './context.ts';
import { PAGE_MAX } from './limits.ts';

interface GlobalId {
  readonly typename: string;
  readonly id: string;
}

type Builder = InstanceType<typeof SchemaBuilder<never>>;

/** Whether ids of this type can be looked up; of another namespace's types nothing exists here. */
const isNode = ({ schema }: GraphQLResolveInfo, typename: string): boolean => {
  const type = schema.getType(typename);
  return isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node');
};

/** What was found under an id, or null when it is of another type than the id says: a debit's UUID in the id of a credit names nothing. */
const asNamed = async ({ typename }: GlobalId, found: unknown, context: Context, info: GraphQLResolveInfo): Promise<unknown> => {
  const type = info.schema.getType(typename);
  const value = await found;
  if (value === null || !isObjectType(type) || !type.isTypeOf) return value;
  return (await type.isTypeOf(value, context, info)) ? value : null;
};

/** What a row that is gone stands for: a profile that was merged away for its survivor, one that was erased for nothing. */
const followed = async (builder: Builder, id: GlobalId, found: unknown, context: Context, info: GraphQLResolveInfo): Promise<GlobalIdFound> => {
  const row = (await found) as { readonly deletedAt?: Date | null; readonly mergedIntoId?: string | null } | null;
  if (!row?.mergedIntoId) return { id, found: row?.deletedAt ? null : row };
  const living = { typename: id.typename, id: row.mergedIntoId };
  return { id: living, found: await (await resolveNodes(builder, context, info, [living]))[0] };
};

interface GlobalIdFound {
  readonly id: GlobalId;
  readonly found: unknown;
}

const lookUp = async (builder: Builder, ids: readonly GlobalId[], context: Context, info: GraphQLResolveInfo): Promise<unknown[]> => {
  const asked = ids.map((id) => (isNode(info, id.typename) ? id : null));
  const found = await resolveNodes(builder, context, info, asked);
  return Promise.all(
    asked.map(async (id, index) => {
      if (!id) return null;
      const living = await followed(builder, id, found[index], context, info);
      return asNamed(living.id, living.found, context, info);
    }),
  );
};

/** `node` and `nodes`, as the Relay plugin takes them; what cannot be found here is null and not an error, whatever the id looks like. */
export const nodeQueries = (builder: () => unknown) => ({
  nodeQueryOptions: {
    authScopes: { public: true },
    description: 'Any object by its id: what the caller may not see is refused, what is not there is null.',
    resolve: async (_root: object, { id }: { id: GlobalId }, context: Context, info: GraphQLResolveInfo) =>
      (await lookUp(builder() as Builder, [id], context, info))[0],
  },
  nodesQueryOptions: {
    authScopes: { public: true },
    description: `Many objects by their ids, at most ${PAGE_MAX}, in the same order.`,
    complexity: ({ ids }: { ids: readonly unknown[] }) => ({ field: 1, multiplier: Math.max(1, ids.length) }),
    resolve: async (_root: object, { ids }: { ids: readonly GlobalId[] }, context: Context, info: GraphQLResolveInfo) => {
      if (ids.length > PAGE_MAX) {
        throw new GraphQLError(`\`ids\` holds ${ids.length}; at most ${PAGE_MAX} are looked up at once.`, { extensions: { code: 'BAD_USER_INPUT' } });
      }
      return lookUp(builder() as Builder, ids, context, info);
    },
  },
});
