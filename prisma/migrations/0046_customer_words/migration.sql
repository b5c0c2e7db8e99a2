-- The words of a customer as a search finds them: what stands between ASCII's blanks and punctuation in her name, and in her address between
-- its digits too, which tell addresses apart and not people. An index on them answers for whole words; customer_word, which holds each word
-- once, for parts of words, beginnings and typing errors.
create function customer_words(first_name text, last_name text, email text) returns text[] language sql immutable parallel safe as $$
  select array_remove(string_to_array(
    translate(lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), E'\t\n\r!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', '                                   ')
    || ' ' || translate(lower(coalesce(email, '')), E'\t\n\r!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~0123456789', '                                             '), ' '), '')
$$;

-- CreateTable
CREATE TABLE "customer_word" (
    "id" BIGSERIAL NOT NULL,
    "word" TEXT NOT NULL,

    CONSTRAINT "customer_word_pkey" PRIMARY KEY ("id")
);

insert into customer_word (word)
select distinct word from customer c cross join lateral unnest(customer_words(c.first_name, c.last_name, c.email)) word;

-- CreateIndex
CREATE INDEX "customer_word_word_idx" ON "customer_word"("word");

-- CreateIndex, with what Prisma cannot say: what waits for its place in an index is looked through by every search, so words go there at once.
CREATE INDEX "customer_word_trigrams" ON "customer_word" USING GIN ("word" gin_trgm_ops) with (fastupdate = off);

-- Not fastupdate for the same reason, and because whether anybody has a word is asked of it when one goes.
create index customer_words on customer using gin (customer_words(first_name, last_name, email)) with (fastupdate = off);

-- Names are found by their words.
drop index customer_words_idx;

-- CreateIndex, with what Prisma cannot say: forty trigrams of a customer are cheaper by the hundred, and so many are soon looked through.
CREATE INDEX "customer_email_phone_idx" ON "customer" USING GIN ("email" gin_trgm_ops, "phone" gin_trgm_ops) with (gin_pending_list_limit = 512);

alter index customer_tags_idx set (fastupdate = off);
select gin_clean_pending_list('customer_tags_idx');

-- Words that are somebody's now. Nobody waits for anybody: a word that another transaction is just adding is added again, and one that it is
-- just taking away too. The lock keeps what is there until this transaction, which counts on it, has ended. One plan for any words, since
-- planning takes ten times as long as looking, and one by the index, since it may be made while the table is small.
create function customer_words_keep(words text[]) returns void language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  held text[];
begin
  select array_agg(h.word) into held from (select w.word from customer_word w where w.word = any(words) for key share skip locked) h;
  insert into customer_word (word) select u.word from unnest(words) u(word) except select h.word from unnest(held) h(word);
end $$;

-- Takes away those of the words that nobody has any more. Words of many are seen among the newest customers; the index would count all of
-- theirs to say that there is one. A word that another transaction counts on is somebody's, and stays. Looks twice, since the one that
-- counted on it may have ended before it was locked.
create function customer_words_forget(words text[]) returns integer language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  common text[];
  gone text;
  locked bigint[];
  count integer := 0;
begin
  if words = '{}' then
    return 0;
  end if;
  common := array(
    select w from (select first_name, last_name, email from customer order by id desc limit 200) c
    cross join lateral unnest(customer_words(c.first_name, c.last_name, c.email)) w where w = any(words));
  foreach gone in array words loop
    continue when gone = any(common)
      or exists (select 1 from customer c where customer_words(c.first_name, c.last_name, c.email) @> array[gone]);
    select array_agg(l.id) into locked from (select w.id from customer_word w where w.word = gone for update skip locked) l;
    continue when locked is null or exists (select 1 from customer c where customer_words(c.first_name, c.last_name, c.email) @> array[gone]);
    delete from customer_word w where w.id = any(locked);
    count := count + 1;
  end loop;
  return count;
end $$;

create function customer_words_added() returns trigger language plpgsql as $$
begin
  perform customer_words_keep(array(
    select distinct w from written c cross join lateral unnest(customer_words(c.first_name, c.last_name, c.email)) w));
  return null;
end $$;

create function customer_words_changed() returns trigger language plpgsql as $$
declare
  before text[] := customer_words(old.first_name, old.last_name, old.email);
  after text[] := case when tg_op = 'UPDATE' then customer_words(new.first_name, new.last_name, new.email) else '{}' end;
begin
  perform customer_words_keep(array(select w from unnest(after) w where w <> all(before)));
  perform customer_words_forget(array(select distinct w from unnest(before) w where w <> all(after)));
  return null;
end $$;

create trigger customer_words_added after insert on customer referencing new table as written
  for each statement execute function customer_words_added();
create trigger customer_words_changed after update on customer
  for each row when ((old.first_name, old.last_name, old.email) is distinct from (new.first_name, new.last_name, new.email))
  execute function customer_words_changed();
create trigger customer_words_removed after delete on customer
  for each row execute function customer_words_changed();
