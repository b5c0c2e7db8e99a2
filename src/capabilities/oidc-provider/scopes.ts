/** Scopes of Shopify's clients; both mean the GraphQL API. */
export const ACCOUNT_SCOPES = ['customer-account-api:full', 'https://api.customers.com/auth/customer.graphql'] as const;

/** Everything that a client can ask for; the rest of what it asks for is left out. */
export const OIDC_SCOPES = ['openid', 'email', 'profile', 'phone', 'offline_access', ...ACCOUNT_SCOPES] as const;

export const scopesOf = (scope: string): Set<string> => new Set(scope.split(' ').filter(Boolean));

/**
 * Whether a client's tokens say who somebody is and open nothing: applications of others reach the GraphQL API only when the customer
 * was asked for it. The shop's own always do.
 */
export const isIdentityOnly = (asksConsent: boolean, scope: string): boolean =>
  asksConsent && !ACCOUNT_SCOPES.some((name) => scopesOf(scope).has(name));
