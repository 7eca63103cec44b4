-- The properties of the current database, one row.  Columns that not every
-- version has are taken through to_jsonb(), so that one query serves 12 to 18.
SELECT d.datname,
       pg_catalog.pg_get_userbyid(d.datdba) AS owner,
       pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       CASE coalesce(j ->> 'datlocprovider', 'c')
           WHEN 'i' THEN 'icu'
           WHEN 'b' THEN 'builtin'
           ELSE 'libc'
       END AS provider,
       d.datcollate,
       d.datctype,
       coalesce(j ->> 'datlocale', j ->> 'daticulocale') AS locale,
       j ->> 'daticurules' AS icu_rules,
       pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
       d.datacl::pg_catalog.text AS acl,
       d.datconnlimit,
       d.datistemplate,
       (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s
        WHERE s.oid = d.dattablespace) AS tablespace,
       (SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_largeobject_metadata) AS lobjs
FROM pg_catalog.pg_database AS d,
     LATERAL (SELECT pg_catalog.to_jsonb(d) AS j) AS x
WHERE d.datname = pg_catalog.current_database()
