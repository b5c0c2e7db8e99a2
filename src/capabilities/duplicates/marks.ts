import { createHash } from 'node:crypto';
import type { Sql } from '../../db/client.ts';

const NAMES = `
select c.id::text, c.email, c.phone,
  array(select e.source || ' ' || e.value from customer_external_id e where e.customer_id = c.id order by e.source, e.value limit 3) as "externalIds"
from customer c where c.id = any($1::text[]::uuid[])`;

/** The ways to name each of these customers that outlive her row: an import that brings her back gives the same again. */
export const readNames = async (sql: Sql, customerIds: readonly string[]): Promise<Map<string, string[]>> => {
  const rows = await sql<{ id: string; email: string | null; phone: string | null; externalIds: string[] }>(NAMES, [customerIds]);
  return new Map(
    rows.map(({ id, email, phone, externalIds }) => [
      id,
      [`id ${id}`, ...(email ? [`email ${email}`] : []), ...(phone ? [`phone ${phone}`] : []), ...externalIds.map((name) => `external ${name}`)],
    ]),
  );
};

/** Marks of two customers together, in hexadecimal: one for each way to name both, the same whoever comes first. Neither can be read out of them. */
export const marksOf = (one: readonly string[], two: readonly string[]): string[] =>
  one.flatMap((a) => two.map((b) => createHash('sha256').update([a, b].sort().join('\n')).digest('hex').slice(0, 32)));
