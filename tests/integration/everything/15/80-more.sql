-- What came with version 15.
CREATE TABLE data.not_distinct (a integer, b integer,
	UNIQUE NULLS NOT DISTINCT (a, b));
CREATE UNIQUE INDEX ON data.not_distinct (b) NULLS NOT DISTINCT;
INSERT INTO data.not_distinct VALUES (1, NULL), (NULL, 1);
ALTER TABLE data.right_one ADD CONSTRAINT some_columns
	FOREIGN KEY (to_self, other) REFERENCES data.left_one (id, other)
	ON DELETE SET NULL (other) NOT VALID;
CREATE VIEW seen.as_invoker WITH (security_invoker = true) AS
	SELECT * FROM data.guarded;
CREATE UNLOGGED SEQUENCE data.unlogged_sequence;
SELECT nextval('data.unlogged_sequence');
CREATE PUBLICATION of_schemas FOR TABLES IN SCHEMA data, "空白 схема",
	TABLE part.region_south WHERE (code = 's');
CREATE PUBLICATION of_columns FOR TABLE data.ordinary (id, name, also, late)
	WHERE (late > 2 AND note <> 'it''s') WITH (publish = 'insert');
CREATE SUBSCRIPTION two_phases CONNECTION 'host=/nonexistent' PUBLICATION one
	WITH (connect = false, slot_name = NONE, two_phase = true,
	disable_on_error = true);
ALTER DATABASE :"DBNAME" SET "ours.limit" = '7';
