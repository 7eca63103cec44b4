-- Make an empty large object with the OID $1, unless it is there.
SELECT pg_catalog.lo_create($1::pg_catalog.oid)
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_largeobject_metadata
    WHERE oid = $1::pg_catalog.oid)
