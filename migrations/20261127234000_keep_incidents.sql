-- A screen showed other cards than the server held: both, for whoever asks later how that could be.
lock table boards in access exclusive mode;

create table incidents (
    location_id uuid not null references locations
  , incident_id uuid not null
  , at timestamptz not null
  , view text not null                             -- its name in addresses: station-grill
  , device_id uuid not null
  , who text not null
  , shown_turn bigint not null                     -- what the screen believed to show
  , shown jsonb not null                           -- [[element id, stamp]]
  , held_turn bigint not null                      -- the server's newest frame of that view
  , held jsonb not null
  , primary key (location_id, incident_id)
);
create index incidents_by_time on incidents (location_id, at);

insert into program_rights values ('incidents', 'delete');
