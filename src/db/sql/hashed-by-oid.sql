-- Hash-partitioned tables whose rows may belong to other partitions in a copy
-- of the database: their key is hashed by OIDs, which are others there.  Values
-- of enums and of the reg* types are OIDs; domains over these, and arrays,
-- ranges and composite types of them, hash what is in them.  Of a key that is
-- an expression the operator class tells as much as is to be known: the reg* types
-- have that of OIDs.  The second
-- column is a foreign table below it, or null: rows would pass through that one
-- to another server.
WITH RECURSIVE keys AS (
    SELECT p.partrelid, k.attnum, k.opclass
    FROM pg_catalog.pg_partitioned_table AS p,
         LATERAL ROWS FROM (
             pg_catalog.unnest(p.partattrs::pg_catalog.int2[]),
             pg_catalog.unnest(p.partclass::pg_catalog.oid[])
         ) AS k(attnum, opclass)
    WHERE p.partstrat = 'h'
), made_of(part, whole) AS (
    SELECT t.typbasetype, t.oid
    FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT t.typelem, t.oid
    FROM pg_catalog.pg_type AS t WHERE t.typelem <> 0 AND t.typlen = -1
    UNION ALL
    SELECT r.rngsubtype, r.rngtypid FROM pg_catalog.pg_range AS r
    UNION ALL
    -- Multiranges came with 14.
    SELECT r.rngtypid,
           (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid
    FROM pg_catalog.pg_range AS r
    UNION ALL
    SELECT a.atttypid, t.oid
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.typrelid
    WHERE t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
), by_oid(oid) AS (
    SELECT t.oid
    FROM pg_catalog.pg_type AS t
    WHERE (t.typtype = 'e'
           OR (t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
               AND t.typname IN ('regclass', 'regcollation', 'regconfig',
                   'regdictionary', 'regnamespace', 'regoper', 'regoperator',
                   'regproc', 'regprocedure', 'regrole', 'regtype')))
      AND EXISTS (SELECT FROM keys)
    UNION
    SELECT m.whole FROM by_oid AS b JOIN made_of AS m ON m.part = b.oid
), moving(oid) AS (
    SELECT DISTINCT k.partrelid
    FROM keys AS k
    JOIN pg_catalog.pg_opclass AS o ON o.oid = k.opclass
    JOIN pg_catalog.pg_type AS i ON i.oid = o.opcintype
    LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = k.partrelid AND a.attnum = k.attnum AND k.attnum > 0
    WHERE a.atttypid IN (SELECT b.oid FROM by_oid AS b)
       OR (k.attnum = 0
           AND (i.typtype = 'p'
                OR i.oid = 'pg_catalog.oid'::pg_catalog.regtype))
), below(top, oid) AS (
    SELECT m.oid, m.oid FROM moving AS m
    UNION ALL
    SELECT b.top, i.inhrelid
    FROM below AS b JOIN pg_catalog.pg_inherits AS i ON i.inhparent = b.oid
)
SELECT m.oid,
       (SELECT pg_catalog.min(pg_catalog.concat(n.nspname, '.', c.relname))
        FROM below AS b
        JOIN pg_catalog.pg_class AS c ON c.oid = b.oid AND c.relkind = 'f'
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE b.top = m.oid) AS foreign_table
FROM moving AS m
