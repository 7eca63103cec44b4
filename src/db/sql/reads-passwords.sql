-- May this user read the roles' passwords?  One boolean.
SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')
