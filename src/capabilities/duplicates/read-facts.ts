import type { Sql } from '../../db/client.ts';
import type { Facts } from './profile.ts';

/** The default address first, then the newest. */
const FACTS = `
select c.id::text, c.first_name as "firstName", c.last_name as "lastName", c.email, c.phone, to_char(c.birth_date, 'YYYYMMDD') as "birthDate",
  coalesce((
    select jsonb_agg(jsonb_build_object('firstName', a.first_name, 'lastName', a.last_name, 'address1', a.address1, 'address2', a.address2,
      'city', a.city, 'zip', a.zip, 'zoneCode', a.zone_code, 'phoneNumber', a.phone_number) order by (a.id = c.default_address_id) desc nulls last, a.id desc)
    from address a where a.customer_id = c.id), '[]') as addresses
from customer c where c.id = any($1::text[]::uuid[]) and c.deleted_at is null`;

/** What is known of each of these customers who is there. */
export const readFacts = async (sql: Sql, customerIds: readonly string[]): Promise<Map<string, Facts>> =>
  new Map((await sql<Facts & { id: string }>(FACTS, [customerIds])).map(({ id, ...facts }) => [id, facts]));
