-- Drop the large objects whose OIDs are in the array $1.
SELECT pg_catalog.lo_unlink(x.oid)
FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS x(oid)
