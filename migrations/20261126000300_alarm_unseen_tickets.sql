-- A live ticket that no screen has shown in time alarms the floor, once. The build before knows nothing of it and
-- leaves the column alone: its tickets are alarmed by whichever newer process runs beside it.
alter table tickets add column alarmed_at timestamptz;

-- What may be due: a handful of rows of all locations together, for a ticket leaves with its first receipt, about a
-- second after its Send. Stamps are in no index, so that stamping stays a HOT update.
create index tickets_unseen on tickets (location_id) where state = 'open' and shown_at is null and alarmed_at is null;
