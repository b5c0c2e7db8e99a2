-- An order of the outbox in which nothing comes late. Ids are given before a commit and may come out of turn; but once no transaction with a
-- smaller number is under way, all events of smaller numbers that there will ever be are there. The numbers are this database cluster's own.

ALTER TABLE "outbox_event" ADD COLUMN "committed_by" BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint;

create index outbox_event_store_credit on outbox_event (committed_by, id) where type = 'store_credit_transaction.created';

insert into setting (name, value) select 'outbox_cluster', to_jsonb(system_identifier::text) from pg_control_system();
