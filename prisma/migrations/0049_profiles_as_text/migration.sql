-- A scan reads every profile beside every other: as lines of text they are half as long as documents, and nothing takes them apart here.
create function duplicate_profile_lines(profile jsonb) returns text language sql immutable as $$
  select concat_ws(e'\n',
    coalesce(profile->>'given', ''),
    coalesce(profile->>'family', ''),
    coalesce(profile->>'birthDate', ''),
    coalesce(translate(profile->>'email', e'\t\n', '  '), ''),
    coalesce((select string_agg(phone, e'\t' order by place) from jsonb_array_elements_text(profile->'phones') with ordinality as p(phone, place)), ''),
    (select string_agg(concat_ws(e'\t', coalesce(p.place->>'number', ''), coalesce(p.place->>'street', ''), coalesce(p.place->>'extra', ''),
      coalesce(p.place->>'city', ''), coalesce(p.place->>'zip', ''), coalesce(p.place->>'zone', '')), e'\n' order by p.nth)
      from jsonb_array_elements(profile->'places') with ordinality as p(place, nth)))
$$;

alter table duplicate_profile alter column profile type text using duplicate_profile_lines(profile);

drop function duplicate_profile_lines(jsonb);
