-- Keys that links are signed with, sealed under the key file of the data directory.
create table signing_keys (
  id         integer primary key,
  sealed     blob    not null,
  created_at integer not null,            -- microseconds since 1970, UTC
  retired_at integer                      -- a newer one signs; this one only checks, as long as a link under it lives
) strict;

-- Links. The link itself is not kept: it is signed anew, and the same comes out.
create table shares (
  id              blob    primary key check (length(id) = 16),
  workspace       blob    not null references workspaces (id),
  user            blob    not null references users (id),
  resource        text    not null,       -- run_…, ver_…, cmp_…
  title           text    not null,
  scope           text    not null,       -- view, fork, run
  token_key       integer not null,       -- the key that signs it; may be gone once it has ended
  created_at      integer not null,
  expires_at      integer not null,       -- whole seconds, as under the signature
  revoked_at      integer,
  passphrase      blob,                   -- salt and argon2id hash
  views_max       integer,
  views           integer not null default 0,
  viewed_at       integer,
  budget_micros   integer,
  spent_micros    integer not null default 0,
  reserved_micros integer not null default 0  -- of runs that are going on
) strict, without rowid;
create index shares_by_user on shares (workspace, user, id desc);
create index shares_by_key on shares (token_key, expires_at);

-- Who opened a link: the newest, by kind of program. No address is kept.
create table share_views (
  id    integer primary key,
  share blob    not null references shares (id),
  at    integer not null,
  what  text    not null,                 -- page, events, export, run, fork
  agent text    not null                  -- the family of the browser or program, such as Firefox
) strict;
create index share_views_by_share on share_views (share, id desc);

-- Runs that were started through a link. A row is there before its run is.
create table share_runs (
  id              blob    primary key check (length(id) = 16),
  share           blob    not null references shares (id),
  request_id      text    not null,       -- of the run: finds it where the server died before it noted the run
  run             blob,
  reserved_micros integer not null,
  cost_micros     integer,                -- settled; null while it is going on
  created_at      integer not null
) strict, without rowid;
create index share_runs_by_share on share_runs (share);
create index share_runs_open on share_runs (created_at) where cost_micros is null;
