-- Sizes of tables, whose OIDs are $1: heap and TOAST in bytes, pages of the
-- heap.  This waits for whoever holds one of them for himself.
SELECT c.oid,
       CASE WHEN c.relkind = 'r'
           THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END AS bytes,
       CASE WHEN c.relkind = 'r'
           THEN pg_catalog.pg_relation_size(c.oid, 'main')
                / pg_catalog.current_setting('block_size')::int
           ELSE 0 END AS pages
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY ($1::pg_catalog.oid[])
