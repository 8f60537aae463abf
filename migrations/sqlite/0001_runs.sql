-- Tenants and people. Without accounts there is one of each, with the id of sixteen zero bytes.
create table workspaces (
  id         blob    primary key check (length(id) = 16),
  name       text    not null,
  created_at integer not null
) strict, without rowid;

create table users (
  id         blob    primary key check (length(id) = 16),
  name       text    not null,
  created_at integer not null
) strict, without rowid;

insert into workspaces (id, name, created_at) values (zeroblob(16), 'Workspace', 0);
insert into users (id, name, created_at) values (zeroblob(16), 'You', 0);

-- One execution, kept for ever. A row is written when the run has ended; until then the log has it.
-- Ids are UUIDv7: the primary key is the order of creation.
create table runs (
  id                  blob    primary key check (length(id) = 16),
  workspace           blob    not null references workspaces (id),
  user                blob    not null references users (id),
  parent              blob,
  status              text    not null,
  model               text    not null,
  resolved_model      text,
  provider            text,
  endpoint            text,
  request             text,              -- canonical JSON; null once deleted
  request_id          text,
  request_digest      blob,              -- blake3 of the request, where there is a request_id; outlives a deletion
  params              text    not null,  -- in force, the model's defaults included
  finish_reason       text,
  input_tokens        integer not null,
  output_tokens       integer not null,
  cached_input_tokens integer not null,
  reasoning_tokens    integer not null,
  cost_micros         integer,           -- null where the price is not known
  queue_ms            integer,
  ttft_ms             integer,
  total_ms            integer,
  error               text,              -- JSON
  snippet             text    not null,  -- the beginning of the answer
  created_at          integer not null,  -- microseconds since 1970, UTC
  deleted_at          integer            -- the row stays, so that a tail answers 410
) strict, without rowid;

create index runs_by_workspace on runs (workspace, id desc) where deleted_at is null;
-- For a day the same request_id answers with the same run.
create index runs_by_request_id on runs (created_at) where request_id is not null;

create table run_outputs (
  run    blob primary key references runs (id),
  output text not null                   -- JSON: text, reasoning, tool calls, logprobs
) strict, without rowid;

-- The compacted events with their timing: zstd, a line for each.
create table run_tapes (
  run    blob    primary key references runs (id),
  events integer not null,
  tape   blob    not null
) strict, without rowid;
