-- The server's tablespaces.
SELECT spcname FROM pg_catalog.pg_tablespace
