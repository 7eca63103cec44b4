-- Whether the schema $1 can be dropped and made again as if nothing had been:
-- the user may, and no publication has it as a whole, which would lose it.
SELECT coalesce(
    (SELECT s.rolsuper FROM pg_catalog.pg_roles AS s
     WHERE s.rolname = current_user)
        OR (n.nspowner = (SELECT u.oid FROM pg_catalog.pg_roles AS u
                          WHERE u.rolname = current_user)
            AND pg_catalog.has_database_privilege(
                pg_catalog.current_database(), 'CREATE')), false)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND d.refobjid = n.oid AND d.deptype = 'a'
          AND d.classid <> 'pg_catalog.pg_default_acl'::pg_catalog.regclass)
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = $1
