-- Write the bytes $3 at $2 into the large object with the OID $1.
SELECT pg_catalog.lo_put($1, $2, $3)
