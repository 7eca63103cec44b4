-- Tables and sequences that this user may not fill: kind, schema, name.  Those
-- of extensions that a superuser's hand made for him are among them.
SELECT c.relkind, n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'S')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND NOT (CASE c.relkind
               WHEN 'r' THEN pg_catalog.has_table_privilege(c.oid, 'INSERT')
               ELSE pg_catalog.has_sequence_privilege(c.oid, 'UPDATE')
           END
           AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
ORDER BY 1, 2, 3
