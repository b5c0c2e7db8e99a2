import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import '../capabilities/addresses/graphql.ts';
import '../capabilities/admin/graphql.ts';
import '../capabilities/customers/graphql/customer.ts';
import '../capabilities/customers/graphql/mutations.ts';
import '../capabilities/customers/graphql/reads.ts';
import '../capabilities/sign-in/graphql.ts';
import '../capabilities/store-credit/graphql/account.ts';
import '../capabilities/store-credit/graphql/live.ts';
import '../capabilities/store-credit/graphql/mutations.ts';
import './scalars.ts';
import { builder } from './builder.ts';
import { idempotent, inContext } from './directives.ts';

/** The whole schema: one line here for each slice. */
export const schema: GraphQLSchema = builder.toSchema({ directives: [...specifiedDirectives, inContext, idempotent] });
