-- Of the tables whose quoted names are in the array $1: the name's place from
-- 0, kind (null: there is none), whether this user may fill it, and by column,
-- in order: name, type, whether the server computes it.
SELECT x.place - 1,
       c.relkind,
       pg_catalog.has_table_privilege(c.oid, 'INSERT') AS fillable,
       a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       a.attgenerated <> '' AS computed
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS x(name, place)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(x.name)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY x.place, a.attnum
