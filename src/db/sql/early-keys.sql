-- Foreign keys of extensions' tables: the table, the key's name, how to make it
-- again, and its comment; then schema and name of the table, unquoted.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
       k.conname,
       pg_catalog.pg_get_constraintdef(k.oid),
       pg_catalog.obj_description(k.oid, 'pg_constraint'),
       n.nspname,
       c.relname
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
WHERE k.contype = 'f'
  AND k.conparentid = 0
ORDER BY 1, 2
