-- CreateEnum
CREATE TYPE "marketing_channel" AS ENUM ('EMAIL', 'SMS', 'WHATSAPP');

-- CreateEnum
CREATE TYPE "marketing_state" AS ENUM ('INVALID', 'NOT_SUBSCRIBED', 'PENDING', 'REDACTED', 'SUBSCRIBED', 'UNSUBSCRIBED');

-- CreateEnum
CREATE TYPE "marketing_opt_in_level" AS ENUM ('CONFIRMED_OPT_IN', 'SINGLE_OPT_IN', 'UNKNOWN');

-- CreateEnum
CREATE TYPE "marketing_consent_source" AS ENUM ('STAFF', 'CUSTOMER', 'CONFIRMATION_LINK', 'UNSUBSCRIBE_LINK', 'ADDRESS_CHANGED');

-- CreateEnum
CREATE TYPE "metafield_customer_access" AS ENUM ('NONE', 'READ', 'READ_WRITE');

-- AlterTable
ALTER TABLE "customer" ADD COLUMN     "tax_exempt" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "tax_exemptions" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "vat_id" TEXT;

-- CreateTable
CREATE TABLE "customer_statistics" (
    "customer_id" UUID NOT NULL,
    "orders_count" INTEGER NOT NULL,
    "first_order_at" TIMESTAMPTZ(3),
    "last_order_at" TIMESTAMPTZ(3),
    "last_order_id" UUID,

    CONSTRAINT "customer_statistics_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "customer_spending" (
    "customer_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "orders_count" INTEGER NOT NULL,
    "spent_minor" BIGINT NOT NULL,

    CONSTRAINT "customer_spending_pkey" PRIMARY KEY ("customer_id","currency")
);

