-- The roles and tablespaces of the everything database, with every property
-- that they have.  Variables: space_1, space_2: empty folders that belong to
-- the server's user.
CREATE ROLE every_owner;
CREATE ROLE every_reader LOGIN;
CREATE ROLE every_writer LOGIN NOINHERIT CONNECTION LIMIT 7
	VALID UNTIL '2031-05-06 07:08:09+00';
CREATE ROLE every_maker CREATEDB CREATEROLE REPLICATION BYPASSRLS;
CREATE ROLE every_super SUPERUSER LOGIN;
CREATE ROLE "Every ""odd"" rôle; -- in it" LOGIN;
SET password_encryption = 'scram-sha-256';
ALTER ROLE every_reader PASSWORD 'of the reader';
SET password_encryption = 'md5';
SET client_min_messages = error;
ALTER ROLE every_writer PASSWORD 'of the writer';
RESET client_min_messages;
GRANT every_owner TO every_maker WITH ADMIN OPTION;
GRANT every_owner TO every_writer;
GRANT every_reader TO every_writer, "Every ""odd"" rôle; -- in it";
SET ROLE every_maker;
GRANT every_owner TO every_reader;
RESET ROLE;
GRANT pg_read_all_settings, pg_monitor TO every_reader;
ALTER ROLE every_reader SET work_mem = '9MB';
ALTER ROLE every_reader SET search_path = 'data', '"Odd"', '$user';
ALTER ROLE every_reader SET ours.more = 'it''s "so"';
ALTER ROLE every_writer SET default_transaction_isolation = 'serializable';
COMMENT ON ROLE every_reader IS E'reads\nand reads';
COMMENT ON ROLE "Every ""odd"" rôle; -- in it" IS 'it''s odd';

CREATE TABLESPACE every_space OWNER every_owner LOCATION :'space_1'
	WITH (random_page_cost = 1.5, effective_io_concurrency = 3);
CREATE TABLESPACE "Every ""odd"" space" LOCATION :'space_2';
GRANT CREATE ON TABLESPACE every_space TO every_writer WITH GRANT OPTION;
SET ROLE every_writer;
GRANT CREATE ON TABLESPACE every_space TO every_reader;
RESET ROLE;
COMMENT ON TABLESPACE every_space IS 'a space';
SELECT current_setting('server_version_num')::int >= 150000 AS since_15,
	current_setting('server_version_num')::int >= 160000 AS since_16 \gset
\if :since_15
GRANT SET ON PARAMETER deadlock_timeout TO every_reader;
GRANT ALTER SYSTEM, SET ON PARAMETER work_mem TO every_writer
	WITH GRANT OPTION;
SET ROLE every_writer;
GRANT SET ON PARAMETER work_mem TO every_reader;
RESET ROLE;
\endif
\if :since_16
GRANT every_maker TO every_reader WITH INHERIT FALSE, SET FALSE;
GRANT every_maker TO every_writer WITH INHERIT TRUE, SET FALSE, ADMIN TRUE;
\endif
SELECT count(*) > 0 AS labels FROM pg_settings
WHERE name = 'shared_preload_libraries' AND setting LIKE '%label%' \gset
\if :labels
SECURITY LABEL ON ROLE every_reader IS 'role';
SECURITY LABEL ON TABLESPACE every_space IS 'space';
\endif
