-- Who else holds one of the relations whose quoted names are in the array $1,
-- or a table that one of these refers to, however lightly: pid, who, relation,
-- seconds, state and statement.  Who has held it longest.
WITH wanted AS MATERIALIZED (
    SELECT pg_catalog.to_regclass(x.name)::pg_catalog.oid AS oid
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
)
SELECT l.pid,
       coalesce(a.usename, a.backend_type, '') AS who,
       l.relation::pg_catalog.regclass AS name,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                        - a.xact_start), 0)::real AS seconds,
       coalesce(a.state, '') AS state,
       coalesce(pg_catalog.left(pg_catalog.regexp_replace(
           a.query, '\s+', ' ', 'g'), 200), '') AS statement
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d
    ON d.oid = l.database AND d.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.granted
  AND l.pid <> pg_catalog.pg_backend_pid()
  AND (l.relation IN (SELECT w.oid FROM wanted AS w)
       OR l.relation IN (
           SELECT k.confrelid FROM pg_catalog.pg_constraint AS k
           WHERE k.contype = 'f'
             AND k.conrelid IN (SELECT w.oid FROM wanted AS w)))
ORDER BY seconds DESC, 1
LIMIT 1
