-- Sessions that wait for a lock which the session $1, or its children, hold on
-- a table: pid, who, table, seconds, statement, and how many wait for the same
-- table behind it.  On a standby it may be the replay of the primary's changes.
WITH ours AS MATERIALIZED (
    SELECT a.pid, a.pid = $1::integer
               OR a.application_name = 'pgcask child of ' || $1 AS holds
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid IN ($1::integer, pg_catalog.pg_backend_pid())
       OR a.application_name IN (
              'pgcask child of ' || $1,
              pg_catalog.current_setting('application_name'))
), here AS MATERIALIZED (
    SELECT l.pid, l.relation, l.mode, l.granted,
           CASE WHEN NOT l.granted
               THEN (pg_catalog.to_jsonb(l) ->> 'waitstart')::timestamptz
           END AS since
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_database AS d
        ON d.oid = l.database AND d.datname = pg_catalog.current_database()
    WHERE l.locktype = 'relation'
      AND (NOT l.granted
           OR l.pid IN (SELECT o.pid FROM ours AS o WHERE o.holds))
), waiting AS MATERIALIZED (
    SELECT h.*
    FROM here AS h
    WHERE NOT h.granted AND h.pid NOT IN (SELECT o.pid FROM ours AS o)
), blocked AS MATERIALIZED (
    -- No other mode stands against ours, nor does any of ours wait in it,
    -- whatever others are called.  pg_blocking_pids() does not know the process
    -- that replays.
    SELECT w.*
    FROM here AS w
    WHERE NOT w.granted
      AND w.mode = 'AccessExclusiveLock'
      AND w.relation IN (SELECT h.relation FROM here AS h WHERE h.granted)
)
SELECT b.pid,
       coalesce(a.usename, a.backend_type, '') AS who,
       pg_catalog.format('%s.%s', n.nspname, c.relname) AS name,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                        - coalesce(b.since, a.query_start)), 0)::real
           AS seconds,
       coalesce(pg_catalog.left(pg_catalog.regexp_replace(
           a.query, '\s+', ' ', 'g'), 200), '') AS statement,
       (SELECT pg_catalog.count(DISTINCT w.pid) FROM waiting AS w
        WHERE w.relation = b.relation
          AND w.pid NOT IN (SELECT f.pid FROM blocked AS f)) AS behind
FROM blocked AS b
JOIN pg_catalog.pg_class AS c ON c.oid = b.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
ORDER BY seconds DESC
