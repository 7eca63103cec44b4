-- ALTER DATABASE ... SET (role is null) and ALTER ROLE ... IN DATABASE ... SET
-- for the current database, one row for each parameter, in the order in which
-- they were set.
SELECT r.rolname,
       pg_catalog.split_part(c.item, '=', 1) AS name,
       pg_catalog.substr(c.item, pg_catalog.strpos(c.item, '=') + 1) AS value
FROM pg_catalog.pg_db_role_setting AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole,
     LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(item, place)
WHERE d.datname = pg_catalog.current_database()
  AND (s.setrole = 0 OR r.rolname IS NOT NULL)
ORDER BY 1 NULLS FIRST, c.place
