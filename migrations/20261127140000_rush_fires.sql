-- Somebody is in a hurry: a fire that every station of it is told to make first.

lock table boards in access exclusive mode;

alter table fires
    add column rushed_at timestamptz
  , add column rushed_by uuid
  , add column rushed_on uuid                        -- the device
  , add foreign key (location_id, rushed_by) references staff
  , add constraint fires_rushed_are_fired check (rushed_at is null or fired_at is not null);

insert into program_rights values ('fires', 'update (rushed_at, rushed_by, rushed_on)');
