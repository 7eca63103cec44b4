-- How many indexes and constraints the users' schemas hold, one row; of the
-- tables whose quoted names are in the array $1 alone, unless that is null.
WITH chosen(oid) AS (
    SELECT pg_catalog.to_regclass(x.name)
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS x(name)
)
SELECT (SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema'
          AND ($1::pg_catalog.text[] IS NULL
               OR i.indrelid IN (SELECT oid FROM chosen))) AS indexes,
       (SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
        WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
          AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema'
          AND ($1::pg_catalog.text[] IS NULL
               OR c.conrelid IN (SELECT oid FROM chosen))) AS constraints
