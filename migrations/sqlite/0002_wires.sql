-- What was sent to the provider and the head of its answer, secrets blanked: in parts as they happened, JSON, zstd.
create table run_wires (
  run  blob    not null references runs (id),
  part integer not null,
  wire blob    not null,
  primary key (run, part)
) strict, without rowid;
