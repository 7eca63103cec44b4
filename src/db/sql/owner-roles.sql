-- Every role, and whether the role at work may make it the owner of something,
-- and may still fill and index that then.
SELECT rolname,
       pg_catalog.pg_has_role(current_user, oid,
           CASE WHEN pg_catalog.current_setting('server_version_num')::int
                    >= 160000
               THEN 'SET' ELSE 'MEMBER' END)
           AND pg_catalog.pg_has_role(current_user, oid, 'USAGE')
           AS assignable
FROM pg_catalog.pg_roles
