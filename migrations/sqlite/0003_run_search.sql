-- What a list shows of what was asked: the beginning of the last message of the user.
alter table runs add column prompt text not null default '';

update runs set prompt = coalesce((
  select substr(case json_type(message.value, '$.content')
    when 'text' then json_extract(message.value, '$.content')
    else (select group_concat(json_extract(part.value, '$.text'), ' ') from json_each(message.value, '$.content') part)
  end, 1, 160)
  from json_each(runs.request, '$.messages') message
  where json_extract(message.value, '$.role') = 'user'
  order by message.key desc limit 1
), '')
where request is not null;

-- What a run can be found by: the texts of request and answer, the error, the id, each cut to a bound.
-- Kept beside the index because taking words out of it needs the words; goes with the run's content.
create table run_texts (
  id   integer primary key,
  run  blob    not null unique references runs (id),
  text text    not null
) strict;

create virtual table run_search using fts5(text, content = 'run_texts', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0');
-- A word that was taken out is gone from the file's pages, not only marked.
insert into run_search (run_search, rank) values ('secure-delete', 1);

create trigger run_texts_in after insert on run_texts begin
  insert into run_search (rowid, text) values (new.id, new.text);
end;
create trigger run_texts_out after delete on run_texts begin
  insert into run_search (run_search, rowid, text) values ('delete', old.id, old.text);
end;

-- The runs that are there already.
insert into run_texts (run, text)
select r.id, 'run_' || lower(hex(r.id))
  || coalesce(' ' || (
    select substr(group_concat(node.atom, ' '), 1, 131072) from json_tree(r.request) node
    where node.type = 'text' and (node.path = '$.inputs' or node.path like '$.messages%' and node.key in ('content', 'text'))
  ), '')
  || coalesce(' ' || (
    select substr(group_concat(node.atom, ' '), 1, 131072) from json_tree(o.output) node
    where node.type = 'text' and node.key in ('text', 'reasoning', 'name', 'arguments')
  ), '')
  || coalesce(' ' || json_extract(r.error, '$.message'), '')
from runs r left join run_outputs o on o.run = r.id
where r.request is not null and r.deleted_at is null
order by r.id;

create index runs_by_parent on runs (parent) where parent is not null;
-- Deleted, with the content still there: until the time to undo it is over.
create index runs_to_purge on runs (deleted_at) where deleted_at is not null and request is not null;
