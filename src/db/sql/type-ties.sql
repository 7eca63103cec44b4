-- What would go with the type whose quoted name is $1, and is no part of it, as
-- its array type is, and functions that it and they need in a circle: told in
-- words, ten at most.
WITH RECURSIVE functions AS MATERIALIZED (
    SELECT x.oid
    FROM pg_catalog.pg_type AS t
    LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
    CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[
        t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid,
        t.typreceive::pg_catalog.oid, t.typsend::pg_catalog.oid,
        r.rngcanonical::pg_catalog.oid]) AS x(oid)
    WHERE t.oid = pg_catalog.to_regtype($1)
), own(classid, objid) AS (
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid,
           pg_catalog.to_regtype($1)::pg_catalog.oid
    UNION
    SELECT d.classid, d.objid
    FROM own AS o
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = o.classid AND d.refobjid = o.objid
    WHERE d.deptype = 'i'
       OR (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
           AND d.objid IN (SELECT f.oid FROM functions AS f))
)
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_catalog.pg_depend AS d
JOIN own AS o ON o.classid = d.refclassid AND o.objid = d.refobjid
WHERE NOT EXISTS (
    SELECT FROM own AS s WHERE s.classid = d.classid AND s.objid = d.objid)
ORDER BY 1
LIMIT 10
