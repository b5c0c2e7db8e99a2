import type { SignInMethod } from '../../core/events.ts';

/** A session as it is stored, whosever it will be. */
export interface SessionRow {
  readonly id: string;
  readonly accessHash: string;
  readonly accessExpiresAt: Date;
  readonly refreshHash: string;
  readonly refreshExpiresAt: Date;
  readonly userAgent: string | null;
  readonly network: string | null;
  readonly method: SignInMethod;
  readonly clientId: string | null;
  readonly now: Date;
}

/** The columns of such rows where they come as JSON. */
export const SESSION_COLUMNS = `id uuid, "accessHash" text, "accessExpiresAt" timestamptz, "refreshHash" text, "refreshExpiresAt" timestamptz,
    "userAgent" text, network text, method text, "clientId" text, now timestamptz`;

/** Stores the rows `v`; what follows says whose they are, and which. */
export const INSERT_SESSIONS = `
insert into session (id, access_hash, access_expires_at, refresh_hash, refresh_expires_at, user_agent, network, method, authenticated_at, client_id,
  created_at, last_used_at, customer_id)
select v.id, decode(v."accessHash", 'hex'), v."accessExpiresAt", decode(v."refreshHash", 'hex'), v."refreshExpiresAt", v."userAgent", v.network, v.method,
  v.now, v."clientId", v.now, v.now`;
