-- An extension with configuration tables, and an extension's own objects with
-- other privileges than it gave them.
CREATE EXTENSION every;
INSERT INTO every.settings VALUES ('mine', E'it''s\tmine', false),
	('mine too', NULL, false);
INSERT INTO every.details VALUES ('mine', 'of mine'), ('colour', 'of theirs');
SELECT setval('every.numbers', 77);
GRANT INSERT ON every.settings TO every_reader;
GRANT EXECUTE ON FUNCTION every.answer() TO every_writer;
REVOKE SELECT ON every.settings FROM PUBLIC;
