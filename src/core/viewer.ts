import type { Scope } from './scopes.ts';

/**
 * Who is asking. `formerIds` are profiles that were merged into a customer's, whose rows are hers. `rejectedToken` marks a
 * caller who showed a token that is unknown, expired or revoked.
 */
export type Viewer =
  | { readonly kind: 'anonymous'; readonly rejectedToken: boolean }
  | {
      readonly kind: 'customer';
      readonly customerId: string;
      readonly sessionId: string;
      readonly expiresAt: Date;
      readonly formerIds?: readonly string[];
    }
  | { readonly kind: 'staff'; readonly tokenId: string; readonly scopes: ReadonlySet<Scope>; readonly expiresAt: Date | null };

export const ANONYMOUS: Viewer = { kind: 'anonymous', rejectedToken: false };

/** A customer, as `actorOf` writes her. */
export const customerActor = (customerId: string): string => `customer:${customerId}`;

/** The actor as the ledger, the events and the idempotency keys write it: `staff:<token id>`, `customer:<id>`, `anonymous`. */
export const actorOf = (viewer: Viewer): string => {
  switch (viewer.kind) {
    case 'staff':
      return `staff:${viewer.tokenId}`;
    case 'customer':
      return customerActor(viewer.customerId);
    case 'anonymous':
      return 'anonymous';
  }
};

export const SYSTEM_ACTOR = 'system';

export const hasScope = (viewer: Viewer, scope: Scope): boolean => viewer.kind === 'staff' && viewer.scopes.has(scope);

export const isCustomer = (viewer: Viewer, customerId: string): boolean =>
  viewer.kind === 'customer' && (viewer.customerId === customerId || (viewer.formerIds?.includes(customerId) ?? false));
