-- What must not change under a dump, for every table of tables.sql: where its
-- rows lie (TRUNCATE and rewrites change that), its name and its columns.
SELECT c.oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       pg_catalog.md5(pg_catalog.concat_ws(' ', c.relfilenode,
           (SELECT pg_catalog.string_agg(
                       pg_catalog.concat_ws(' ', a.attnum, a.attname,
                           a.atttypid, a.atttypmod, a.attisdropped),
                       ',' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0)))
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY c.oid
