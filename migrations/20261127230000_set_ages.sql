-- How old a ticket may get: for a dish, a course, an order type, a station or the house, each as it was from a moment on.
lock table boards in access exclusive mode;

create table age_limits (
    location_id uuid not null references locations
  , limit_no bigint generated always as identity
  , item_id uuid
  , course smallint check (course between 1 and 9)
  , order_type text check (order_type in ('dine_in', 'takeaway', 'delivery', 'bar_tab'))
  , station_id uuid                                -- none of the four: the house
  , warn_after_s integer check (warn_after_s > 0)  -- null: from now on no limits of its own
  , late_after_s integer
  , since timestamptz not null
  , staff_id uuid                                  -- null: it was so from the start
  , device_id uuid
  , primary key (location_id, limit_no)
  , foreign key (location_id, item_id) references items
  , foreign key (location_id, station_id) references stations
  , foreign key (location_id, staff_id) references staff
  , constraint age_limits_are_of_one_thing check (num_nonnulls(item_id, course, order_type, station_id) <= 1)
  , constraint age_limits_late_comes_after_warn check (late_after_s > warn_after_s)
  , constraint age_limits_are_both_or_none check ((warn_after_s is null) = (late_after_s is null))
);

insert into age_limits (location_id, warn_after_s, late_after_s, since)
select location_id, warn_after_s, late_after_s, created_at from locations;

insert into age_limits (location_id, station_id, warn_after_s, late_after_s, since)
select s.location_id, s.station_id, s.warn_after_s, s.late_after_s, l.created_at
from stations s join locations l using (location_id)
where s.warn_after_s is not null;

-- Decided at the fire and kept: no later rule moves a ticket that stands.
alter table tickets
    add column warn_after_s integer not null default 300 check (warn_after_s > 0)
  , add column late_after_s integer not null default 600
  , add column late_at timestamptz                   -- when it is late; null: held
  , add column late_told_at timestamptz              -- the floor was told that it is
  , add column late_seen_at timestamptz              -- a manager said that they know
  , add column late_seen_by uuid
  , add column late_seen_on uuid                     -- the device
  , add foreign key (location_id, late_seen_by) references staff
  , add constraint tickets_late_comes_after_warn check (late_after_s > warn_after_s);

update tickets t
set warn_after_s = coalesce(s.warn_after_s, l.warn_after_s), late_after_s = coalesce(s.late_after_s, l.late_after_s)
  , late_at = f.fired_at + make_interval(secs => coalesce(s.late_after_s, l.late_after_s))
from locations l, fires f, tickets same left join stations s using (location_id, station_id)
where l.location_id = t.location_id and f.location_id = t.location_id and f.fire_id = t.fire_id
    and same.location_id = t.location_id and same.ticket_id = t.ticket_id
    -- What is over keeps the defaults: nobody asks how old it might have got.
    and (t.on_board or t.bumped_at > now() - interval '1 day');

create index tickets_late on tickets (late_at) where state = 'open' and late_told_at is null;

-- The columns of locations and stations that said so before stay for now: the build before this one reads them, and may
-- run beside it. A later release drops them.

-- What the pass handed over today, for its pace.
create index fires_by_hand_over on fires (location_id, handed_over_at) where handed_over_at is not null;
