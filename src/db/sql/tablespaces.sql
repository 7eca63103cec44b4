-- The server's tablespaces that the user may make objects in.
SELECT spcname FROM pg_catalog.pg_tablespace
WHERE pg_catalog.has_tablespace_privilege(oid, 'CREATE')
