-- Several variants side by side, or over rows of inputs: what is compared stands in columns and rows, what came of it in
-- cells.
create table comparisons (
  id           blob    primary key check (length(id) = 16),
  workspace    blob    not null references workspaces (id),
  user         blob    not null references users (id),
  name         text    not null,
  revision     integer not null,          -- grows with every change of what is compared
  repetitions  integer not null check (repetitions > 0),
  data_name    text,                      -- where the rows are from; a grid has it
  cap_micros   integer,                   -- what it may cost in all
  held         text,                      -- cap, paused: no waiting cell is begun
  round        integer not null,          -- how often cells were put into the backlog
  spent_micros integer not null,          -- what its runs have cost, those of cells that were run again included
  waiting      integer not null,          -- how many cells stand how
  running      integer not null,
  done         integer not null,
  failed       integer not null,
  stopped      integer not null,
  created_at   integer not null,          -- microseconds since 1970, UTC
  updated_at   integer not null
) strict, without rowid;
create index comparisons_by_workspace on comparisons (workspace, updated_at desc);
-- What goes on by itself after a restart.
create index comparisons_unfinished on comparisons (id) where waiting > 0 or running > 0;

create table comparison_columns (
  comparison blob    not null references comparisons (id) on delete cascade,
  id         integer not null,
  place      integer not null,            -- from left to right
  prompt     blob,
  version    integer,
  edited     integer not null,
  digest     blob    not null,            -- of the content
  content    text    not null,            -- canonical JSON
  primary key (comparison, id)
) strict;

create table comparison_rows (
  comparison blob    not null references comparisons (id) on delete cascade,
  row_index  integer not null,
  digest     blob    not null,            -- of the inputs
  inputs     text    not null,            -- JSON
  primary key (comparison, row_index)
) strict;

-- One row's inputs in one column, once. A cell that was never run has no row here.
create table comparison_cells (
  comparison          blob    not null references comparisons (id) on delete cascade,
  row_index           integer not null,
  column_id           integer not null,
  repetition          integer not null,
  status              text    not null,   -- waiting, running, done, failed, stopped
  round               integer not null,   -- in which it was put into the backlog: names its submission
  run                 blob,
  content             blob,               -- the digests of what was run
  inputs              blob,
  text                text    not null,   -- the beginning of the answer
  answer              text,               -- the digest of all of it
  input_tokens        integer not null,
  output_tokens       integer not null,
  cached_input_tokens integer not null,
  reasoning_tokens    integer not null,
  ttft_ms             integer,
  total_ms            integer,
  cost_micros         integer,
  error               text,               -- JSON
  changed_at          integer not null,   -- microseconds since 1970, UTC
  primary key (comparison, row_index, column_id, repetition)
) strict, without rowid;
-- What waits, in its order; how many stand how.
create index comparison_cells_by_status on comparison_cells (comparison, status, row_index, repetition, column_id);
-- A deleted run takes its words out of its cell.
create index comparison_cells_by_run on comparison_cells (run) where run is not null;
