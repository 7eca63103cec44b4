-- Reads the names of roles and tablespaces, and fails with 22021 if one of them
-- was given in a database of another encoding and is none in this one's.
SELECT pg_catalog.count(pg_catalog.convert_to(
	name::pg_catalog.text, pg_catalog.getdatabaseencoding()))
FROM (SELECT rolname FROM pg_catalog.pg_roles
	UNION ALL
	SELECT spcname FROM pg_catalog.pg_tablespace) AS global (name)
