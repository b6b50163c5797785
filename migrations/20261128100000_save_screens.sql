-- Screens that a manager saves: a name for a query over the kitchen's tickets. Nothing points at one (a receipt and the audit
-- keep its name in words), so one that is taken away is deleted. The build before knows of none and shows none.
lock table boards in access exclusive mode;

create table screens (
    location_id uuid not null references locations
  , screen_id uuid not null
  , slug text not null check (slug ~ '^[a-z][a-z0-9-]{0,29}$' and slug <> 'expo')
  , name text not null check (length(name) between 1 and 40)
  , every_station boolean not null                 -- those that come later, too
  , holds boolean not null                         -- whether courses on hold are shown
  , order_types text[] not null
  , columns smallint not null check (columns between 0 and 8) -- 0: as many as fit
  , primary key (location_id, screen_id)
  , unique (location_id, slug)
  , constraint screens_show_some_order_type check (0 < cardinality(order_types)
        and order_types <@ array['dine_in', 'takeaway', 'delivery', 'bar_tab'])
);

-- Whose tickets a screen shows that does not show every station's.
create table screen_stations (
    location_id uuid not null references locations
  , screen_id uuid not null
  , station_id uuid not null
  , primary key (location_id, screen_id, station_id)
  , foreign key (location_id, screen_id) references screens on delete cascade
  , foreign key (location_id, station_id) references stations
);

insert into program_rights values
    ('screens', 'update (name, every_station, holds, order_types, columns)'), ('screens', 'delete'), ('screen_stations', 'delete');
