-- How the rows of the extensions' tables whose quoted names are in the array $1
-- go that a dump carries: the name's place from 0, the statement; null where
-- this user may not, an extension has no such rows, or those of another table
-- would go or change with them.
SELECT x.place - 1,
       CASE WHEN e.condition IS NOT NULL
                AND pg_catalog.has_table_privilege(c.oid, 'DELETE')
                AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_constraint AS k
                    WHERE k.contype = 'f' AND k.confrelid = c.oid
                      AND k.confdeltype NOT IN ('a', 'r')
                      AND k.conrelid NOT IN (
                          SELECT pg_catalog.to_regclass(o.name)
                          FROM pg_catalog.unnest($1::pg_catalog.text[])
                              AS o(name)))
           THEN pg_catalog.format('DELETE FROM ONLY %s %s',
                    c.oid::pg_catalog.regclass, e.condition)
       END AS statement
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS x(name, place)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(x.name)
LEFT JOIN LATERAL (
    SELECT y.extcondition[k] AS condition
    FROM pg_catalog.pg_extension AS y,
         LATERAL pg_catalog.generate_subscripts(y.extconfig, 1) AS k
    WHERE y.extconfig[k] = c.oid
    LIMIT 1) AS e ON true
ORDER BY x.place
