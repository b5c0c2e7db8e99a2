import { v7 as uuid } from 'uuid';
import type { DomainEvent } from '../../core/events.ts';
import type { Sql } from '../../db/client.ts';
import type { SigningKeys } from './keys.ts';
import { logoutToken } from './signed.ts';

const ANSWER_MS_MAX = 5_000;

/** Tells a client's server that a session of its is over; a throw means: again later. Clients without an address for it are not told. */
export const deliverLogout =
  ({ sql, keys, issuer, clock }: { sql: Sql; keys: () => Promise<SigningKeys>; issuer: string; clock: () => Date }) =>
  async (event: DomainEvent): Promise<void> => {
    if (event.type !== 'back_channel_logout.requested') return;
    const { oidcClientId: clientId, customerId, sessionId } = event;
    const [client] = await sql<{ uri: string | null }>('select backchannel_logout_uri as uri from oidc_client where id = $1::text::uuid', [clientId]);
    if (!client?.uri) return;
    const token = await logoutToken(await keys(), clock(), { issuer, clientId, customerId, sessionId, id: uuid() });
    const response = await fetch(client.uri, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    await response.body?.cancel();
    // A client that does not take this token will not take the next either.
    if (!response.ok && response.status !== 400) throw new Error(`The client's logout address answered ${response.status}`);
  };
