-- Providers that were added on the page. Their keys are sealed under the key file of the data directory.
create table providers (
  id         blob    primary key check (length(id) = 16),
  workspace  blob    not null references workspaces (id),
  name       text    not null,
  speaks     text    not null,           -- openai, anthropic, ollama
  base_url   text    not null,
  sealed_key blob,                       -- null where it takes none
  models     text,                       -- JSON list of those that are shown; null: all
  created_at integer not null,           -- microseconds since 1970, UTC
  deleted_at integer                     -- it can be brought back for a while
) strict, without rowid;
