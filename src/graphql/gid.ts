import { GraphQLError } from 'graphql';
import { uuidOf } from '../core/uuid.ts';

/** Types that Shopify's clients name otherwise. */
const ALIASES: Readonly<Record<string, string>> = { MailingAddress: 'CustomerAddress' };

const GID = /^gid:\/\/[a-z0-9_-]+\/([A-Za-z]+)\/([^/?]+)(?:\?.*)?$/i;

/** `gid://clientele/<Type>/<uuid>`. */
export const encodeGid = (typename: string, id: string): string => `gid://clientele/${typename}/${id}`;

/** The UUID of an id argument. Throws BAD_USER_INPUT when it names a thing of another type than those asked for. */
export const idOf = (gid: string, ...types: readonly string[]): string => {
  const { typename, id } = decodeGid(gid);
  if (types.includes(typename)) return id;
  throw new GraphQLError(`"${gid.slice(0, 120)}" is the id of a ${typename}; here a ${types.join(' or a ')} is meant.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
};

/** Reads an id of any namespace. Throws BAD_USER_INPUT for a text that is no `gid://`. */
export const decodeGid = (gid: string): { typename: string; id: string } => {
  const match = GID.exec(gid);
  if (!match) {
    throw new GraphQLError(`"${gid.slice(0, 80)}" is not an id: ids look like gid://clientele/Customer/0190….`, {
      extensions: { code: 'BAD_USER_INPUT' },
    });
  }
  const [, typename = '', id = ''] = match;
  return { typename: ALIASES[typename] ?? typename, id: uuidOf(id) };
};
