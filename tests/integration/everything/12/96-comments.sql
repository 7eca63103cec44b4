-- A comment on everything whose comments pg_dump knows, and, where the server
-- has loaded their provider, a security label.  What an extension or another
-- object brings along is not dumped, nor is what is said of it: an extension's
-- tables with their keys, a range type's functions and casts, a partition's
-- triggers.
SET application_name = 'every';
CREATE TEMP VIEW object AS
WITH all_of (classid, objid, objsubid) AS (
	SELECT tableoid, oid, 0 FROM pg_class WHERE relkind <> 't'
	UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute
		JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p', 'v',
			'm', 'f', 'c')
		WHERE attnum BETWEEN 1 AND 20 AND NOT attisdropped
	UNION ALL SELECT tableoid, oid, 0 FROM pg_type
		WHERE typelem = 0 AND typtype IN ('b', 'd', 'e', 'r')
	UNION ALL SELECT tableoid, oid, 0 FROM pg_proc
	UNION ALL SELECT tableoid, oid, 0 FROM pg_operator
	UNION ALL SELECT tableoid, oid, 0 FROM pg_opclass
	UNION ALL SELECT tableoid, oid, 0 FROM pg_opfamily
	UNION ALL SELECT tableoid, oid, 0 FROM pg_am
	UNION ALL SELECT tableoid, oid, 0 FROM pg_cast
	UNION ALL SELECT tableoid, oid, 0 FROM pg_transform
	UNION ALL SELECT tableoid, oid, 0 FROM pg_collation
	UNION ALL SELECT tableoid, oid, 0 FROM pg_conversion
	UNION ALL SELECT tableoid, oid, 0 FROM pg_language
	UNION ALL SELECT tableoid, oid, 0 FROM pg_namespace
	UNION ALL SELECT tableoid, oid, 0 FROM pg_constraint
		WHERE conparentid = 0 AND coninhcount = 0 AND contype <> 't'
	UNION ALL SELECT tableoid, oid, 0 FROM pg_rewrite
		WHERE rulename <> '_RETURN'
	UNION ALL SELECT tableoid, oid, 0 FROM pg_trigger
		WHERE NOT tgisinternal
	UNION ALL SELECT tableoid, oid, 0 FROM pg_policy
	UNION ALL SELECT tableoid, oid, 0 FROM pg_statistic_ext
	UNION ALL SELECT tableoid, oid, 0 FROM pg_ts_parser
	UNION ALL SELECT tableoid, oid, 0 FROM pg_ts_template
	UNION ALL SELECT tableoid, oid, 0 FROM pg_ts_dict
	UNION ALL SELECT tableoid, oid, 0 FROM pg_ts_config
	UNION ALL SELECT tableoid, oid, 0 FROM pg_foreign_data_wrapper
	UNION ALL SELECT tableoid, oid, 0 FROM pg_foreign_server
	UNION ALL SELECT tableoid, oid, 0 FROM pg_event_trigger
	UNION ALL SELECT tableoid, oid, 0 FROM pg_publication
	UNION ALL SELECT tableoid, oid, 0 FROM pg_subscription
	UNION ALL SELECT 'pg_largeobject'::regclass, oid, 0
		FROM pg_largeobject_metadata
)
SELECT o.*, i.identity,
	CASE i.type
		WHEN 'table column' THEN 'COLUMN ' || i.identity
		WHEN 'view column' THEN 'COLUMN ' || i.identity
		WHEN 'materialized view column' THEN 'COLUMN ' || i.identity
		WHEN 'foreign table column' THEN 'COLUMN ' || i.identity
		WHEN 'composite type column' THEN 'COLUMN ' || i.identity
		WHEN 'composite type' THEN 'TYPE ' || i.identity
		WHEN 'table constraint' THEN 'CONSTRAINT ' || i.identity
		WHEN 'domain constraint' THEN 'CONSTRAINT '
			|| regexp_replace(i.identity, ' on ', ' on domain ')
		WHEN 'statistics object' THEN 'STATISTICS ' || i.identity
		WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER '
			|| i.identity
		WHEN 'cast' THEN 'CAST ' || replace(i.identity, '->', ' as ')
		WHEN 'transform' THEN 'TRANSFORM '
			|| replace(i.identity, ' on language ', ' language ')
		WHEN 'aggregate' THEN 'AGGREGATE '
			|| regexp_replace(i.identity, '\(\)$', '(*)')
		ELSE i.type || ' ' || i.identity
	END AS name
FROM all_of o, LATERAL pg_identify_object(classid, objid, objsubid) i
WHERE (objid >= 16384 OR classid = 'pg_largeobject'::regclass)
	AND coalesce(i.schema, '') !~ '^pg_'
	AND i.identity !~ '^(pg_temp|pg_toast)'
	AND i.schema IS DISTINCT FROM 'every' AND i.identity !~ ' on every\.'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid
		AND d.objid = o.objid AND (d.deptype IN ('e', 'P')
			AND o.classid <> 'pg_class'::regclass
			OR d.deptype = 'i' AND o.classid IN
				('pg_proc'::regclass, 'pg_cast'::regclass)));
SELECT format('COMMENT ON %s IS %L', name, E'about\n' || identity || ' \')
FROM object ORDER BY name
\gexec
COMMENT ON COLUMN data.widest.c1600 IS 'the last one';
SELECT count(*) > 0 AS labels FROM pg_settings
WHERE name = 'shared_preload_libraries' AND setting LIKE '%label%' \gset
\if :labels
SELECT format('SECURITY LABEL ON %s IS %L', name, 'label of ' || identity)
FROM object
WHERE name ~* ('^(column|table|aggregate|domain|event trigger|foreign table|'
	|| 'function|large object|materialized view|language|procedure|'
	|| 'publication|schema|sequence|subscription|type|view) ')
	-- Only relations' columns and those relations themselves.
	AND name !~ '^COLUMN kinds'
ORDER BY name
\gexec
\endif
DROP VIEW object;
