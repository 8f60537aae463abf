-- What stands in the fields of each tab. One row a tab; it goes when nobody has changed it for a month.
create table drafts (
  id         blob    not null check (length(id) = 16),
  workspace  blob    not null references workspaces (id),
  user       blob    not null references users (id),
  revision   integer not null,           -- grows with every change
  title      text    not null,           -- its first words
  about      text    not null,           -- what else is in it
  updated_at integer not null,           -- microseconds since 1970, UTC
  deleted_at integer,                    -- it can be brought back for a while
  -- Last, because they are large: what stands behind them is only read by way of them.
  words      text    not null,           -- its texts in lower case, to be searched
  content    text    not null,           -- JSON of the page's own
  primary key (workspace, user, id)
) strict;

create index drafts_by_time on drafts (workspace, user, updated_at desc) where deleted_at is null;
-- Looked through every few seconds.
create index drafts_by_age on drafts (updated_at);
create index drafts_to_purge on drafts (deleted_at) where deleted_at is not null;
