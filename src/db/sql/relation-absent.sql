-- Whether there is no relation of that name.
SELECT pg_catalog.to_regclass($1) IS NULL
