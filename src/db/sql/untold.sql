-- What pg_dump leaves out without a word when its user is no superuser: kind
-- and name.  The server shows the options of a user mapping as the view
-- pg_user_mappings has it.
SELECT 'subscription' AS kind, pg_catalog.quote_ident(s.subname) AS name
FROM pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid
WHERE d.datname = pg_catalog.current_database()
  AND pg_catalog.current_setting('is_superuser') = 'off'
UNION ALL
SELECT 'options of the user mapping',
       pg_catalog.format('%I on server %I', m.usename, m.srvname)
FROM pg_catalog.pg_user_mappings AS m
JOIN pg_catalog.pg_foreign_server AS s ON s.oid = m.srvid
WHERE pg_catalog.current_setting('is_superuser') = 'off'
  AND NOT (m.umuser <> 0 AND m.usename = current_user
           AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE')
                OR pg_catalog.has_server_privilege(s.oid, 'USAGE')))
  AND NOT (m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE'))
ORDER BY 1, 2
