-- Foreign keys between the tables whose quoted names are in the array $1, and
-- the partitions below these: the places, from 0, of the one that refers and of
-- the one that it refers to, and whether the check may wait for the
-- transaction's end.  A key to a partitioned table is one to all below it.
-- Within the same partitioned table rows may refer to their own partition or to
-- any other: such a key tells no order, and is left out.
WITH named(oid, place) AS (
    SELECT pg_catalog.to_regclass(x.name), x.place - 1
    FROM pg_catalog.unnest($1::pg_catalog.text[])
         WITH ORDINALITY AS x(name, place)
), reached(oid, place) AS (
    SELECT m.oid, m.place
    FROM named AS m
    UNION
    SELECT b.relid, m.place
    FROM named AS m, LATERAL pg_catalog.pg_partition_tree(m.oid) AS b
), referred(oid) AS (
    SELECT DISTINCT k.confrelid
    FROM pg_catalog.pg_constraint AS k
    WHERE k.contype = 'f'
), whole(top, oid) AS (
    SELECT r.oid, r.oid
    FROM referred AS r
    UNION
    SELECT r.oid, b.relid
    FROM referred AS r, LATERAL pg_catalog.pg_partition_tree(r.oid) AS b
)
SELECT f.place, t.place, pg_catalog.bool_and(k.condeferrable) AS deferrable
FROM reached AS f
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = f.oid AND k.contype = 'f'
JOIN whole AS w ON w.top = k.confrelid
JOIN reached AS t ON t.oid = w.oid
WHERE (pg_catalog.pg_partition_root(k.conrelid)
       = pg_catalog.pg_partition_root(k.confrelid)) IS NOT TRUE
GROUP BY 1, 2
ORDER BY 1, 2
