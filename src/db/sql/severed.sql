-- What would lose something unsaid if the relations went whose quoted names are
-- in the array $1: in which way, which of them, and the other one, quoted.  A
-- server takes partitions along with their table, and a table out of whatever
-- it is in.
WITH gone AS MATERIALIZED (
    SELECT c.oid, c.relkind
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
    JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(x.name)
)
SELECT CASE WHEN NOT c.relispartition THEN 'heir'
           WHEN i.inhparent IN (SELECT g.oid FROM gone AS g) THEN 'partition'
           ELSE 'part' END AS way,
       CASE WHEN i.inhparent IN (SELECT g.oid FROM gone AS g)
           THEN i.inhparent ELSE i.inhrelid END::pg_catalog.regclass::text AS one,
       CASE WHEN i.inhparent IN (SELECT g.oid FROM gone AS g)
           THEN i.inhrelid ELSE i.inhparent END::pg_catalog.regclass::text AS other
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
WHERE c.relkind IN ('r', 'p', 'f')
  AND (i.inhparent IN (SELECT g.oid FROM gone AS g))
      <> (i.inhrelid IN (SELECT g.oid FROM gone AS g))
  -- Heirs of what goes stand in its way by themselves.
  AND (c.relispartition OR i.inhrelid IN (SELECT g.oid FROM gone AS g))
UNION ALL
SELECT 'sequence', g.oid::pg_catalog.regclass::text,
       d.refobjid::pg_catalog.regclass::text
FROM gone AS g
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objid = g.oid AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE g.relkind = 'S'
  AND d.refobjid NOT IN (SELECT o.oid FROM gone AS o)
UNION ALL
SELECT 'member', g.oid::pg_catalog.regclass::text,
       pg_catalog.quote_ident(e.extname)
FROM gone AS g
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objid = g.oid AND d.deptype = 'e'
JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
UNION ALL
SELECT CASE WHEN u.subenabled THEN 'enabled' ELSE 'disabled' END,
       g.oid::pg_catalog.regclass::text,
       pg_catalog.quote_ident(s.subname)
FROM gone AS g
JOIN pg_catalog.pg_subscription_rel AS r ON r.srrelid = g.oid
-- Not everybody may read the numbers of pg_subscription.
JOIN (SELECT DISTINCT t.subid, t.subname
      FROM pg_catalog.pg_stat_subscription AS t) AS s ON s.subid = r.srsubid
JOIN pg_catalog.pg_subscription AS u ON u.subname = s.subname
JOIN pg_catalog.pg_database AS d
    ON d.oid = u.subdbid AND d.datname = pg_catalog.current_database()
ORDER BY 1, 2, 3
