-- Those of the tables whose quoted names are in the array $1 that may have rows.
SELECT c.oid::pg_catalog.regclass
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(x.name)
WHERE c.relkind = 'r'
  AND pg_catalog.pg_relation_size(c.oid) > 0
ORDER BY 1
