-- Materialized views that can be read, be there rows in them or not: schema,
-- name.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'm'
  AND c.relispopulated
  AND n.nspname !~ '^pg_'
ORDER BY 1, 2
