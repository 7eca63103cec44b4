-- The security labels of the current database: provider and label.
SELECT s.provider, s.label
FROM pg_catalog.pg_shseclabel AS s
JOIN pg_catalog.pg_database AS d ON d.oid = s.objoid
WHERE s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
  AND d.datname = pg_catalog.current_database()
ORDER BY 1
