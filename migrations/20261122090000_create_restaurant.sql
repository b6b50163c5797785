-- The restaurant before the first order: who it is, what it sells, where it sells it, who works there.
-- Every key leads with location_id: a reference across two restaurants cannot be stored.

create table locations (
    location_id uuid primary key
  , name text not null check (length(name) between 1 and 80)
  , time_zone text not null                        -- IANA name; an unknown one fails at the first board
  , currency char(3) not null check (currency ~ '^[A-Z]{3}$')
  , cut_off_hour smallint not null default 4 check (cut_off_hour between 0 and 12)
  , warn_after_s integer not null default 300 check (warn_after_s > 0)
  , late_after_s integer not null default 600
  , is_demo boolean not null default false
  , created_at timestamptz not null default now()
  , constraint locations_late_comes_after_warn check (late_after_s > warn_after_s)
);

-- The turn: one row a location. Every command that changes what a screen shows begins by updating it.
create table boards (
    location_id uuid primary key references locations
  , seq bigint not null default 0
  , menu_version bigint not null default 1
  , people_version bigint not null default 1
  , business_day date not null
  , checks_today integer not null default 0
  , incarnation uuid not null
) with (fillfactor = 10);

create table staff (
    location_id uuid not null references locations
  , staff_id uuid not null
  , name text not null check (length(name) between 1 and 60)
  , role text not null check (role in ('waiter', 'cook', 'expo', 'manager', 'owner'))
  , pin_hash text not null
  , demo_pin text                                  -- set in demo data only; a PIN of one's own clears it
  , left_at timestamptz
  , primary key (location_id, staff_id)
);
create unique index staff_one_name on staff (location_id, lower(name)) where left_at is null;

create table sessions (
    session_id text primary key
  , location_id uuid references locations
  , staff_id uuid
  , data bytea not null
  , expires_at timestamptz not null
  , foreign key (location_id, staff_id) references staff
);
create index sessions_by_expiry on sessions (expires_at);
create index sessions_by_staff on sessions (location_id, staff_id);

-- Browsers on which somebody has signed in. A device id is easily drawn anew, so only these are believed to be
-- different ones: all others are one stranger.
create table devices (
    location_id uuid not null references locations
  , device_id uuid not null
  , first_signed_in_at timestamptz not null
  , primary key (location_id, device_id)
);

-- Wrong PINs, by device and by person on that device: nobody can lock a manager out elsewhere.
create table sign_in_failures (
    location_id uuid not null references locations
  , device_id uuid not null                        -- all zeroes: any device that nobody has signed in on
  , staff_id uuid not null                         -- all zeroes: the device as a whole
  , failures integer not null check (failures > 0)
  , failed_at timestamptz not null
  , primary key (location_id, device_id, staff_id)
);

create table api_tokens (
    location_id uuid not null references locations
  , token_id uuid not null
  , name text not null check (length(name) between 1 and 60)
  , token_hash bytea not null unique check (length(token_hash) = 32)
  , staff_id uuid not null                         -- whose name its orders carry
  , made_at timestamptz not null
  , revoked_at timestamptz
  , primary key (location_id, token_id)
  , foreign key (location_id, staff_id) references staff
);

create table sections (
    location_id uuid not null references locations
  , section_id uuid not null
  , name text not null check (length(name) between 1 and 40)
  , position integer not null
  , primary key (location_id, section_id)
);

create table tables (
    location_id uuid not null references locations
  , table_id uuid not null
  , section_id uuid not null
  , label text not null check (length(label) between 1 and 12)
  , seats smallint not null check (seats between 1 and 40)
  , position integer not null
  , board_seq bigint not null default 0
  , primary key (location_id, table_id)
  , unique (location_id, label)
  , foreign key (location_id, section_id) references sections
) with (fillfactor = 70);

create table stations (
    location_id uuid not null references locations
  , station_id uuid not null
  , slug text not null check (slug ~ '^[a-z][a-z0-9-]{0,29}$' and slug <> 'expo')
  , name text not null check (length(name) between 1 and 40)
  , position integer not null
  , warn_after_s integer check (warn_after_s > 0)
  , late_after_s integer
  , primary key (location_id, station_id)
  , unique (location_id, slug)
  , constraint stations_late_comes_after_warn check (late_after_s > warn_after_s)
  , constraint stations_have_both_limits_or_none check ((warn_after_s is null) = (late_after_s is null))
);

create table categories (
    location_id uuid not null references locations
  , category_id uuid not null
  , name text not null check (length(name) between 1 and 40)
  , position integer not null
  , primary key (location_id, category_id)
);

create table items (
    location_id uuid not null references locations
  , item_id uuid not null
  , category_id uuid not null
  , name text not null check (length(name) between 1 and 60)
  , kitchen_name text not null check (length(kitchen_name) between 1 and 40)
  , description text not null default ''
  , price_minor bigint not null check (price_minor >= 0)
  , tax_basis_points integer not null check (tax_basis_points between 0 and 10000)
  , allergens text[] not null default '{}'
  , position integer not null
  , eighty_sixed_at timestamptz
  , on_board boolean not null generated always as (eighty_sixed_at is not null) stored
  , board_seq bigint not null default 0
  , primary key (location_id, item_id)
  , foreign key (location_id, category_id) references categories
  , constraint items_name_the_eu_fourteen check (allergens <@ array[
        'celery', 'crustaceans', 'eggs', 'fish', 'gluten', 'lupin', 'milk', 'molluscs', 'mustard', 'nuts', 'peanuts'
      , 'sesame', 'soya', 'sulphites'])
) with (fillfactor = 70);
create index items_on_board on items (location_id) where on_board;

create table modifier_groups (
    location_id uuid not null references locations
  , group_id uuid not null
  , name text not null check (length(name) between 1 and 40)
  , min_choices smallint not null check (min_choices >= 0)
  , max_choices smallint not null check (max_choices between 1 and 20)
  , primary key (location_id, group_id)
  , constraint modifier_groups_min_within_max check (min_choices <= max_choices)
);

create table modifiers (
    location_id uuid not null references locations
  , modifier_id uuid not null
  , group_id uuid not null
  , name text not null check (length(name) between 1 and 40)
  , prefix text check (prefix in ('NO', 'ADD', 'EXTRA', 'SIDE', 'SUB'))
  , price_minor bigint not null default 0
  , position integer not null
  , primary key (location_id, modifier_id)
  , foreign key (location_id, group_id) references modifier_groups
);

create table item_modifier_groups (
    location_id uuid not null references locations
  , item_id uuid not null
  , group_id uuid not null
  , position integer not null
  , primary key (location_id, item_id, group_id)
  , foreign key (location_id, item_id) references items
  , foreign key (location_id, group_id) references modifier_groups
);

-- A route sends an item, or a whole category, to stations. An item's own route beats its category's.
create table routes (
    location_id uuid not null references locations
  , route_id uuid not null
  , item_id uuid
  , category_id uuid
  , mode text not null check (mode in ('any', 'each'))
  , primary key (location_id, route_id)
  , unique (location_id, item_id)
  , unique (location_id, category_id)
  , foreign key (location_id, item_id) references items
  , foreign key (location_id, category_id) references categories
  , constraint routes_start_at_one_thing check (num_nonnulls(item_id, category_id) = 1)
);

create table route_stations (
    location_id uuid not null references locations
  , route_id uuid not null
  , station_id uuid not null
  , primary key (location_id, route_id, station_id)
  , foreign key (location_id, route_id) references routes
  , foreign key (location_id, station_id) references stations
);