-- CreateTable
CREATE TABLE "customer_marketing" (
    "customer_id" UUID NOT NULL,
    "email_state" "marketing_state" NOT NULL DEFAULT 'NOT_SUBSCRIBED',
    "email_opt_in_level" "marketing_opt_in_level",
    "email_at" TIMESTAMPTZ(3),
    "sms_state" "marketing_state" NOT NULL DEFAULT 'NOT_SUBSCRIBED',
    "sms_opt_in_level" "marketing_opt_in_level",
    "sms_at" TIMESTAMPTZ(3),
    "whatsapp_state" "marketing_state" NOT NULL DEFAULT 'NOT_SUBSCRIBED',
    "whatsapp_opt_in_level" "marketing_opt_in_level",
    "whatsapp_at" TIMESTAMPTZ(3),

    CONSTRAINT "customer_marketing_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "marketing_consent_event" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "channel" "marketing_channel" NOT NULL,
    "address" TEXT,
    "state_before" "marketing_state" NOT NULL,
    "state" "marketing_state" NOT NULL,
    "opt_in_level" "marketing_opt_in_level",
    "source" "marketing_consent_source" NOT NULL,
    "detail" TEXT,
    "actor" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "marketing_consent_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customer_group" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "description" TEXT,
    "discount_reference" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_group_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customer_group_member" (
    "id" UUID NOT NULL,
    "group_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "added_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_group_member_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metafield_definition" (
    "id" UUID NOT NULL,
    "namespace" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "type" TEXT NOT NULL,
    "validations" JSONB NOT NULL,
    "customer_access" "metafield_customer_access" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "metafield_definition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customer_metafield" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "namespace" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "definition_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_metafield_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "customer_statistics_orders_count_customer_id_idx" ON "customer_statistics"("orders_count", "customer_id");

-- CreateIndex
CREATE INDEX "customer_statistics_last_order_at_customer_id_idx" ON "customer_statistics"("last_order_at", "customer_id");

-- CreateIndex
CREATE INDEX "customer_spending_currency_spent_minor_customer_id_idx" ON "customer_spending"("currency", "spent_minor", "customer_id");

-- CreateIndex
CREATE INDEX "customer_marketing_email_state_customer_id_idx" ON "customer_marketing"("email_state", "customer_id");

-- CreateIndex
CREATE INDEX "customer_marketing_sms_state_customer_id_idx" ON "customer_marketing"("sms_state", "customer_id");

-- CreateIndex
CREATE INDEX "customer_marketing_whatsapp_state_customer_id_idx" ON "customer_marketing"("whatsapp_state", "customer_id");

-- CreateIndex
CREATE INDEX "marketing_consent_event_customer_id_id_idx" ON "marketing_consent_event"("customer_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_group_name_key_key" ON "customer_group"("name_key");

-- CreateIndex
CREATE INDEX "customer_group_member_group_id_id_idx" ON "customer_group_member"("group_id", "id");

-- CreateIndex
CREATE INDEX "customer_group_member_customer_id_id_idx" ON "customer_group_member"("customer_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_group_member_group_id_customer_id_key" ON "customer_group_member"("group_id", "customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "metafield_definition_namespace_key_key" ON "metafield_definition"("namespace", "key");

-- CreateIndex
CREATE INDEX "customer_metafield_namespace_key_digest_idx" ON "customer_metafield"("namespace", "key", "digest");

-- CreateIndex
CREATE INDEX "customer_metafield_definition_id_idx" ON "customer_metafield"("definition_id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_metafield_customer_id_namespace_key_key" ON "customer_metafield"("customer_id", "namespace", "key");

-- AddForeignKey
ALTER TABLE "customer_statistics" ADD CONSTRAINT "customer_statistics_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_spending" ADD CONSTRAINT "customer_spending_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_marketing" ADD CONSTRAINT "customer_marketing_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "marketing_consent_event" ADD CONSTRAINT "marketing_consent_event_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_group_member" ADD CONSTRAINT "customer_group_member_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "customer_group"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_group_member" ADD CONSTRAINT "customer_group_member_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_metafield" ADD CONSTRAINT "customer_metafield_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_metafield" ADD CONSTRAINT "customer_metafield_definition_id_fkey" FOREIGN KEY ("definition_id") REFERENCES "metafield_definition"("id") ON DELETE SET NULL ON UPDATE NO ACTION;

alter table customer
  add constraint customer_vat_id_form check (vat_id ~ '^[A-Z]{2}[A-Z0-9]{2,30}$'),
  add constraint customer_tax_exemptions_count check (cardinality(tax_exemptions) <= 100);

-- What an order adds to its customer's numbers. Counted: not cancelled. Spent: paid, or of a backend that tells no payment.
create type customer_statistics_change as (customer_id uuid, currency char(3), is_counted boolean, orders int, spent bigint);

create function customer_statistics_of(customer uuid, currency char(3), total bigint, refunded bigint, status order_financial_status,
  cancelled_at timestamptz, sign int) returns customer_statistics_change language sql immutable as $$
  select row(customer, currency, cancelled_at is null, case when cancelled_at is null then sign else 0 end,
    case when cancelled_at is null and coalesce(status, 'PAID') in ('PAID', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
      then sign * (total - refunded) else 0 end)::customer_statistics_change
$$;

-- Customers in the order of their ids, so that two statements never wait for each other. The ends of their orders are looked up in a statement
-- of its own after the rows are held, so that it sees what the writer before it committed.
create function customer_statistics_add(changes customer_statistics_change[]) returns void language plpgsql as $$
begin
  insert into customer_statistics as s (customer_id, orders_count)
    select customer_id, sum(orders) from unnest(changes) where customer_id is not null group by 1 order by 1
    on conflict (customer_id) do update set orders_count = s.orders_count + excluded.orders_count;
  insert into customer_spending as s (customer_id, currency, orders_count, spent_minor)
    select customer_id, currency, sum(orders), sum(spent) from unnest(changes) where customer_id is not null and is_counted group by 1, 2 order by 1, 2
    on conflict (customer_id, currency) do update
      set orders_count = s.orders_count + excluded.orders_count, spent_minor = s.spent_minor + excluded.spent_minor;
  update customer_statistics s set
    first_order_at = (select processed_at from "order" where customer_id = s.customer_id order by processed_at, id limit 1),
    last_order_at = (select processed_at from "order" where customer_id = s.customer_id order by processed_at desc, id desc limit 1),
    last_order_id = (select id from "order" where customer_id = s.customer_id order by processed_at desc, id desc limit 1)
  where s.customer_id in (select customer_id from unnest(changes));
end $$;

create function customer_statistics_keep() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform customer_statistics_add((select array_agg(
      customer_statistics_of(customer_id, currency, total_minor, refunded_minor, financial_status, cancelled_at, 1)) from made));
  elsif tg_op = 'DELETE' then
    perform customer_statistics_add((select array_agg(
      customer_statistics_of(customer_id, currency, total_minor, refunded_minor, financial_status, cancelled_at, -1)) from gone));
  else
    perform customer_statistics_add((select array_agg(change)
      from gone o join made n on n.id = o.id and
        (o.customer_id, o.currency, o.total_minor, o.refunded_minor, o.financial_status, o.cancelled_at, o.processed_at) is distinct from
        (n.customer_id, n.currency, n.total_minor, n.refunded_minor, n.financial_status, n.cancelled_at, n.processed_at)
      cross join lateral (values
        (customer_statistics_of(o.customer_id, o.currency, o.total_minor, o.refunded_minor, o.financial_status, o.cancelled_at, -1)),
        (customer_statistics_of(n.customer_id, n.currency, n.total_minor, n.refunded_minor, n.financial_status, n.cancelled_at, 1))) c (change)));
  end if;
  return null;
end $$;

create trigger customer_statistics_made after insert on "order" referencing new table as made
  for each statement execute function customer_statistics_keep();
create trigger customer_statistics_changed after update on "order" referencing old table as gone new table as made
  for each statement execute function customer_statistics_keep();
create trigger customer_statistics_gone after delete on "order" referencing old table as gone
  for each statement execute function customer_statistics_keep();

insert into customer_statistics (customer_id, orders_count, first_order_at, last_order_at, last_order_id)
select customer_id, count(*) filter (where cancelled_at is null), min(processed_at), max(processed_at),
  (array_agg(id order by processed_at desc, id desc))[1]
from "order" where customer_id is not null group by customer_id;

insert into customer_spending (customer_id, currency, orders_count, spent_minor)
select customer_id, currency, count(*),
  coalesce(sum(total_minor - refunded_minor)
    filter (where coalesce(financial_status, 'PAID') in ('PAID', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')), 0)
from "order" where customer_id is not null and cancelled_at is null group by customer_id, currency;

-- A consent's log is written once. A merge may say whose it is, an erasure may blank the address; rows go with their customer alone.
create function marketing_consent_event_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if exists (select from customer where id = old.customer_id) then
      raise exception 'the consent log is never shortened';
    end if;
    return old;
  end if;
  if (old.id, old.channel, old.state_before, old.state, old.opt_in_level, old.source, old.detail, old.actor, old.occurred_at, old.created_at)
    is distinct from (new.id, new.channel, new.state_before, new.state, new.opt_in_level, new.source, new.detail, new.actor, new.occurred_at, new.created_at)
    or (new.address is not null and new.address is distinct from old.address)
  then
    raise exception 'what the consent log says never changes';
  end if;
  return new;
end $$;

create trigger marketing_consent_event_guard before update or delete on marketing_consent_event
  for each row execute function marketing_consent_event_guard();
create function marketing_consent_event_keep() returns trigger language plpgsql as $$
begin
  raise exception 'the consent log is never emptied';
end $$;
create trigger marketing_consent_event_keep before truncate on marketing_consent_event execute function marketing_consent_event_keep();
