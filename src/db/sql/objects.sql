-- What is in the database by class, schema and name, as a table of contents of
-- pg_dump's would name it: whatever one of its entries could stand in the way
-- of.  Schemas of the system's are left out but for the schemas themselves.
SELECT o.class, coalesce(n.nspname, '') AS schema, o.name
FROM (
    SELECT 'relation' AS class, c.relnamespace AS space, c.relname AS name
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm', 'f', 'c', 'i', 'I')
    UNION ALL
    SELECT 'routine', p.pronamespace,
           p.proname || '('
           || CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*'
              ELSE coalesce(
                  (SELECT pg_catalog.string_agg(
                              pg_catalog.format_type(a.type, NULL), ', '
                              ORDER BY a.place)
                   FROM pg_catalog.unnest(p.proargtypes)
                       WITH ORDINALITY AS a(type, place)), '')
              END || ')'
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
    UNION ALL
    SELECT 'type', t.typnamespace, t.typname
    FROM pg_catalog.pg_type AS t
    WHERE t.typelem = 0
      AND t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    UNION ALL
    SELECT 'collation', c.collnamespace, c.collname
    FROM pg_catalog.pg_collation AS c
    UNION ALL
    SELECT 'conversion', c.connamespace, c.conname
    FROM pg_catalog.pg_conversion AS c
    UNION ALL
    SELECT 'statistics', s.stxnamespace, s.stxname
    FROM pg_catalog.pg_statistic_ext AS s
    UNION ALL
    SELECT 'text search configuration', c.cfgnamespace, c.cfgname
    FROM pg_catalog.pg_ts_config AS c
    UNION ALL
    SELECT 'text search dictionary', d.dictnamespace, d.dictname
    FROM pg_catalog.pg_ts_dict AS d
    UNION ALL
    SELECT 'schema', 0, n.nspname
    FROM pg_catalog.pg_namespace AS n
    UNION ALL
    SELECT 'foreign data wrapper', 0, w.fdwname
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'server', 0, s.srvname
    FROM pg_catalog.pg_foreign_server AS s
    UNION ALL
    SELECT 'publication', 0, p.pubname
    FROM pg_catalog.pg_publication AS p
    UNION ALL
    SELECT 'event trigger', 0, e.evtname
    FROM pg_catalog.pg_event_trigger AS e
    UNION ALL
    SELECT 'subscription', 0, u.subname
    FROM pg_catalog.pg_subscription AS u
    JOIN pg_catalog.pg_database AS b
        ON b.oid = u.subdbid AND b.datname = pg_catalog.current_database()
    UNION ALL
    SELECT 'large object', 0, l.oid::pg_catalog.text
    FROM pg_catalog.pg_largeobject_metadata AS l
) AS o
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = o.space
WHERE coalesce(n.nspname, '') !~ '^pg_'
  AND coalesce(n.nspname, '') <> 'information_schema'
