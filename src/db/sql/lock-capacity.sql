-- How many locks the server has room for, by its documentation of
-- max_locks_per_transaction.
SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint
       * (pg_catalog.current_setting('max_connections')::bigint
          + pg_catalog.current_setting('max_prepared_transactions')::bigint)
