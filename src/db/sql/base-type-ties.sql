-- What would go with the base type whose quoted name is $1, and is no part of
-- it, as its array type and the functions that read and write it are: told in
-- words, ten at most.
WITH base AS MATERIALIZED (
    SELECT t.oid, t.typarray, x.function
    FROM pg_catalog.pg_type AS t
    CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[
        t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid,
        t.typreceive::pg_catalog.oid, t.typsend::pg_catalog.oid])
        AS x(function)
    WHERE t.oid = pg_catalog.to_regtype($1)
), own AS MATERIALIZED (
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid AS classid,
           b.oid AS objid
    FROM base AS b
    UNION
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, b.typarray
    FROM base AS b
    UNION
    -- Functions of the system's do not go.
    SELECT d.classid, d.objid
    FROM base AS b
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND d.objid = b.function
        AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
        AND d.refobjid = b.oid
)
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_catalog.pg_depend AS d
JOIN own AS o ON o.classid = d.refclassid AND o.objid = d.refobjid
WHERE NOT EXISTS (
    SELECT FROM own AS s WHERE s.classid = d.classid AND s.objid = d.objid)
ORDER BY 1
LIMIT 10
