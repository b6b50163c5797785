-- How the pass works is the house's choice: whether it waits for every station (a manager may still say otherwise), and
-- whether a fire is plated before somebody carries it to the guest.

lock table boards in access exclusive mode;

alter table locations
    add column pass_waits boolean not null default true    -- nothing is handed over before its stations are through
  , add column pass_plates boolean not null default false; -- two levels: plated, then handed over

alter table fires
    add column plated_at timestamptz
  , add column plated_by uuid
  , add column plated_on uuid                        -- the device
  , add foreign key (location_id, plated_by) references staff
  , add constraint fires_plated_are_fired check (plated_at is null or fired_at is not null);

insert into program_rights values
    ('fires', 'update (plated_at, plated_by, plated_on)')
  , ('locations', 'update (pass_waits, pass_plates)');
