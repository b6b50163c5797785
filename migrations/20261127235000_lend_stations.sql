-- A station's cards on another station's screen: its own is broken, or its cook has gone home.
lock table boards in access exclusive mode;

alter table stations
    add column shown_at uuid                         -- the other station; null: on its own screen
  , add column shown_since timestamptz
  , add column shown_by text                         -- who said so
  , add column board_seq bigint not null default 0
  , add foreign key (location_id, shown_at) references stations
  , add constraint stations_shown_elsewhere check (shown_at <> station_id)
  , add constraint stations_shown_since_then check (num_nonnulls(shown_at, shown_since, shown_by) in (0, 3));

create index stations_shown_at on stations (location_id, shown_at) where shown_at is not null;

-- The stations whose cards that station's screen shows: itself, and those that are shown there.
create function stations_at(here uuid, at_station uuid) returns uuid[]
    language sql stable parallel safe as $$
    select array(
        select station_id from stations where location_id = here and (station_id = at_station or shown_at = at_station))
$$;
