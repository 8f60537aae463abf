-- Bytes by their digest (blake3), each once, however often they were sent.
create table blobs (
  digest     blob    primary key check (length(digest) = 32),
  bytes      blob    not null
) strict;

-- Which runs show them: the last one takes them along.
create table run_blobs (
  run    blob not null references runs (id),
  digest blob not null references blobs (digest),
  primary key (run, digest)
) strict, without rowid;
create index run_blobs_by_digest on run_blobs (digest);
