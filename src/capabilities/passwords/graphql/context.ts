import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import type { PasswordTools } from '../limits.ts';
import type { Writing } from '../recover.ts';

/** What the verbs of passwords need of the gateway. */
export const toolsOf = ({ app }: Context): PasswordTools => ({
  database: app.backend.database,
  limiter: app.backend.limiter,
  keyring: app.keyring,
});

/** What their mails are made of. */
export const writingOf = (context: Context, info: GraphQLResolveInfo): Writing & Pick<PasswordTools, 'keyring'> => ({
  keyring: context.app.keyring,
  publicUrl: context.app.publicUrl,
  shopName: context.app.shopName,
  language: languageOfOperation(info, context),
});
