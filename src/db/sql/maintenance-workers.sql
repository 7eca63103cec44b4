-- Let the session's index builds have up to $1 parallel workers, but no more
-- than the server grants by itself.
SELECT pg_catalog.set_config('max_parallel_maintenance_workers',
           least($1::int, reset_val::int)::text, false)
FROM pg_catalog.pg_settings
WHERE name = 'max_parallel_maintenance_workers'
