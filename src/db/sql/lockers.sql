-- Who holds tables against any reader, or waits to do so: pid, who, table,
-- seconds, statement.  Holders first.
SELECT l.pid,
       coalesce(a.usename, a.backend_type, '') AS who,
       pg_catalog.format('%s.%s', n.nspname, c.relname) AS name,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                        - a.xact_start), 0)::real AS seconds,
       coalesce(pg_catalog.left(pg_catalog.regexp_replace(
           a.query, '\s+', ' ', 'g'), 200), '') AS statement
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d
    ON d.oid = l.database AND d.datname = pg_catalog.current_database()
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation'
  AND l.mode = 'AccessExclusiveLock'
  AND l.pid <> pg_catalog.pg_backend_pid()
  AND n.nspname !~ '^pg_'
ORDER BY l.granted DESC, seconds DESC
LIMIT 1
