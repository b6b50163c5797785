-- Words to the kitchen that somebody there must have read: a row for each station, and one for the pass (no station).
lock table boards in access exclusive mode;

create table messages (
    location_id uuid not null references locations
  , message_id uuid not null
  , said_id uuid not null                          -- one for all its rows, made where it was written: said twice is said once
  , station_id uuid
  , words text not null check (length(words) between 1 and 200)
  , said_by text not null                          -- the name on the card
  , staff_id uuid                                  -- null: a paired screen
  , device_id uuid not null
  , said_at timestamptz not null
  , read_at timestamptz
  , read_by text
  , read_on uuid                                   -- the device
  , cleared_at timestamptz                         -- the night took it away, unread
  , on_board boolean not null generated always as (read_at is null and cleared_at is null) stored
  , board_seq bigint not null
  , primary key (location_id, message_id)
  , constraint messages_once_a_station unique nulls not distinct (location_id, said_id, station_id)
  , foreign key (location_id, station_id) references stations
  , foreign key (location_id, staff_id) references staff
  , constraint messages_read_have_a_name check ((read_at is null) = (read_by is null))
);
create index messages_on_board on messages (location_id) where on_board;
create index messages_by_time on messages (location_id, said_at);

insert into program_rights values ('messages', 'update (read_at, read_by, read_on, cleared_at, board_seq)');
