-- Something with a name and a history. What a version holds stands apart, once for each digest.
create table prompts (
  id          blob    primary key check (length(id) = 16),
  workspace   blob    not null references workspaces (id),
  user        blob    not null references users (id),
  name        text    not null,
  description text    not null,
  tags        text    not null,           -- JSON list
  favourite   integer not null,
  head        integer not null,           -- the number of the newest version
  model       text    not null,           -- of that version
  snippet     text    not null,           -- the beginning of what it asks
  created_at  integer not null,           -- microseconds since 1970, UTC
  updated_at  integer not null,
  archived_at integer                     -- put away; it can be brought back
) strict, without rowid;
create index prompts_by_workspace on prompts (workspace);

create table versions (
  id         blob    primary key check (length(id) = 16),
  prompt     blob    not null references prompts (id),
  number     integer not null check (number > 0),
  digest     blob    not null check (length(digest) = 32),
  parent     integer,                     -- the version that it was made from
  merged     integer,                     -- another one that it took in
  note       text    not null,
  author     text    not null,
  model      text    not null,
  created_at integer not null
) strict, without rowid;
create unique index versions_by_number on versions (prompt, number);

-- Canonical JSON by its digest (blake3); rights are by workspace.
create table version_contents (
  workspace blob not null references workspaces (id),
  digest    blob not null check (length(digest) = 32),
  content   text not null,
  primary key (workspace, digest)
) strict;

-- What a prompt is found by: the texts of its newest version, cut to a bound.
create table prompt_texts (
  prompt blob primary key references prompts (id),
  text   text not null
) strict;

-- Names that move.
create table labels (
  prompt   blob    not null references prompts (id),
  name     text    not null,
  number   integer not null,
  moved_at integer not null,
  primary key (prompt, name)
) strict, without rowid;

-- Ids under which other systems know a prompt, such as OpenAI's pmpt_….
create table prompt_names (
  workspace blob    not null references workspaces (id),
  name      text    not null,
  version   text    not null,             -- what that system calls the version; empty: whichever is newest
  prompt    blob    not null references prompts (id),
  number    integer not null,
  primary key (workspace, name, version)
) strict, without rowid;

-- The version that a run is of, and the comparison that it belongs to.
alter table runs add column prompt_id blob;
alter table runs add column version integer;
alter table runs add column comparison blob;
create index runs_by_prompt on runs (prompt_id, version, deleted_at, cost_micros) where prompt_id is not null;
create index runs_by_comparison on runs (comparison) where comparison is not null;
