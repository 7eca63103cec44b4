-- All tables below the partitioned one named $1, with its schema and quoted; none
-- if there is no such table.
WITH RECURSIVE below(oid) AS (
    SELECT i.inhrelid
    FROM pg_catalog.pg_inherits AS i
    WHERE i.inhparent = pg_catalog.to_regclass($1)
    UNION ALL
    SELECT i.inhrelid
    FROM below AS b JOIN pg_catalog.pg_inherits AS i ON i.inhparent = b.oid
)
SELECT n.nspname, c.relname, c.relkind
FROM below AS b
JOIN pg_catalog.pg_class AS c ON c.oid = b.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
