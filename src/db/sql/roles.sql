-- Every role that an object of the current database names, as owner, in an
-- ACL, in a policy or as the grantor of a default privilege.
SELECT DISTINCT r.rolname
FROM pg_catalog.pg_shdepend AS s
JOIN pg_catalog.pg_roles AS r ON r.oid = s.refobjid
WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  AND (s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d
                 WHERE d.datname = pg_catalog.current_database())
       OR (s.dbid = 0
           AND s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
           AND s.objid = (SELECT d.oid FROM pg_catalog.pg_database AS d
                          WHERE d.datname = pg_catalog.current_database())))
ORDER BY 1
