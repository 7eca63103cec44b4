-- Large objects that this user may not read, a few of them, and how many there
-- are.  Not every version has a function that tells.
SELECT m.oid, pg_catalog.count(*) OVER () AS total
FROM pg_catalog.pg_largeobject_metadata AS m
WHERE NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r
           WHERE r.rolname = current_user)
  AND pg_catalog.current_setting('lo_compat_privileges') = 'off'
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.aclexplode(
          coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) AS a
      WHERE a.privilege_type = 'SELECT'
        AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
ORDER BY m.oid
LIMIT 20
