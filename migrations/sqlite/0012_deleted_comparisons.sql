-- A deleted comparison can be brought back for a while; then it goes for good.
alter table comparisons add column deleted_at integer;
create index comparisons_deleted on comparisons (deleted_at) where deleted_at is not null;
