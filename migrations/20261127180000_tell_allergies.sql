-- What a guest must not eat: told for a seat or for the whole table, printed on everything that the check still waits
-- for, seen by each station and by the pass.

lock table boards in access exclusive mode;

alter table checks
    add column allergies jsonb not null default '[]'  -- as it stands now: [{seat, allergens}]
  , add column allergies_told integer not null default 0; -- counts every telling and every taking back
alter table tickets add column allergies_seen integer not null default 0; -- the telling that the station has seen
alter table fires add column allergies_seen integer not null default 0;   -- the telling that the pass has seen

-- What the dish contained when it was ordered.
alter table order_lines
    add column allergens text[] not null default '{}'
  , add column despite_allergy text[] not null default '{}'; -- what the guest was asked about: the kitchen leaves it out
update order_lines l set allergens = i.allergens
from items i, orders o, checks c
where i.location_id = l.location_id and i.item_id = l.item_id
    and o.location_id = l.location_id and o.order_id = l.order_id
    and c.location_id = o.location_id and c.check_id = o.check_id and c.state in ('open', 'printed');

-- A Send whose plate is against what its guest must not eat is refused, unless somebody said that it is known.
alter table orders
    add column unasked boolean not null default false
  , add constraint orders_ask_about_allergies check (not unasked);

-- Another station's tick made it ready here: this one never touched it.
alter table ticket_lines add column relieved boolean not null default false;

-- Who told what, who took it back, who saw it: the chain of names. Insert only.
create table allergy_steps (
    location_id uuid not null references locations
  , check_id uuid not null
  , step_no bigint generated always as identity
  , verb text not null check (verb in ('told', 'taken_back', 'seen'))
  , told integer not null                          -- the check's telling that this was, or that was seen
  , seat smallint check (seat between 1 and 99)    -- told and taken back: whose; null: the whole table's
  , allergens text[] not null                      -- told and taken back: which; seen: none
  , fire_id uuid                                   -- seen: of which fire
  , ticket_id uuid                                 -- seen at a station: which ticket; null: at the pass
  , at timestamptz not null
  , staff_id uuid                                  -- null: a paired screen
  , device_id uuid not null
  , primary key (location_id, check_id, step_no)
  , foreign key (location_id, check_id) references checks
  , foreign key (location_id, staff_id) references staff
  , foreign key (location_id, ticket_id, fire_id) references tickets (location_id, ticket_id, fire_id)
  , constraint allergy_steps_name_the_eu_fourteen check (allergens <@ array[
        'celery', 'crustaceans', 'eggs', 'fish', 'gluten', 'lupin', 'milk', 'molluscs', 'mustard', 'nuts', 'peanuts'
      , 'sesame', 'soya', 'sulphites'])
  , constraint allergy_steps_seen_name_a_fire check ((verb = 'seen') = (fire_id is not null))
);

insert into program_rights values
    ('checks', 'update (allergies, allergies_told)')
  , ('fires', 'update (allergies_seen)');
