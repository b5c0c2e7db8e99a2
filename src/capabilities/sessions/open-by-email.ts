import { gather } from '../../core/gather.ts';
import type { Sql } from '../../db/client.ts';
import { INSERT_SESSIONS, SESSION_COLUMNS, type SessionRow } from './session-row.ts';

/** A session for whoever has proven this canonical address, and who asks for it. */
interface Opening extends SessionRow {
  readonly email: string;
  readonly actor: string;
}

/** Opens a session for a customer who is known by her address; her id, or null where nobody has it who could sign in as she is. */
export type OpenByEmail = (opening: Opening) => Promise<string | null>;

/*
 * Everyone is looked up by herself, by unique keys, and locked in the order of ids: a join would be planned for as many rows as a table
 * without statistics is taken to have.
 */
const OPEN = `
with asked as materialized (
  select v.*, (select c.id from customer c where c.email = v.email) as found_id
  from jsonb_to_recordset($1::text::jsonb) as v(${SESSION_COLUMNS}, email text, actor text)
), known as materialized (
  select a.*, (
    select c.id from customer c where c.id = a.found_id and c.email = a.email and c.email_verified_at is not null and c.state = 'ENABLED'
      and c.deleted_at is null and c.blocked_at is null for key share
  ) as customer_id
  from (select * from asked order by found_id offset 0) a
), opened as (${INSERT_SESSIONS}, v.customer_id from known v where v.customer_id is not null
  returning id, customer_id
), told as (
  insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
  select 'session.opened', 'session:' || v.id, o.customer_id, jsonb_build_object('customerId', o.customer_id, 'sessionId', v.id, 'method', v.method),
    v.actor, v.now, v.now
  from opened o join known v on v.id = o.id
)
select id::text, customer_id::text as "customerId" from opened`;

/** Those that are asked for at once are opened by one statement, with their events: all of them or, when it fails, none. */
export const openingByEmail = (sql: Sql): OpenByEmail =>
  gather(async (openings) => {
    const opened = await sql<{ id: string; customerId: string }>(OPEN, [JSON.stringify(openings)]);
    const customers = new Map(opened.map(({ id, customerId }) => [id, customerId]));
    return openings.map(({ id }) => customers.get(id) ?? null);
  }, 2);
