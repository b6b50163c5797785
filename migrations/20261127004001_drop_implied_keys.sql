-- Rows of the service refer to a restaurant through their other keys, which all carry location_id: an order through its
-- waiter, a ticket through its fire. Their own keys to locations said the same once more, at a look-up and a shared row
-- lock a row: eleven in a Send of three lines. The build before does not miss them.

-- Every command begins with the turn: with it in hand, none is half-way while its tables change.
lock table boards in access exclusive mode;

alter table checks drop constraint checks_location_id_fkey;              -- opened_by
alter table orders drop constraint orders_location_id_fkey;              -- staff_id
alter table fires drop constraint fires_location_id_fkey;                -- check_id
alter table order_lines drop constraint order_lines_location_id_fkey;    -- order_id
alter table tickets drop constraint tickets_location_id_fkey;            -- fire_id
alter table ticket_lines drop constraint ticket_lines_location_id_fkey;  -- ticket_id
alter table tenders drop constraint tenders_location_id_fkey;            -- check_id
