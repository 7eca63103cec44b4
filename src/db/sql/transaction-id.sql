-- Give the transaction a number, so that its commit has to be written.
SELECT pg_catalog.txid_current()
