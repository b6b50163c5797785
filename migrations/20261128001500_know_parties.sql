-- Whose party it is, and whether it is an important one.
lock table boards in access exclusive mode;

alter table checks
    add column vip boolean not null default false
  , add column served_by uuid                        -- null: whoever opened it
  , add foreign key (location_id, served_by) references staff;

insert into program_rights values ('checks', 'update (vip, served_by)');
