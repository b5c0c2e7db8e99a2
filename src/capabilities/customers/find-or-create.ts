import { v7 as uuid } from 'uuid';
import type { SqlTx } from '../../db/transact.ts';
import { clearUnproven } from '../passwords/clear-unproven.ts';

/**
 * The customer whose e-mail address has just been proven, made at the first sign-in. `email` is canonical. A password that was there
 * before the address was ever proven goes: whoever chose it need not be the one who reads its mail.
 * The address of a profile that was merged away leads to the survivor when both had proven theirs; else whoever proves it now is somebody
 * new, and the merged profile lets it go. One customer per address also when two sign in at once: the second waits for the first and finds it.
 */
export const findOrCreateByEmail = async (tx: SqlTx, email: string, locale: string | null): Promise<{ customerId: string }> => {
  const values = [uuid(), email, locale, tx.now.toISOString()];
  const find = async (): Promise<Found | undefined> => (await tx.sql<Found>(FIND_OR_CREATE, values))[0];
  const findAfterLettingGo = async (): Promise<Found | undefined> => {
    await tx.sql(LET_GO, [email]);
    return find();
  };
  // Who was made by another in the same instant is not seen by a look that began before.
  const found = (await find()) ?? (await findAfterLettingGo()) ?? (await find());
  if (!found) throw new Error('A customer was neither there nor could be made');
  if (found.how === 'made') tx.emit({ type: 'customer.created', customerId: found.id, source: 'sign_in' });
  if (found.how === 'proven') await clearUnproven(tx, found.id);
  if (found.how === 'enabled' || found.how === 'proven')
    tx.emit({ type: 'customer.updated', customerId: found.id, fields: ['state', 'emailVerified'] });
  return { customerId: found.id };
};

interface Found {
  readonly id: string;
  readonly how: 'known' | 'enabled' | 'proven' | 'made';
}

const FIND_OR_CREATE = `
with known as (
  select id, state = 'ENABLED' and email_verified_at is not null as is_enabled, email_verified_at is null as is_unproven
  from customer where id = customer_signing_in($2::text)
), enabled as (
  update customer c set state = 'ENABLED', email_verified_at = coalesce(c.email_verified_at, $4::text::timestamptz), updated_at = $4::text::timestamptz
  from known k where c.id = k.id and not k.is_enabled
), made as (
  insert into customer (id, email, locale, email_verified_at, state, created_at, updated_at)
  select $1::text::uuid, $2::text, $3::text, $4::text::timestamptz, 'ENABLED', $4::text::timestamptz, $4::text::timestamptz
  where not exists (select from known) on conflict (email) do nothing returning id
)
select id::text, case when is_enabled then 'known' when is_unproven then 'proven' else 'enabled' end as how from known
union all select id::text, 'made' from made`;

const LET_GO = `
update customer set email = null, email_verified_at = null
where email = $1::text and merged_into_id is not null and customer_signing_in($1::text) is null`;
