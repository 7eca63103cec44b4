-- Sequences whose values a dump carries: those that no extension owns, and
-- those that an extension marked as configuration.  A standby has no unlogged
-- ones.
SELECT n.nspname, c.relname,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
           AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'S'
  AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND (NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
       OR EXISTS (
          SELECT FROM pg_catalog.pg_extension AS e
          WHERE c.oid = ANY (e.extconfig)))
ORDER BY 1, 2
