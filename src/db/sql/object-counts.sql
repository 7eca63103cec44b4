-- How many indexes and constraints the users' schemas hold, one row.
SELECT (SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema') AS indexes,
       (SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
        WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
          AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema') AS constraints
