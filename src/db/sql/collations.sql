-- The server's own collations that a database in the encoding $1 has: name and
-- provider; a row without a name where it does not know the encoding.
SELECT c.collname, c.collprovider
FROM pg_catalog.pg_collation AS c
WHERE c.collnamespace = 'pg_catalog'::pg_catalog.regnamespace
  AND c.collencoding IN (-1, pg_catalog.pg_char_to_encoding($1))
UNION ALL
SELECT NULL, NULL
WHERE pg_catalog.pg_char_to_encoding($1) < 0
