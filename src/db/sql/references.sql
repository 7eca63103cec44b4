-- Foreign keys between the tables whose quoted names are in the array $1: the
-- places, from 0, of the one that refers and of the one that it refers to, and
-- whether the check may wait for the transaction's end.
WITH named(oid, place) AS (
    SELECT pg_catalog.to_regclass(x.name)::pg_catalog.oid, x.place - 1
    FROM pg_catalog.unnest($1::pg_catalog.text[])
         WITH ORDINALITY AS x(name, place)
)
SELECT f.place, t.place, pg_catalog.bool_and(k.condeferrable) AS deferrable
FROM named AS f
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = f.oid AND k.contype = 'f'
JOIN named AS t ON t.oid = k.confrelid
GROUP BY 1, 2
ORDER BY 1, 2
