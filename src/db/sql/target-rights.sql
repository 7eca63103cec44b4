-- What this user may do for a restore: make a database, make schemas in this
-- one, make objects in its schema public, if there is one.
SELECT r.rolcreatedb OR r.rolsuper AS creates_databases,
       pg_catalog.has_database_privilege(
           pg_catalog.current_database(), 'CREATE') AS creates_schemas,
       coalesce((SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE')
                 FROM pg_catalog.pg_namespace AS n
                 WHERE n.nspname = 'public'), true) AS fills_public
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
