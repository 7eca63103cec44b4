-- How the foreign keys go that are between the relations whose quoted names are
-- in the array $1: the statement, and how to call the key.
WITH gone AS MATERIALIZED (
    SELECT pg_catalog.to_regclass(x.name)::pg_catalog.oid AS oid
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
)
SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I',
           k.conrelid::pg_catalog.regclass, k.conname) AS statement,
       pg_catalog.format('FK CONSTRAINT %s %I',
           k.conrelid::pg_catalog.regclass, k.conname)
FROM pg_catalog.pg_constraint AS k
WHERE k.contype = 'f'
  AND k.conparentid = 0
  AND k.conrelid <> k.confrelid
  AND k.conrelid IN (SELECT g.oid FROM gone AS g)
  AND k.confrelid IN (SELECT g.oid FROM gone AS g)
ORDER BY 1
