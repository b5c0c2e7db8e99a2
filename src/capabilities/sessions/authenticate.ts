import { isScope } from '../../core/scopes.ts';
import { tokenHash } from '../../core/secret.ts';
import type { Viewer } from '../../core/viewer.ts';
import { ANONYMOUS } from '../../core/viewer.ts';
import type { Database } from '../../db/client.ts';

const TOKEN_CHARACTERS_MAX = 512;

/** Live means: not revoked, not run out, and for a session of a customer who is still there. One look at two unique indexes. */
const LOOK = `
select 'customer' as kind, s.id::text as id, s.customer_id::text as customer_id, null::text[] as scopes, s.access_expires_at as expires_at
from session s where s.access_hash = $1 and s.revoked_at is null and s.access_expires_at > $2::timestamptz
union all
select 'staff', t.id::text, null, t.scopes, t.expires_at
from staff_token t where t.token_hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2::timestamptz)`;

interface Found {
  kind: 'customer' | 'staff';
  id: string;
  customer_id: string;
  scopes: string[] | null;
  expires_at: Date | null;
}

/** Who shows this token. A token that is no good makes an anonymous viewer that is marked so, since signing in needs none. */
export const authenticate = async ({ sql }: Database, token: string | null, now: Date): Promise<Viewer> => {
  if (!token) return ANONYMOUS;
  if (token.length > TOKEN_CHARACTERS_MAX) return { kind: 'anonymous', rejectedToken: true };
  const [found] = await sql<Found>(LOOK, [tokenHash(token), now.toISOString()]);
  if (!found) return { kind: 'anonymous', rejectedToken: true };
  if (found.kind === 'staff') {
    return { kind: 'staff', tokenId: found.id, scopes: new Set((found.scopes ?? []).filter(isScope)), expiresAt: found.expires_at };
  }
  return { kind: 'customer', customerId: found.customer_id, sessionId: found.id, expiresAt: found.expires_at as Date };
};

/** Whether a viewer's session or staff token has not been revoked since; its expiry the caller knows. */
export const isLive = async ({ sql }: Database, viewer: Viewer): Promise<boolean> => {
  if (viewer.kind === 'anonymous') return false;
  const [statement, id] =
    viewer.kind === 'customer'
      ? ['select 1 from session where id = $1::text::uuid and revoked_at is null', viewer.sessionId]
      : ['select 1 from staff_token where id = $1::text::uuid and revoked_at is null', viewer.tokenId];
  return (await sql(statement, [id])).length === 1;
};
