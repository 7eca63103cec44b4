-- The server's process of this session, and whether the server is a standby.
SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery()
