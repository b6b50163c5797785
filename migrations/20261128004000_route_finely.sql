-- Finer routes: stations one after the other, a choice with a station of its own, dishes that only the pass has, and
-- dishes that leave without it.

lock table boards in access exclusive mode;

alter table routes
    drop constraint routes_mode_check
  , add constraint routes_mode_check check (mode in ('any', 'each', 'then'))
  , add column pass text not null default 'send' check (pass in ('send', 'only', 'skip'));

alter table route_stations
    add column step smallint not null default 1 check (step between 1 and 30); -- where they go one after the other

alter table modifiers
    add column station_id uuid                       -- who makes this choice, if not who cooks the dish
  , add foreign key (location_id, station_id) references stations;

alter table ticket_lines
    add column step smallint not null default 1 check (1 <= step) -- begins when the stations of the steps before are through
  , add column part text;                            -- the choices that this station makes; null: the dish

alter table fires add column skips_pass boolean not null default false; -- decided at the Send: the floor is called, the pass is not
alter table order_lines add column from_pass boolean not null default false; -- no station makes it: the pass has it

insert into program_rights values
    ('fires', 'update (skips_pass)')
  , ('modifiers', 'update (station_id)')
  , ('order_lines', 'update (from_pass)');
