-- How many locks the server has room for: by its documentation of
-- max_locks_per_transaction, and what it sets memory aside for, which is for
-- processes of its own, too; and that setting.
SELECT s.locks * (s.connections + s.prepared) AS documented,
       s.locks * (s.connections + s.prepared + s.own) AS aside,
       s.locks AS each
FROM (SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint
                 AS locks,
             pg_catalog.current_setting('max_connections')::bigint
                 AS connections,
             pg_catalog.current_setting('max_prepared_transactions')::bigint
                 AS prepared,
             coalesce(
                 pg_catalog.current_setting('autovacuum_worker_slots', true),
                 pg_catalog.current_setting('autovacuum_max_workers'))::bigint
                 + pg_catalog.current_setting('max_worker_processes')::bigint
                 + pg_catalog.current_setting('max_wal_senders')::bigint
                 + 1 AS own) AS s
