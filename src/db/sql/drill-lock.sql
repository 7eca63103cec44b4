-- Lock the name $1 of a drill's database against other drills, as long as the
-- session lasts; false if one has it.  The first key says what kind of lock it
-- is.
SELECT pg_catalog.pg_try_advisory_lock(1885823851, pg_catalog.hashtext($1))
