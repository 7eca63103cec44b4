-- The columns that COPY carries for every table of tables.sql, in order, with
-- whether the type's binary form is stable across versions: built-in scalars
-- but the reg* types, those without one and tsquery (which many servers do not
-- take back when it is empty), arrays and domains over them,
-- enums, ranges over them.
WITH RECURSIVE safe(oid) AS (
    SELECT t.oid
    FROM pg_catalog.pg_type AS t
    WHERE (t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
           AND t.typname IN (
               'bool', 'bytea', 'char', 'name', 'int8', 'int2', 'int4',
               'text', 'oid', 'json', 'jsonb', 'float4', 'float8', 'numeric',
               'bpchar', 'varchar', 'date', 'time', 'timetz', 'timestamp',
               'timestamptz', 'interval', 'bit', 'varbit', 'uuid', 'inet',
               'cidr', 'macaddr', 'macaddr8', 'point', 'lseg', 'path', 'box',
               'polygon', 'line', 'circle', 'tsvector', 'pg_lsn',
               'int4range', 'int8range', 'numrange', 'daterange', 'tsrange',
               'tstzrange', 'int4multirange', 'int8multirange',
               'nummultirange', 'datemultirange', 'tsmultirange',
               'tstzmultirange'))
       OR t.typtype = 'e'
    UNION
    SELECT t.oid
    FROM safe AS s
    JOIN pg_catalog.pg_type AS t
        ON (t.typtype = 'd' AND t.typbasetype = s.oid)
        OR (t.typcategory = 'A' AND t.typelem = s.oid AND t.typlen = -1
            AND t.typtype = 'b'
            -- Their binary form of no elements is not accepted back.
            AND t.typname NOT IN ('int2vector', 'oidvector')
            AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace)
    -- Ranges of a user's own are left to text: their subtype's operator class
    -- decides what they accept.
)
SELECT a.attrelid,
       a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       s.oid IS NOT NULL AS safe
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN safe AS s ON s.oid = a.atttypid
WHERE c.relkind = 'r'
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum
