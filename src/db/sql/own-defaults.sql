-- The default privileges that this user has set for what he makes: how they
-- become the server's own, and how they become again what they are.
SELECT pg_catalog.string_agg(v.text, ' ' ORDER BY v.place)
           FILTER (WHERE v.place <= 2) AS without,
       pg_catalog.string_agg(v.text, ' ' ORDER BY v.place)
           FILTER (WHERE v.place > 2) AS again
FROM pg_catalog.pg_default_acl AS d
JOIN pg_catalog.pg_roles AS u
    ON u.oid = d.defaclrole AND u.rolname = current_user
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL (
    SELECT 'ALTER DEFAULT PRIVILEGES'
               || coalesce(' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname),
                           '') AS head,
           CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
               WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
               WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS kind,
           -- Those of a schema are added to the others.
           CASE WHEN d.defaclnamespace = 0 THEN pg_catalog.acldefault(
                    CASE d.defaclobjtype WHEN 'S' THEN 's'::"char"
                        ELSE d.defaclobjtype END, d.defaclrole)
           END AS plain) AS w
CROSS JOIN LATERAL (
    SELECT 1 AS place, x.grantee, 'REVOKE ALL' AS what, ' FROM ' AS word,
           false AS further
    FROM pg_catalog.aclexplode(d.defaclacl) AS x
    UNION
    SELECT 2, x.grantee, 'GRANT ' || x.privilege_type, ' TO ', x.is_grantable
    FROM pg_catalog.aclexplode(w.plain) AS x
    UNION
    SELECT 3, x.grantee, 'REVOKE ALL', ' FROM ', false
    FROM pg_catalog.aclexplode(w.plain) AS x
    UNION
    SELECT 4, x.grantee, 'GRANT ' || x.privilege_type, ' TO ', x.is_grantable
    FROM pg_catalog.aclexplode(d.defaclacl) AS x) AS s
LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = s.grantee
CROSS JOIN LATERAL (
    SELECT s.place,
           pg_catalog.format('%s %s ON %s%s%s%s;', w.head, s.what, w.kind,
               s.word,
               CASE WHEN s.grantee = 0 THEN 'PUBLIC'
                   ELSE pg_catalog.quote_ident(g.rolname) END,
               CASE WHEN s.further THEN ' WITH GRANT OPTION' ELSE '' END)
               AS text) AS v
GROUP BY d.oid
ORDER BY d.oid
