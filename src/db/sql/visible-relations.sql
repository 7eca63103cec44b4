-- What a name without a schema means in this session.  No operator stands
-- here: this alone runs under the search_path of the user's own.
SELECT c.oid
FROM pg_catalog.pg_class AS c
WHERE pg_catalog.pg_table_is_visible(c.oid)
ORDER BY c.oid
