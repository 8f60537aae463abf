-- What an import has written, so that it can be taken back while nobody has changed it.
create table imports (
  id         blob    primary key check (length(id) = 16),
  workspace  blob    not null references workspaces (id),
  user       blob    not null references users (id),
  created_at integer not null             -- microseconds since 1970, UTC
) strict, without rowid;

create table import_items (
  import blob    not null references imports (id) on delete cascade,
  kind   text    not null,                -- prompt, run, comparison
  item   blob    not null check (length(item) = 16),
  things integer not null,                -- how many were counted for it: a prompt and its new versions
  stamp  text    not null,                -- what it looked like when it was written; another one: it was changed since
  before text,                            -- JSON of what was there before; null where nothing was
  primary key (import, kind, item)
) strict, without rowid;

-- Names of one prompt, to be taken back with it.
create index prompt_names_by_prompt on prompt_names (prompt);
