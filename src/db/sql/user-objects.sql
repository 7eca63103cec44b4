-- Objects in the current database that a fresh one does not have, a few of
-- them: "kind name".  Extensions, and what belongs to them, do not count: on
-- many services they are made by somebody else beforehand.
SELECT o.kind || ' ' || o.name
FROM (
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view'
               WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
               WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
           'pg_catalog.pg_class'::pg_catalog.regclass AS classid,
           c.oid
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm', 'f', 'c')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'function', pg_catalog.format('%I.%I', n.nspname, p.proname),
           'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'type', pg_catalog.format('%I.%I', n.nspname, t.typname),
           'pg_catalog.pg_type'::pg_catalog.regclass, t.oid
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'd', 'e', 'p', 'r') AND t.typelem = 0
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'schema', pg_catalog.quote_ident(n.nspname),
           'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_'
      AND n.nspname NOT IN ('information_schema', 'public')
    UNION ALL
    SELECT 'large object', l.oid::pg_catalog.text,
           'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid
    FROM pg_catalog.pg_largeobject_metadata AS l
    UNION ALL
    SELECT 'collation', c.collname, c.tableoid, c.oid
    FROM pg_catalog.pg_collation AS c
    UNION ALL
    SELECT 'conversion', c.conname, c.tableoid, c.oid
    FROM pg_catalog.pg_conversion AS c
    UNION ALL
    SELECT 'operator', o.oprname, o.tableoid, o.oid
    FROM pg_catalog.pg_operator AS o
    UNION ALL
    SELECT 'operator family', f.opfname, f.tableoid, f.oid
    FROM pg_catalog.pg_opfamily AS f
    UNION ALL
    SELECT 'cast', pg_catalog.format_type(c.castsource, NULL) || ' to '
               || pg_catalog.format_type(c.casttarget, NULL),
           c.tableoid, c.oid
    FROM pg_catalog.pg_cast AS c
    UNION ALL
    SELECT 'text search configuration', c.cfgname, c.tableoid, c.oid
    FROM pg_catalog.pg_ts_config AS c
    UNION ALL
    SELECT 'text search dictionary', d.dictname, d.tableoid, d.oid
    FROM pg_catalog.pg_ts_dict AS d
    UNION ALL
    SELECT 'text search parser', p.prsname, p.tableoid, p.oid
    FROM pg_catalog.pg_ts_parser AS p
    UNION ALL
    SELECT 'text search template', t.tmplname, t.tableoid, t.oid
    FROM pg_catalog.pg_ts_template AS t
    UNION ALL
    SELECT 'access method', a.amname, a.tableoid, a.oid
    FROM pg_catalog.pg_am AS a
    UNION ALL
    SELECT 'language', l.lanname, l.tableoid, l.oid
    FROM pg_catalog.pg_language AS l
    UNION ALL
    SELECT 'foreign data wrapper', w.fdwname, w.tableoid, w.oid
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'server', s.srvname, s.tableoid, s.oid
    FROM pg_catalog.pg_foreign_server AS s
    UNION ALL
    SELECT 'publication', p.pubname, p.tableoid, p.oid
    FROM pg_catalog.pg_publication AS p
    UNION ALL
    SELECT 'event trigger', e.evtname, e.tableoid, e.oid
    FROM pg_catalog.pg_event_trigger AS e
    UNION ALL
    SELECT 'default privileges of', pg_catalog.pg_get_userbyid(a.defaclrole),
           a.tableoid, a.oid
    FROM pg_catalog.pg_default_acl AS a
) AS o
-- 16384 is the first OID of a user's object; large objects may have any.
WHERE (o.oid >= 16384 OR o.kind = 'large object')
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')
ORDER BY 1
LIMIT 6
