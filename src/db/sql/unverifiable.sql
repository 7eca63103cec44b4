-- Tables that this user can't read back whole: schema, name.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND (pg_catalog.row_security_active(c.oid)
       OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
       OR NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
ORDER BY 1, 2
