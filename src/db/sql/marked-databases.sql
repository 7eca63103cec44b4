-- The names of the databases that have the comment $1; and of those which a
-- drill is restoring, or was when it was killed: they have the comment $2 or,
-- for want of any, let nobody in.  None that the user may not drop.
SELECT d.datname
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (
    SELECT pg_catalog.shobj_description(d.oid, 'pg_database') AS said
) AS m
WHERE (
    m.said = $1 OR (
        d.datname ~ '^pgcask_drill_[0-9a-f]{8}[.]pgcask[.]partial$'
        AND coalesce(m.said = $2, d.datconnlimit = 0)
    )
) AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
ORDER BY 1
