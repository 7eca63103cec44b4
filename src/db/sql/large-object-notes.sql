-- What is said of large objects: comments (without a provider) and security
-- labels.
SELECT d.objoid, NULL AS provider, d.description
FROM pg_catalog.pg_description AS d
WHERE d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
UNION ALL
SELECT s.objoid, s.provider, s.label
FROM pg_catalog.pg_seclabel AS s
WHERE s.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
ORDER BY 1, 2 NULLS FIRST
