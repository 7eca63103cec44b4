-- Who has privileges on the schema $1 besides its owner; none for a schema of
-- initdb's.
SELECT DISTINCT coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC')
FROM pg_catalog.pg_namespace AS n
CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
WHERE n.nspname = $1
  AND a.grantee <> n.nspowner
  AND n.oid >= 16384
ORDER BY 1
