import type { Scope } from '../core/scopes.ts';
import { hasScope, type Viewer } from '../core/viewer.ts';
import { badInput, unauthorized } from './access.ts';
import { idOf } from './gid.ts';

/** Who is written about: a customer herself, or for staff the one named. Throws FORBIDDEN, and BAD_USER_INPUT for staff who name nobody. */
export const customerMeant = (viewer: Viewer, customerGid: string | null | undefined, scope: Scope): string => {
  const customerId = customerGid ? idOf(customerGid, 'Customer') : null;
  if (viewer.kind === 'customer' && (!customerId || customerId === viewer.customerId)) return viewer.customerId;
  if (!hasScope(viewer, scope)) throw unauthorized(viewer);
  if (!customerId) throw badInput('Staff name the customer: give customerId.');
  return customerId;
};

/** Whose rows may be written by their ids: a customer's own alone; null for staff, who may write all. */
export const ownerMeant = (viewer: Viewer, scope: Scope): string | null => {
  if (viewer.kind === 'customer') return viewer.customerId;
  if (!hasScope(viewer, scope)) throw unauthorized(viewer);
  return null;
};
