import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { TransactSql } from '../../db/transact.ts';
import { creditMailSettings } from './mail-settings.ts';

/** Credits that one round writes about. */
const DUE_MAX = 500;
/** How late a reminder is still sent, when no process ran at its moment. */
const LATE_DAYS_MAX = 3;

/**
 * Credits whose reminder is due: between this step and the next smaller one, and there already when the step came. Each is noted with its
 * expiry, so that it is written about once for each step, whoever looks, and again when its expiry has moved.
 */
const DUE = `
with steps as (
  select days * interval '24 hours' as before, days, coalesce(lead(days) over (order by days desc), 0) * interval '24 hours' as next
  from unnest($1::text::int[]) days
), due as (
  select l.id, s.days, l.expires_at from steps s
  join store_credit_lot l on l.is_open and l.expires_at <= $2::text::timestamptz + s.before
    and l.expires_at > greatest($2::text::timestamptz + s.next, $2::text::timestamptz + s.before - interval '${LATE_DAYS_MAX * 24} hours',
      $3::text::timestamptz + s.before - interval '1 millisecond')
  join store_credit_transaction t on t.id = l.id and t.created_at <= l.expires_at - s.before
  where not exists (select 1 from store_credit_reminder r where r.lot_id = l.id and r.days = s.days and r.expires_at = l.expires_at)
  order by l.expires_at limit ${DUE_MAX}
), made as (
  insert into store_credit_reminder (lot_id, days, expires_at, created_at) select id, days, expires_at, $2::text::timestamptz from due order by id
  on conflict do nothing returning lot_id, days, expires_at
)
select a.customer_id::text as "customerId", a.id::text as "accountId", array_agg(m.lot_id::text order by m.lot_id) as "lotIds"
from made m join store_credit_lot l on l.id = m.lot_id join store_credit_account a on a.id = l.account_id
group by a.customer_id, a.id, m.days, date_trunc('day', m.expires_at at time zone 'UTC')`;

interface Gateway {
  readonly backend: { readonly database: { readonly sql: Sql } };
  readonly transactSql: TransactSql;
}

interface Due {
  readonly customerId: string;
  readonly accountId: string;
  readonly lotIds: readonly string[];
}

/**
 * Orders the reminders that are due, one for all credit of an account that runs out on the same day, and answers with how many. What is still
 * unspent is looked up when they are sent. Any number of processes may run it.
 */
export const remindOfExpiry = async ({ backend, transactSql }: Gateway): Promise<number> => {
  const { expiring, expiringDays, expiringSince } = await creditMailSettings(backend.database.sql);
  if (!expiring || !expiringSince) return 0;
  return transactSql(SYSTEM_ACTOR, async (tx) => {
    const due = await tx.sql<Due>(DUE, [`{${expiringDays.join(',')}}`, tx.now.toISOString(), expiringSince]);
    for (const reminder of due) tx.emit({ type: 'store_credit_mail.requested', kind: 'EXPIRING', ...reminder });
    return due.length;
  });
};
