-- Another choice or another word after the Send: what a station saw before stands struck on its card until it has read
-- what is wanted now.
lock table boards in access exclusive mode;

alter table order_lines add column changed integer not null default 0; -- how often: a change of what is no more is refused
alter table ticket_lines
    add column changed_from jsonb                    -- {note, modifiers, by, at} that this station has read last
  , add column cooked boolean not null default false; -- it was ready once, before somebody wanted it otherwise

-- Insert only.
create table line_changes (
    location_id uuid not null references locations
  , line_id uuid not null
  , change_no integer not null
  , before jsonb not null                          -- {note, modifiers, unit_price_minor}
  , after jsonb not null
  , at timestamptz not null
  , staff_id uuid
  , device_id uuid not null
  , primary key (location_id, line_id, change_no)
  , foreign key (location_id, line_id) references order_lines (location_id, line_id)
  , foreign key (location_id, staff_id) references staff
);

insert into program_rights values ('order_lines', 'update (note, modifiers, unit_price_minor, changed)');

-- What a dish costs was agreed with the Send and stays: a price moves by the price of its choices alone, with a change that
-- is counted and written down.
create function prices_follow_choices() returns trigger language plpgsql as $$
declare
    dish_before bigint = old.unit_price_minor - (select coalesce(sum((m ->> 'price_minor')::bigint), 0) from jsonb_array_elements(old.modifiers) m);
    dish_after bigint = new.unit_price_minor - (select coalesce(sum((m ->> 'price_minor')::bigint), 0) from jsonb_array_elements(new.modifiers) m);
begin
    -- A refire costs nothing, whatever is chosen.
    if (new.unit_price_minor, new.modifiers) is distinct from (old.unit_price_minor, old.modifiers) and (
        new.changed <> old.changed + 1
        or case when old.refire_of is null then dish_before <> dish_after else new.unit_price_minor <> 0 end)
    then
        raise insufficient_privilege using message = 'a price moves with its choices alone';
    end if;
    return new;
end $$;
create trigger order_lines_prices_follow_choices before update of unit_price_minor, modifiers on order_lines
    for each row execute function prices_follow_choices();
