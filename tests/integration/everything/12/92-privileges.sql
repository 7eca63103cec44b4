-- Owners and privileges of every kind of object, some granted by others than
-- the owner.
ALTER TYPE kinds.mood OWNER TO every_owner;
ALTER DOMAIN kinds.positive OWNER TO every_owner;
ALTER TYPE kinds.span OWNER TO every_owner;
ALTER FUNCTION code.shout OWNER TO every_owner;
ALTER PROCEDURE code.tidy OWNER TO every_owner;
ALTER AGGREGATE code.total(integer) OWNER TO every_owner;
ALTER OPERATOR code.< (kinds.base, kinds.base) OWNER TO every_owner;
ALTER OPERATOR CLASS code.base_ops USING btree OWNER TO every_owner;
ALTER OPERATOR FAMILY code.base_family USING btree OWNER TO every_owner;
ALTER COLLATION code.german OWNER TO every_owner;
ALTER CONVERSION code.latin OWNER TO every_owner;
ALTER LANGUAGE plours OWNER TO every_super;
ALTER TEXT SEARCH DICTIONARY code.dictionary OWNER TO every_owner;
ALTER TEXT SEARCH CONFIGURATION code.configuration OWNER TO every_owner;
ALTER TABLE data.no_rows OWNER TO every_owner;
ALTER TABLE data.animal OWNER TO "Every ""odd"" rôle; -- in it";
ALTER TABLE part.region OWNER TO every_owner;
ALTER SEQUENCE data.fresh OWNER TO every_owner;
ALTER VIEW seen.some OWNER TO every_owner;
ALTER MATERIALIZED VIEW seen.unpopulated OWNER TO every_owner;
ALTER STATISTICS data.all_three OWNER TO every_owner;
ALTER FOREIGN DATA WRAPPER nowhere OWNER TO every_super;
ALTER SERVER far OWNER TO every_super;
ALTER FOREIGN TABLE away.one OWNER TO every_owner;
ALTER SUBSCRIPTION disabled OWNER TO every_super;
ALTER SCHEMA helper OWNER TO every_owner;

GRANT USAGE ON SCHEMA data TO every_reader WITH GRANT OPTION;
SET ROLE every_reader;
GRANT USAGE ON SCHEMA data TO every_writer;
RESET ROLE;
GRANT CREATE ON SCHEMA helper TO PUBLIC;
REVOKE ALL ON SCHEMA seen FROM every_super;
GRANT SELECT, INSERT (name, note) ON data.ordinary TO every_reader
	WITH GRANT OPTION;
SET ROLE every_reader;
GRANT SELECT ON data.ordinary TO every_writer WITH GRANT OPTION;
GRANT INSERT (name) ON data.ordinary TO every_writer;
SET ROLE every_writer;
GRANT SELECT ON data.ordinary TO PUBLIC;
RESET ROLE;
GRANT UPDATE (late), REFERENCES (id) ON data.ordinary TO PUBLIC;
GRANT TRUNCATE, TRIGGER ON data.dog TO "Every ""odd"" rôle; -- in it";
REVOKE ALL ON data.no_rows FROM every_owner;
REVOKE UPDATE ON data.animal FROM "Every ""odd"" rôle; -- in it";
GRANT SELECT ON part.measure, seen.some, seen.z_first, away.one TO every_reader;
GRANT DELETE ON part.measure_2026_1 TO every_writer;
GRANT USAGE, SELECT ON SEQUENCE data.down TO every_reader;
GRANT ALL ON SEQUENCE data.ordinary_id_seq TO every_writer;
REVOKE EXECUTE ON FUNCTION code.twice(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION code.twice(integer) TO every_reader;
REVOKE EXECUTE ON PROCEDURE code.tidy FROM PUBLIC, every_owner;
GRANT EXECUTE ON FUNCTION code.total(integer) TO every_writer WITH GRANT OPTION;
REVOKE USAGE ON TYPE kinds.mood FROM PUBLIC;
GRANT USAGE ON TYPE kinds.mood TO every_reader;
GRANT USAGE ON DOMAIN kinds.positive TO every_reader WITH GRANT OPTION;
REVOKE USAGE ON LANGUAGE plours FROM PUBLIC;
GRANT USAGE ON LANGUAGE plours TO every_writer;
GRANT USAGE ON FOREIGN DATA WRAPPER nowhere TO every_reader WITH GRANT OPTION;
GRANT USAGE ON FOREIGN SERVER far TO every_reader;
-- On what the server itself made.
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO every_reader;
GRANT SELECT (rolname) ON pg_catalog.pg_authid TO every_reader;
REVOKE USAGE ON SCHEMA information_schema FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO every_owner;
COMMENT ON SCHEMA public IS 'another comment';

ALTER DEFAULT PRIVILEGES FOR ROLE every_owner IN SCHEMA data
	GRANT SELECT ON TABLES TO every_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner
	REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner
	REVOKE ALL ON TABLES FROM every_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE "Every ""odd"" rôle; -- in it"
	GRANT USAGE ON SCHEMAS TO every_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE every_maker
	GRANT ALL ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE every_maker IN SCHEMA kinds
	GRANT USAGE ON TYPES TO every_writer;
