-- Foreign data, publications, subscriptions, extensions.
CREATE SCHEMA away;
CREATE SCHEMA extended;
CREATE EXTENSION postgres_fdw SCHEMA extended;
CREATE EXTENSION file_fdw;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION hstore SCHEMA extended;
CREATE EXTENSION bloom;
CREATE EXTENSION citext;
COMMENT ON EXTENSION pg_trgm IS 'a comment of our own';
CREATE INDEX ordinary_trgm ON data.ordinary USING gin (name gin_trgm_ops);
CREATE INDEX ordinary_bloom ON data.ordinary USING bloom (also) WITH (length = 32);
CREATE TABLE data.of_extensions (id integer, h extended.hstore, c citext);
CREATE INDEX ON data.of_extensions USING gist (h);

CREATE FOREIGN DATA WRAPPER nowhere OPTIONS (debug 'true', "Odd ""o""" 'it''s');
CREATE FUNCTION away.validate(text[], oid) RETURNS void LANGUAGE plpgsql
	AS 'BEGIN END';
CREATE FOREIGN DATA WRAPPER checked VALIDATOR away.validate;
CREATE SERVER far TYPE 'a type' VERSION '1.2' FOREIGN DATA WRAPPER nowhere
	OPTIONS (host 'x''y');
CREATE SERVER "Odd ""server""" FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (dbname 'elsewhere', fetch_size '7');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE USER MAPPING FOR every_reader SERVER far OPTIONS ("user" 'u', password 'p''q');
CREATE USER MAPPING FOR PUBLIC SERVER far;
CREATE USER MAPPING FOR "Every ""odd"" rôle; -- in it" SERVER "Odd ""server"""
	OPTIONS ("user" 'somebody');
CREATE FOREIGN TABLE away.one (a integer OPTIONS (column_name 'A''s') NOT NULL
	DEFAULT 3, b text COLLATE "C" CHECK (b <> ''), gone integer,
	c integer GENERATED ALWAYS AS (a * 2) STORED)
	SERVER far OPTIONS (schema_name 's', table_name 't');
ALTER FOREIGN TABLE away.one DROP COLUMN gone;
ALTER FOREIGN TABLE away.one ALTER COLUMN b SET STATISTICS 77,
	ALTER COLUMN b SET (n_distinct = 9);
CREATE TRIGGER refuse BEFORE INSERT ON away.one
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
CREATE FOREIGN TABLE away.dog () INHERITS (data.animal)
	SERVER "Odd ""server""";
CREATE TABLE away.parted (a integer, b text) PARTITION BY LIST (a);
CREATE FOREIGN TABLE away.parted_1 PARTITION OF away.parted FOR VALUES IN (1)
	SERVER far;
CREATE TABLE away.parted_2 PARTITION OF away.parted FOR VALUES IN (2);

CREATE PUBLICATION of_all FOR ALL TABLES WITH (publish = 'insert, truncate');
CREATE PUBLICATION "Odd ""publication""" FOR TABLE data.ordinary,
	ONLY data.animal WITH (publish = 'update, delete');
CREATE PUBLICATION of_none;
CREATE SUBSCRIPTION disabled CONNECTION 'host=/nonexistent dbname=none'
	PUBLICATION one, "Odd ""publication""" WITH (connect = false,
	slot_name = NONE, synchronous_commit = 'remote_apply');
-- This one is enabled; a copy must not be.
CREATE SUBSCRIPTION enabled
	CONNECTION 'host=/nonexistent dbname=none application_name=''a b'''
	PUBLICATION one WITH (connect = false, slot_name = 'a_slot');
ALTER SUBSCRIPTION enabled ENABLE;
