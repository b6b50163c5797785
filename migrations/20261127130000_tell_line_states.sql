-- How far a station is with a line, with who said so, on which device and when.

-- Every command begins with the turn: with it in hand, none is half-way while its tables change.
lock table boards in access exclusive mode;

alter table ticket_lines
    add column started_at timestamptz
  , add column started_by uuid
  , add column started_on uuid                       -- the device
  , add column ready_by uuid
  , add column ready_on uuid
  , add foreign key (location_id, started_by) references staff
  , add foreign key (location_id, ready_by) references staff
  , add constraint ticket_lines_states_have_times check (
        case state when 'started' then started_at is not null when 'ready' then ready_at is not null else true end);
