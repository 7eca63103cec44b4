-- What came with version 13.
ALTER STATISTICS data.all_three SET STATISTICS 123;
CREATE PUBLICATION of_root FOR TABLE part.measure
	WITH (publish_via_partition_root = true);
CREATE TABLE data.lacks_expression (a integer,
	b integer GENERATED ALWAYS AS (a + 1) STORED, c integer);
ALTER TABLE data.lacks_expression ALTER COLUMN b DROP EXPRESSION;
INSERT INTO data.lacks_expression VALUES (1, 5, 6);
CREATE TRIGGER before_row BEFORE INSERT ON fired.parted
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
CREATE INDEX deduplicated ON data.ordinary (mood) WITH (deduplicate_items = off);
