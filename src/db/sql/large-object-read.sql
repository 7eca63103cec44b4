-- $3 bytes from $2 on of the large object with the OID $1, fewer at its end.
SELECT pg_catalog.lo_get($1, $2, $3)
