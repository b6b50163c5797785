-- Cooked again, and what was cooked for nothing.

lock table boards in access exclusive mode;

alter table order_lines
    add column refire_of uuid                        -- the line that this one replaces: nobody pays twice
  , add column refire_reason text
  , add column wasted integer not null default 0     -- of the voided units, those that were made already
  , add foreign key (location_id, refire_of) references order_lines (location_id, line_id)
  , add constraint order_lines_refires_have_a_reason check ((refire_of is null) = (refire_reason is null))
  , add constraint order_lines_refires_are_free check (refire_of is null or unit_price_minor = 0)
  , add constraint order_lines_waste_what_is_void check (wasted between 0 and voided);

insert into program_rights values ('order_lines', 'update (wasted)');
