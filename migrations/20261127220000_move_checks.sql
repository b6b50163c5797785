-- A party sits down elsewhere: its check goes along, and every card of it says the new table.

insert into program_rights values ('checks', 'update (table_id, party)');
