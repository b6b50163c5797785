-- A check that is closed while its food is still being made: paid at the counter, fetched later. Its tile stays until the
-- guests have everything, so that whoever serves them is called all the same.
lock table boards in access exclusive mode;

alter table checks add column awaited boolean not null default false; -- closed, and something is still to be handed over

-- `on_board` stays what it was: the build before this one may run beside it, and reads no closed check.
create index checks_awaited on checks (location_id) where awaited;

update checks c set awaited = true
where c.state = 'closed' and exists (
    select from fires f where f.location_id = c.location_id and f.check_id = c.check_id and f.on_board);

insert into program_rights values ('checks', 'update (awaited)');
