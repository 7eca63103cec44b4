-- How the tables whose quoted names are in the array $1 come back into the
-- publications that they are in, but for those whose names are in the array $2:
-- publication, table, statement.
SELECT p.pubname,
       r.prrelid::pg_catalog.regclass AS name,
       pg_catalog.format(
           'ALTER PUBLICATION %I ADD TABLE ONLY %s%s%s', p.pubname,
           r.prrelid::pg_catalog.regclass,
           ' (' || (
               SELECT pg_catalog.string_agg(
                          pg_catalog.quote_ident(a.attname), ', '
                          ORDER BY a.attnum)
               FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = r.prrelid
                 AND a.attnum::text = ANY (pg_catalog.string_to_array(
                     pg_catalog.translate(
                         pg_catalog.to_jsonb(r) ->> 'prattrs', '[],', ''),
                     ' '))) || ')',
           -- The one row of it that has a filter, where versions know one.
           (SELECT ' WHERE (' || (pg_catalog.to_jsonb(t) ->> 'rowfilter')
                       || ')'
            FROM pg_catalog.pg_publication_tables AS t
            WHERE t.pubname = p.pubname
              AND t.schemaname = n.nspname AND t.tablename = c.relname))
           AS statement
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.prrelid IN (
    SELECT pg_catalog.to_regclass(x.name)
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name))
  AND p.pubname <> ALL ($2::pg_catalog.text[]::pg_catalog.name[])
ORDER BY 1, 2
