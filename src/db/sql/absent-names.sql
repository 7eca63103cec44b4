-- Places, from 0, of those quoted names in the array $1 that no relation has.
SELECT x.place - 1
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS x(name, place)
WHERE pg_catalog.to_regclass(x.name) IS NULL
ORDER BY x.place
