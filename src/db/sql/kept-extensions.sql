-- Extensions that are installed: name, version, schema.
SELECT e.extname, e.extversion, n.nspname
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
ORDER BY 1
