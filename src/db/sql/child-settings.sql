-- What another program's session is to be given so that it is not cut short
-- and writes dates and money as they are read again, as command line options
-- of the server: none where the defaults will do.
SELECT pg_catalog.string_agg('-c ' || w.name || '=' || w.value, ' ')
FROM (VALUES ('statement_timeout', '0'),
             ('lock_timeout', '0'),
             ('idle_in_transaction_session_timeout', '0'),
             ('idle_session_timeout', '0'),
             ('transaction_timeout', '0'),
             ('quote_all_identifiers', 'off'),
             ('lc_monetary', 'C'),
             ('DateStyle', 'ISO')) AS w (name, value)
JOIN pg_catalog.pg_settings AS s ON s.name = w.name
WHERE s.reset_val <> w.value
  AND NOT (w.name = 'DateStyle' AND s.reset_val LIKE 'ISO%')
