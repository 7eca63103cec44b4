-- Every database, and whether it is one to save: it allows connections, its drop
-- was not cut short, and no restore is filling it.
SELECT d.datname,
       d.datallowconn
           AND d.datconnlimit <> -2
           AND pg_catalog.shobj_description(d.oid, 'pg_database')
               IS DISTINCT FROM
               'pgcask is restoring into this database; it is incomplete'
FROM pg_catalog.pg_database AS d
ORDER BY d.datname <> 'template1', d.datname
