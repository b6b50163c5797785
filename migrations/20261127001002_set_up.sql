-- Codes with which the first restaurant of a database is set up; there are some only while there is none. Kept as HMACs, and
-- unlogged: after a crash the program draws another.
create unlogged table setup_codes (
    code_hash bytea primary key check (length(code_hash) = 32)
  , expires_at timestamptz not null
);
