-- Whoever serves a table is told that its food is ready until they say that they know. What comes back and is ready again
-- is news again: the time that was confirmed is older then.

lock table boards in access exclusive mode;

alter table fires
    add column ready_seen_at timestamptz
  , add column ready_seen_by uuid
  , add column ready_seen_on uuid                    -- the device
  , add foreign key (location_id, ready_seen_by) references staff;

insert into program_rights values ('fires', 'update (ready_seen_at, ready_seen_by, ready_seen_on)');
