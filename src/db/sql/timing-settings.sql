-- Settings that may cut a long dump short, or slow a restore: name, value in
-- this session, value that the role, the database and the server give, and
-- unit.  Not every version has all of them.
SELECT s.name, s.setting, s.reset_val, coalesce(s.unit, '') AS unit
FROM pg_catalog.pg_settings AS s
WHERE s.name IN ('statement_timeout', 'lock_timeout',
                 'idle_in_transaction_session_timeout',
                 'idle_session_timeout', 'transaction_timeout',
                 'old_snapshot_threshold', 'max_standby_streaming_delay',
                 'hot_standby_feedback', 'maintenance_work_mem',
                 'max_wal_size', 'fsync', 'full_page_writes')
ORDER BY s.name
