-- Triggers that a COPY fires although session_replication_role is replica, of
-- the tables whose quoted names are in the array $1 and of the partitions
-- below these: the name's place from 0, the relation and the trigger, both
-- quoted, how it is enabled, and whether this user may disable it.
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
)
SELECT r.place,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
       pg_catalog.quote_ident(t.tgname) AS trigger,
       CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END AS enabled,
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
           AND (u.rolsuper OR NOT t.tgisinternal) AS ours
FROM reached AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid
JOIN pg_catalog.pg_roles AS u ON u.rolname = current_user
-- 4: INSERT
WHERE t.tgenabled IN ('A', 'R') AND t.tgtype & 4 <> 0
ORDER BY 2, 3, 1
