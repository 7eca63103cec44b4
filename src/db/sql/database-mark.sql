-- Whether the database named $1 has the comment $2 or, for want of any, lets
-- nobody in; no row if there is no such database.
SELECT coalesce(
    pg_catalog.shobj_description(d.oid, 'pg_database') = $2,
    d.datconnlimit = 0)
FROM pg_catalog.pg_database AS d
WHERE d.datname = $1
