-- One line for everything that holds data in a database, with a fingerprint
-- of that data which does not depend on the order of rows.  Where the hash of
-- an enum decides on a row's partition, that is another one in a copy: of such
-- tables the whole is told.
WITH RECURSIVE by_enum (relid) AS (
	SELECT partrelid FROM pg_partitioned_table
	CROSS JOIN LATERAL unnest(partattrs::int2[]) AS k
	JOIN pg_attribute ON attrelid = partrelid AND attnum = k
	JOIN pg_type t ON t.oid = atttypid
	WHERE partstrat = 'h' AND t.typtype = 'e'
	UNION ALL
	SELECT inhrelid FROM by_enum JOIN pg_inherits ON inhparent = relid
)
SELECT format(
	'SELECT %L, count(*), sum((''x'' || left(md5(t::text), 15))::bit(60)'
	'::bigint::numeric), sum(length(t::text)::numeric) FROM %s %I.%I t',
	n.nspname || '.' || c.relname,
	CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated)
		OR (c.relkind = 'p' AND c.oid IN (SELECT relid FROM by_enum)))
	AND NOT (c.relispartition AND c.oid IN (SELECT relid FROM by_enum))
	AND c.relpersistence <> 't'
	AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname
\gexec
SELECT format('SELECT %L, last_value, is_called FROM %I.%I',
	'sequence ' || n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
	AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname
\gexec
SELECT 'large object ' || oid, md5(lo_get(oid))
FROM pg_largeobject_metadata
ORDER BY oid;
