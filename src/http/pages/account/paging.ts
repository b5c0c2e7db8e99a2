import { GraphQLError } from 'graphql';
import type { Own } from './own.ts';

interface Read<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: {
    readonly startCursor: string | null;
    readonly endCursor: string | null;
    readonly hasPreviousPage: boolean;
    readonly hasNextPage: boolean;
  };
}

/** The page of a list that the address names; a cursor that is none is as good as the list's beginning. */
export const pageAsked = async <Row>({ query }: Own, read: (at: { after?: string; before?: string }) => Promise<Read<Row>>) => {
  const [after, before] = [query.get('after'), query.get('before')];
  const asked = after ? { after } : before ? { before } : {};
  const { nodes, pageInfo } = await read(asked).catch((error) => {
    if (error instanceof GraphQLError) return read({});
    throw error;
  });
  const { startCursor, endCursor, hasPreviousPage, hasNextPage } = pageInfo;
  return { nodes, before: hasPreviousPage ? startCursor : null, after: hasNextPage ? endCursor : null };
};
