-- Stations come and go: one that is gone keeps its tickets, and has no screen and no routes any more.
lock table boards in access exclusive mode;

alter table stations add column retired_at timestamptz;

insert into program_rights values ('routes', 'delete'), ('route_stations', 'delete');
