import type { ForbiddenResult } from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import type { Scope } from '../core/scopes.ts';
import { hasScope, isCustomer, type Viewer } from '../core/viewer.ts';
import type { Context } from './context.ts';

/** What a field or type may ask of its viewer. Any one that holds lets it through; a root field that asks nothing is a red test. */
export interface AuthScopes {
  /** Anyone, signed in or not. */
  public: boolean;
  /** A signed-in customer. */
  signedIn: boolean;
  /** A staff token with this scope. */
  staff: Scope;
  /** The customer with this id. */
  owner: string;
}

/** Asked when a field is reached, not before: an operation that signs a customer in goes on as hers. */
export const authScopes = (context: Context) => ({
  public: true,
  signedIn: () => context.viewer.kind === 'customer',
  staff: (scope: Scope) => hasScope(context.viewer, scope),
  owner: (customerId: string) => isCustomer(context.viewer, customerId),
});

/** Signed out: UNAUTHENTICATED, with HTTP 401 when a token was shown that is no good. Signed in but not allowed: FORBIDDEN. */
export const unauthorized = (viewer: Viewer, result?: ForbiddenResult): GraphQLError => {
  if (viewer.kind !== 'anonymous') {
    const scopes = result ? missingScopes(result.failure) : [];
    const message =
      scopes.length > 0 && viewer.kind === 'staff'
        ? `This staff token lacks the scope ${scopes.join(' or ')}.`
        : 'This is not yours to see or change.';
    return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } });
  }
  return viewer.rejectedToken
    ? new GraphQLError('The token is unknown, expired or revoked. Refresh the session or sign in again.', {
        extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } },
      })
    : new GraphQLError('Sign in first: send a customer or staff token in the Authorization header.', { extensions: { code: 'UNAUTHENTICATED' } });
};

const missingScopes = (failure: ForbiddenResult['failure']): string[] => {
  if ('failures' in failure) return failure.failures.flatMap(missingScopes);
  return 'scope' in failure && failure.scope === 'staff' && 'parameter' in failure ? [String(failure.parameter)] : [];
};

/** The same where it depends on the arguments whether a scope is needed. */
export const unauthorizedWithout = (viewer: Viewer, scope: Scope): GraphQLError =>
  viewer.kind === 'staff'
    ? new GraphQLError(`This staff token lacks the scope ${scope}.`, { extensions: { code: 'FORBIDDEN' } })
    : unauthorized(viewer);

/** A request that is not understood, as against one that is refused. */
export const badInput = (message: string): GraphQLError => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
