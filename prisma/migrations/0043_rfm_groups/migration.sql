-- CreateEnum
CREATE TYPE "customer_rfm_group" AS ENUM ('ACTIVE', 'ALMOST_LOST', 'AT_RISK', 'CHAMPIONS', 'DORMANT', 'LOYAL', 'NEEDS_ATTENTION', 'NEW', 'PREVIOUSLY_LOYAL', 'PROMISING', 'PROSPECTS');

-- AlterTable
ALTER TABLE "customer_statistics" ADD COLUMN     "last_purchase_at" TIMESTAMPTZ(3),
ADD COLUMN     "rfm_group" "customer_rfm_group";

-- CreateTable
CREATE TABLE "customer_rfm_limits" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "recency" TIMESTAMPTZ(3)[],
    "frequency" INTEGER[],
    "monetary" JSONB NOT NULL DEFAULT '{}',
    "customers_count" INTEGER NOT NULL DEFAULT 0,
    "changes" BIGINT NOT NULL DEFAULT 0,
    "measured_at" TIMESTAMPTZ(3),
    "horizon" BIGINT,
    "cursor" UUID,

    CONSTRAINT "customer_rfm_limits_pkey" PRIMARY KEY ("id")
);

update customer_statistics s set last_purchase_at = o.at
from (select customer_id, max(processed_at) as at from "order" where cancelled_at is null and customer_id is not null group by 1) o, customer c
where o.customer_id = s.customer_id and c.id = s.customer_id and c.erased_at is null;
update customer_statistics set rfm_group = 'PROSPECTS' where orders_count = 0;

-- CreateIndex
CREATE INDEX "customer_statistics_rfm_group_customer_id_idx" ON "customer_statistics"("rfm_group", "customer_id");

alter table customer_rfm_limits add constraint customer_rfm_limits_one check (id = 1);
insert into customer_rfm_limits (id, recency, frequency) values (1, '{}', '{}');

-- Counts changes to customers' numbers without making their writers wait for each other. One that is rolled back counts too.
create sequence customer_rfm_changes;

-- Of a recency score from 1 to 5, and the sum of the scores for frequency and monetary value: twice what Shopify calls FM.
create function customer_rfm_group(recency int, fm_doubled int) returns customer_rfm_group language sql immutable as $$
  select (case
    when recency = 5 then case when fm_doubled >= 8 then 'CHAMPIONS' when fm_doubled >= 4 then 'ACTIVE' else 'NEW' end
    when recency = 4 then case when fm_doubled >= 8 then 'LOYAL' when fm_doubled >= 4 then 'ACTIVE' else 'PROMISING' end
    when recency = 3 then case when fm_doubled >= 8 then 'LOYAL' when fm_doubled >= 6 then 'NEEDS_ATTENTION' else 'ALMOST_LOST' end
    else case when fm_doubled = 10 then 'PREVIOUSLY_LOYAL' when fm_doubled >= 6 then 'AT_RISK' else 'DORMANT' end
  end)::customer_rfm_group
$$;

-- Where a customer stands among those whose limits are given; null as long as there are none, and for one who was erased: her last purchase
-- is not known any more.
create function customer_rfm_group_of(customer uuid, orders int, purchased_at timestamptz, l customer_rfm_limits) returns customer_rfm_group
language plpgsql stable as $$
declare
  recency_ int := 1;
  frequency_ int := 1;
  monetary_ int := 1;
begin
  if orders <= 0 then
    return 'PROSPECTS';
  end if;
  if cardinality(l.recency) = 0 or purchased_at is null then
    return null;
  end if;
  for n in 1..4 loop
    recency_ := recency_ + (l.recency[n] <= purchased_at)::int;
    frequency_ := frequency_ + (l.frequency[n] < orders)::int;
  end loop;
  -- The best of what was spent in each currency.
  select coalesce(max(1 + (m.v[0]::bigint < spent_minor)::int + (m.v[1]::bigint < spent_minor)::int
      + (m.v[2]::bigint < spent_minor)::int + (m.v[3]::bigint < spent_minor)::int), 1) into monetary_
  from customer_spending p, lateral (select l.monetary->p.currency::text) m (v)
  where p.customer_id = customer and p.orders_count > 0 and m.v is not null;
  return customer_rfm_group(recency_, frequency_ + monetary_);
end $$;

-- As before, with the last purchase, and the group that follows. The limits are read in a statement that begins after the rows are held.
create or replace function customer_statistics_add(changes customer_statistics_change[]) returns void language plpgsql as $$
declare
  limits customer_rfm_limits;
