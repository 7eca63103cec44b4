-- How many pages the table named $1, with its schema and quoted, has in its
-- heap; no row if it has none.
SELECT pg_catalog.pg_relation_size(c.oid, 'main')
       / pg_catalog.current_setting('block_size')::int
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
WHERE c.oid = $1::pg_catalog.regclass
  AND a.amname = 'heap'
