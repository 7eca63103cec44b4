-- Every large object with its owner and privileges.  Those with the same ones
-- come after one another, rising.
SELECT m.oid,
       pg_catalog.pg_get_userbyid(m.lomowner) AS owner,
       m.lomacl::pg_catalog.text AS acl
FROM pg_catalog.pg_largeobject_metadata AS m
ORDER BY m.lomowner, m.lomacl::pg_catalog.text NULLS FIRST, m.oid
