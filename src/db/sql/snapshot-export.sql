-- Let other sessions see what this transaction sees; the snapshot's id.
SELECT pg_catalog.pg_export_snapshot()
