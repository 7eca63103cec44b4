-- Every relation of the users' schemas that has a name to choose it by: its
-- extension, whether that marked its rows for dumps, and of a sequence the
-- table that it belongs to and whether it is an identity column's.
SELECT c.oid,
       n.nspname,
       c.relname,
       c.relkind,
       x.extname,
       coalesce(c.oid = ANY (x.extconfig), false) AS has_settings,
       coalesce(o.refobjid, 0) AS owner,
       coalesce(o.deptype = 'i', false) AS is_identity
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS e
    ON e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension AS x ON x.oid = e.refobjid
LEFT JOIN pg_catalog.pg_depend AS o
    ON c.relkind = 'S'
    AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND o.objid = c.oid AND o.objsubid = 0
    AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm', 'f')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY c.oid
