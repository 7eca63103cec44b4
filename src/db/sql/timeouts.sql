-- Turn off the session's timeouts that not every version has.
SELECT pg_catalog.set_config(name, '0', false)
FROM pg_catalog.pg_settings
WHERE name IN ('transaction_timeout', 'idle_session_timeout')
