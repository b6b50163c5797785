-- Dumps that have passed their proof, told by whoever made them. Of the database as a whole, so of no location; insert only,
-- as grant_to_program has it. A dump never holds the row that tells of it: its snapshot is older.
create table backups (
    backup_id uuid primary key
  , taken_at timestamptz not null                  -- the moment that the dump shows
  , told_at timestamptz not null default now()
  , host text not null check (length(host) <= 80)
  , file text not null check (length(file) between 1 and 1000)
  , bytes bigint not null check (bytes > 0)
  , proof text not null check (proof in ('restored', 'read'))
  , counts jsonb not null                          -- rows of the main tables in the dump's own snapshot
);
create index backups_by_time on backups (taken_at);
