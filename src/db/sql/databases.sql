-- The databases that allow connections, but those whose drop was cut short and
-- those that a restore is filling.
SELECT d.datname
FROM pg_catalog.pg_database AS d
WHERE d.datallowconn
  AND d.datconnlimit <> -2
  AND pg_catalog.shobj_description(d.oid, 'pg_database') IS DISTINCT FROM
      'pgcask is restoring into this database; it is incomplete'
ORDER BY d.datname <> 'template1', d.datname
