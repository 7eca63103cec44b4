-- The names of the databases that have the comment $1.
SELECT d.datname
FROM pg_catalog.pg_database AS d
WHERE pg_catalog.shobj_description(d.oid, 'pg_database') = $1
ORDER BY 1
