-- Stations come and go: one that is gone keeps its tickets and its legs of routes, which nobody
-- follows until it comes back.
lock table boards in access exclusive mode;

alter table stations
    add column retired_at timestamptz
  , add column retired_by text                       -- who said so, for its own screen
  , add constraint stations_retired_have_a_name check ((retired_at is null) = (retired_by is null));

insert into program_rights values ('routes', 'delete'), ('route_stations', 'delete');
