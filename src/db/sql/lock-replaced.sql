-- The statement that keeps everybody from the tables among the relations whose
-- quoted names are in the array $1; NULL if none of them is there.
SELECT 'LOCK TABLE ' || pg_catalog.string_agg(
           'ONLY ' || c.oid::pg_catalog.regclass::pg_catalog.text, ', '
           ORDER BY c.oid) || ' IN ACCESS EXCLUSIVE MODE'
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
JOIN pg_catalog.pg_class AS c
    ON c.oid = pg_catalog.to_regclass(x.name)::pg_catalog.oid
WHERE c.relkind IN ('r', 'p')
