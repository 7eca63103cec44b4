-- The server's clock: seconds since 1970.
SELECT extract(epoch FROM pg_catalog.clock_timestamp())
