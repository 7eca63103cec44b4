-- One line for everything that holds data in a database, with a fingerprint
-- of that data which does not depend on the order of rows.
SELECT format(
	'SELECT %L, count(*), sum((''x'' || left(md5(t::text), 15))::bit(60)'
	'::bigint::numeric), sum(length(t::text)::numeric) FROM ONLY %I.%I t',
	n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated))
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
