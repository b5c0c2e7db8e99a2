-- Mail about store credit: what a movement orders with its own commit, and reminders of credit that is about to run out.

ALTER TABLE "store_credit_credit_request" ADD COLUMN "notify" BOOLEAN;

CREATE TABLE "store_credit_reminder" (
    "lot_id" UUID NOT NULL,
    "days" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "store_credit_reminder_pkey" PRIMARY KEY ("lot_id","days","expires_at")
);

ALTER TABLE "store_credit_reminder" ADD CONSTRAINT "store_credit_reminder_lot_id_fkey" FOREIGN KEY ("lot_id") REFERENCES "store_credit_lot"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

/*
 * Orders the mails of a batch. A movement says itself whether its customer is written to, or the shop's settings do; these leave out what moves
 * between accounts or was owed before, and what a customer has just done herself. An answer that was given before orders nothing again.
 * The order holds ids: what the mail says is looked up when it is sent.
 */
create function store_credit_order_mails(asked jsonb, answers jsonb, moment timestamptz) returns void language plpgsql as $$
declare
  mails constant jsonb := (select value from setting where name = 'store_credit_mail');
begin
  if mails is null and not asked @? '$[*].notify ? (@ == true)' then
    return;
  end if;
  insert into outbox_event (type, topic, customer_id, payload, actor, created_at)
  select 'store_credit_mail.requested', 'store_credit_mail', (a.value#>>'{ok,customerId}')::uuid,
    jsonb_build_object('kind', w.kind, 'customerId', a.value#>>'{ok,customerId}', 'transactionId', a.value#>>'{ok,transactionId}'),
    m.value->>'actor', coalesce(moment, clock_timestamp())
  from jsonb_array_elements(asked) with ordinality m(value, place)
  join jsonb_array_elements(answers) with ordinality a(value, place) using (place)
  cross join lateral (select case
    when m.value->>'kind' = 'CREDIT' and coalesce((m.value->>'notify')::boolean, (mails->>'credited')::boolean
      and m.value->>'event' not in ('MERGE', 'TRANSFER', 'OPENING_BALANCE') and m.value->>'actor' not like 'customer:%') then 'CREDITED'
    when m.value->>'kind' in ('DEBIT', 'CAPTURE') and coalesce((m.value->>'notify')::boolean, (mails->>'debited')::boolean
      and m.value->>'event' not in ('MERGE', 'TRANSFER')) then 'DEBITED'
    when m.value->>'kind' = 'EXPIRATION' and (mails->>'expired')::boolean then 'EXPIRED' end as kind) w
  where w.kind is not null and a.value ? 'ok' and not a.value ? 'replayed'
  order by place;
end $$;

-- As before, and the mails with it: they are ordered if the movements are kept, and not otherwise.
create or replace function store_credit_post_followed(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql as $$
declare
  asked constant jsonb := store_credit_followed(batch);
  answers jsonb;
begin
  answers := store_credit_post(asked, moment);
  if answers @? '$[*].refused' and store_credit_followed(asked) is distinct from asked then
    raise exception 'a profile was merged meanwhile' using errcode = 'serialization_failure';
  end if;
  perform store_credit_order_mails(asked, answers, moment);
  return answers;
end $$;
