-- What stands in the users' schemas and can't be relied on, a row each: indexes
-- that are not valid ("i", schema, index, no constraint), and constraints that
-- nobody has validated though they are enforced ("c", schema, table,
-- constraint); of those that a child has from its parent, the parent's.
SELECT 'i' AS kind, n.nspname AS schema, c.relname AS name, '' AS constraint
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready)
  AND c.relkind = 'i'
  AND n.nspname !~ '^pg_'
UNION ALL
SELECT 'c', n.nspname, c.relname, k.conname
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT k.convalidated
  AND k.coninhcount = 0
  AND pg_catalog.to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false'
  AND n.nspname !~ '^pg_'
ORDER BY 1, 2, 3, 4
