-- Installed extensions with their versions.
SELECT e.extname || ' ' || e.extversion
FROM pg_catalog.pg_extension AS e
ORDER BY 1
