-- Tables whose rows a dump carries: ordinary and partitioned ones that no
-- extension owns, and those that an extension marked as configuration (with
-- the condition it gave).  Late are those whose checks, generated columns,
-- domains or partition keys call functions of the database's own.
WITH own (oid) AS (
    SELECT p.oid
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid >= 16384
      AND p.oid NOT IN (
          SELECT m.objid
          FROM pg_catalog.pg_depend AS m
          WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND m.deptype = 'e')),
caller (relid) AS (
    SELECT k.conrelid
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_depend AS f
        ON f.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND f.objid = k.oid
        AND f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND f.refobjid IN (SELECT oid FROM own)
    WHERE k.contype = 'c'
    UNION
    SELECT t.attrelid
    FROM pg_catalog.pg_attribute AS t
    JOIN pg_catalog.pg_constraint AS k ON k.contypid = t.atttypid
    JOIN pg_catalog.pg_depend AS f
        ON f.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        AND f.objid = k.oid
        AND f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND f.refobjid IN (SELECT oid FROM own)
    UNION
    SELECT s.adrelid
    FROM pg_catalog.pg_attrdef AS s
    JOIN pg_catalog.pg_attribute AS t
        ON t.attrelid = s.adrelid AND t.attnum = s.adnum
        AND t.attgenerated <> ''
    JOIN pg_catalog.pg_depend AS f
        ON f.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND f.objid = s.oid
        AND f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND f.refobjid IN (SELECT oid FROM own)
    UNION
    SELECT f.objid
    FROM pg_catalog.pg_depend AS f
    WHERE f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND f.refobjid IN (SELECT oid FROM own))
SELECT c.oid,
       n.nspname,
       c.relname,
       c.relkind,
       CASE WHEN c.relispartition THEN i.inhparent ELSE 0 END AS parent,
       coalesce(a.amname = 'heap', false)
           AND pg_catalog.current_setting('server_version_num')::int >= 140000
           AND e.condition IS NULL AS splittable,
       pg_catalog.has_table_privilege(c.oid, 'SELECT')
           AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable,
       greatest(c.reltuples, 0)::bigint AS estimate,
       e.condition,
       c.relkind = 'r' AND pg_catalog.row_security_active(c.oid) AS hides,
       c.relkind = 'r' AND c.relpersistence = 'u'
           AND pg_catalog.pg_is_in_recovery() AS unreachable,
       c.oid IN (SELECT relid FROM caller)
           OR coalesce(i.inhparent IN (SELECT relid FROM caller), false)
           AS late
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
LEFT JOIN pg_catalog.pg_inherits AS i
    ON c.relispartition AND i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN LATERAL (
    SELECT x.extcondition[k] AS condition
    FROM pg_catalog.pg_extension AS x,
         LATERAL pg_catalog.generate_subscripts(x.extconfig, 1) AS k
    WHERE x.extconfig[k] = c.oid
    LIMIT 1) AS e ON true
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND (d.objid IS NULL OR e.condition IS NOT NULL)
ORDER BY 2, 3
