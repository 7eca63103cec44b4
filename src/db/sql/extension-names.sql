-- Installed extensions.
SELECT e.extname
FROM pg_catalog.pg_extension AS e
ORDER BY 1
