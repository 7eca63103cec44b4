-- Give the session the database's parameter $1 with the value $2, unless the
-- role or the client said something of it.
SELECT pg_catalog.set_config($1, $2, false)
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_settings AS s
    WHERE pg_catalog.lower(s.name) = pg_catalog.lower($1)
      AND s.source IN ('user', 'database user', 'client'))
