import type { SqlTx } from '../../db/transact.ts';

type Reader = Pick<SqlTx, 'sql'>;

const one = async (tx: Reader, statement: string, value: string): Promise<string | null> =>
  (await tx.sql<{ id: string | null }>(statement, [value]))[0]?.id ?? null;

/** The living customer under an id: herself, or in whom a profile that was merged away lives on; null for nobody. */
export const livingCustomer = (tx: Reader, id: string): Promise<string | null> =>
  one(
    tx,
    `select coalesce(merged_into_id, id)::text as id from customer where id = $1::text::uuid and (deleted_at is null or merged_into_id is not null)`,
    id,
  );

/** The id that a write is meant for: of a profile that was merged away, the survivor's. */
export const asLiving = async (tx: Reader, id: string): Promise<string> => (await livingCustomer(tx, id)) ?? id;

/** The same by a canonical e-mail address; whether it is proven does not matter. */
export const customerOfEmail = (tx: Reader, email: string): Promise<string | null> =>
  one(tx, 'select customer_of_email($1::text)::text as id', email);

/** The same by a phone number in E.164. */
export const customerOfPhone = (tx: Reader, phone: string): Promise<string | null> =>
  one(tx, 'select customer_of_phone($1::text)::text as id', phone);

/**
 * The same, held until the transaction ends, so that she is not merged away before what is written of her commits. Null when she is not
 * there. Whoever waited for a merge is answered with the survivor.
 */
export const holdLiving = async (tx: Reader, id: string): Promise<string | null> => {
  const [row] = await tx.sql<{ living: string; isGone: boolean }>(
    `select coalesce(merged_into_id, id)::text as living, deleted_at is not null and merged_into_id is null as "isGone"
    from customer where id = $1::text::uuid for key share`,
    [id],
  );
  if (!row || row.isGone) return null;
  return row.living === id ? id : holdLiving(tx, row.living);
};