begin
  insert into customer_statistics as s (customer_id, orders_count)
    select customer_id, sum(orders) from unnest(changes) where customer_id is not null group by 1 order by 1
    on conflict (customer_id) do update set orders_count = s.orders_count + excluded.orders_count;
  insert into customer_spending as s (customer_id, currency, orders_count, spent_minor)
    select customer_id, currency, sum(orders), sum(spent) from unnest(changes) where customer_id is not null and is_counted group by 1, 2 order by 1, 2
    on conflict (customer_id, currency) do update
      set orders_count = s.orders_count + excluded.orders_count, spent_minor = s.spent_minor + excluded.spent_minor;
  select * into limits from customer_rfm_limits;
  update customer_statistics s set
    first_order_at = (select processed_at from "order" where customer_id = s.customer_id order by processed_at, id limit 1),
    last_order_at = (select processed_at from "order" where customer_id = s.customer_id order by processed_at desc, id desc limit 1),
    last_order_id = (select id from "order" where customer_id = s.customer_id order by processed_at desc, id desc limit 1),
    last_purchase_at = p.at,
    rfm_group = customer_rfm_group_of(s.customer_id, s.orders_count, p.at, limits)
  from (select distinct customer_id from unnest(changes) where customer_id is not null) c
  cross join lateral (select (
    select processed_at from "order" o where o.customer_id = c.customer_id and o.cancelled_at is null
      and not exists (select from customer where id = c.customer_id and erased_at is not null)
    order by processed_at desc, id desc limit 1)) p (at)
  where s.customer_id = c.customer_id;
  perform count(nextval('customer_rfm_changes')) from unnest(changes) where customer_id is not null;
end $$;

-- The limits that cut the shop's customers into fifths. A limit of recency is the first moment of its fifth, so that whoever bought last has
-- the highest score however few customers there are. One of frequency or monetary value is the last of the fifth below: equals stand together
-- in the lower one, since most customers of most shops have one order.
create function customer_rfm_measure(now_ timestamptz) returns customer_rfm_limits language sql stable as $$
  select row(1::smallint, coalesce(s.recency, '{}'), coalesce(s.frequency, '{}'), coalesce(m.monetary, '{}'), s.count, 0::bigint, now_,
    null::bigint, null::uuid)::customer_rfm_limits
  from (
    select percentile_disc(array[0.8, 0.6, 0.4, 0.2]) within group (order by last_purchase_at desc) as recency,
      percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by orders_count) as frequency, count(*)::int as count
    from customer_statistics where orders_count > 0 and last_purchase_at is not null
  ) s, (
    select jsonb_object_agg(currency, limits) as monetary from (
      select currency, percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by spent_minor) as limits
      from customer_spending p where orders_count > 0
        and exists (select from customer_statistics s where s.customer_id = p.customer_id and s.last_purchase_at is not null) group by currency) c
  ) m
$$;

-- One turn of keeping groups right: measures the limits when enough has changed, then goes through all customers, a chunk at a time. True while
-- there is more to do now. Whoever else is at it meanwhile has nothing to do.
create function customer_rfm_turn(now_ timestamptz, chunk int) returns boolean language plpgsql as $$
declare
  l customer_rfm_limits;
  measured customer_rfm_limits;
  changed bigint;
  seen uuid[];
  differing uuid[];
begin
  select * into l from customer_rfm_limits for update skip locked;
  if not found then
    return false;
  end if;

  -- Twice those who are writing orders must have committed: those whose changes are counted, before the limits are measured, and those who may
  -- have judged by the former limits, before the customers are looked at.
  if l.horizon is null then
    if l.cursor is null then
      select last_value + is_called::int into changed from customer_rfm_changes;
      -- After one change in a hundred customers, but for one measurement a day, and with a pause of a millisecond for each customer.
      if changed = l.changes or l.measured_at is not null and now_ < l.measured_at + interval '1 day'
        and (changed - l.changes < l.customers_count / 100 or now_ < l.measured_at + l.customers_count * interval '1 millisecond')
      then
        return false;
      end if;
    end if;
    update customer_rfm_limits set changes = coalesce(changed, l.changes), horizon = pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    return true;
  end if;
  if pg_snapshot_xmin(pg_current_snapshot())::text::bigint < l.horizon then
    return false;
  end if;

  if l.cursor is null then
    measured := customer_rfm_measure(now_);
    if (measured.recency, measured.frequency, measured.monetary) is distinct from (l.recency, l.frequency, l.monetary) then
      measured.cursor := '00000000-0000-0000-0000-000000000000';
    end if;
    update customer_rfm_limits set recency = measured.recency, frequency = measured.frequency, monetary = measured.monetary,
      customers_count = measured.customers_count, measured_at = measured.measured_at, horizon = null, cursor = measured.cursor;
    return measured.cursor is not null;
  end if;

  select array_agg(customer_id order by customer_id), array_agg(customer_id) filter (where is_other) into seen, differing from (
    select customer_id, rfm_group is distinct from customer_rfm_group_of(customer_id, orders_count, last_purchase_at, l) as is_other
    from customer_statistics where customer_id > l.cursor order by customer_id limit chunk) s;
  if differing is not null then
    -- Held first and judged in a statement of its own, which sees what a writer before it committed.
    perform from customer_statistics where customer_id = any(differing) order by customer_id for update;
    update customer_statistics s set rfm_group = customer_rfm_group_of(s.customer_id, s.orders_count, s.last_purchase_at, l)
    where customer_id = any(differing);
  end if;
  if coalesce(cardinality(seen), 0) = chunk then
    update customer_rfm_limits set cursor = seen[chunk];
    return true;
  end if;
  update customer_rfm_limits set cursor = null, horizon = null;
  return false;
end $$;
