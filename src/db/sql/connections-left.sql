-- How many more connections the user who logged in may have: of the server, of
-- his own, and of this database; -1: as many as he likes.  Of others' sessions
-- it is not told to everybody what they are.
WITH me AS (
    SELECT r.oid, r.rolsuper, r.rolconnlimit,
           r.rolsuper OR EXISTS (
               SELECT FROM pg_catalog.pg_roles AS x
               WHERE x.rolname = 'pg_use_reserved_connections'
                 AND pg_catalog.pg_has_role(r.oid, x.oid, 'USAGE'))
               AS reserved
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = session_user
), used AS (
    SELECT a.usesysid, a.datname
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.usesysid IS NOT NULL
      AND coalesce(a.backend_type, 'client backend') = 'client backend'
)
SELECT pg_catalog.current_setting('max_connections')::bigint
       - CASE WHEN me.rolsuper THEN 0 ELSE
           pg_catalog.current_setting('superuser_reserved_connections')::bigint
         END
       - CASE WHEN me.reserved THEN 0 ELSE
           coalesce(pg_catalog.current_setting('reserved_connections', true),
                    '0')::bigint
         END
       - (SELECT pg_catalog.count(*) FROM used) AS server,
       CASE WHEN me.rolsuper OR me.rolconnlimit < 0 THEN -1
           ELSE greatest(me.rolconnlimit - (
               SELECT pg_catalog.count(*) FROM used AS u
               WHERE u.usesysid = me.oid), 0)
       END AS role,
       CASE WHEN me.rolsuper OR d.datconnlimit < 0 THEN -1
           ELSE greatest(d.datconnlimit - (
               SELECT pg_catalog.count(*) FROM used AS u
               WHERE u.datname = d.datname), 0)
       END AS database
FROM me, pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
