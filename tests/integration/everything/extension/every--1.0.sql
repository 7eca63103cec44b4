\echo Use "CREATE EXTENSION every" to load this file. \quit

CREATE TABLE settings (name text PRIMARY KEY, value text,
	shipped boolean NOT NULL DEFAULT false);
INSERT INTO settings VALUES ('colour', 'blue', true), ('size', '7', true);
SELECT pg_extension_config_dump('settings', 'WHERE NOT shipped');
CREATE TABLE details (setting text REFERENCES settings, detail text);
SELECT pg_extension_config_dump('details', '');
CREATE SEQUENCE numbers;
SELECT pg_extension_config_dump('numbers', '');
-- Rows of this one are the extension's alone.
CREATE TABLE shipped (i integer);
INSERT INTO shipped VALUES (1), (2);
CREATE FUNCTION answer() RETURNS integer LANGUAGE sql AS 'SELECT 42';
CREATE VIEW overview AS SELECT name FROM settings;
GRANT SELECT ON settings TO PUBLIC;
REVOKE EXECUTE ON FUNCTION answer() FROM PUBLIC;
