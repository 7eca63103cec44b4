-- Which relation inherits from which, partitions included.
SELECT i.inhrelid, i.inhparent
FROM pg_catalog.pg_inherits AS i
ORDER BY i.inhrelid, i.inhseqno
