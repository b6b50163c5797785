-- What is left of a dish: a portion is taken at the Send, and the last one is sold once.

lock table boards in access exclusive mode;

alter table items add column remaining integer; -- null: nobody counts
alter table items add constraint items_remaining_is_never_oversold check (remaining between 0 and 999);

-- On the tablets' board: what is off the menu, and what is counted.
drop index items_on_board;
alter table items drop column on_board;
alter table items add column on_board boolean not null
    generated always as (eighty_sixed_at is not null or remaining is not null) stored;
create index items_on_board on items (location_id) where on_board;
