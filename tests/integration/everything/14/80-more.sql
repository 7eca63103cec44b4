-- What came with version 14.
CREATE TABLE data.compressed (id integer, p text COMPRESSION pglz, d text);
INSERT INTO data.compressed SELECT i, repeat('p', 5000), repeat('d', 5000)
FROM generate_series(1, 3) i;
CREATE STATISTICS data.of_expressions ON (late * 2), (lower(name))
	FROM data.ordinary;
CREATE STATISTICS data.of_one ON (amount + 1) FROM data.ordinary;

-- Bodies in standard SQL, which know what they depend on.
CREATE FUNCTION code.standard(a integer) RETURNS bigint LANGUAGE sql
	RETURN (SELECT count(*) + a FROM data.ordinary);
CREATE PROCEDURE code.standard_block(a text) LANGUAGE sql
BEGIN ATOMIC
	INSERT INTO seen.log VALUES (a, 1);
	SELECT 1;
END;
CREATE FUNCTION code.by_key() RETURNS bigint LANGUAGE sql
BEGIN ATOMIC
	SELECT count(name) FROM data.ordinary GROUP BY id;
END;
CREATE PROCEDURE code.out_of(OUT a integer, IN b integer) LANGUAGE plpgsql
	AS $$ BEGIN a := b; END $$;
CREATE TYPE kinds.many_spans AS RANGE (subtype = numeric,
	multirange_type_name = kinds."Odd ""multirange""");
CREATE TABLE kinds.of_multiranges (a kinds."Odd ""multirange""",
	b int4multirange, c kinds."Odd ""multirange"""[]);
INSERT INTO kinds.of_multiranges VALUES ('{[1,2),[5,6)}', '{[1,2),[3,)}',
	ARRAY['{}'::kinds."Odd ""multirange"""]);
CREATE TYPE kinds.subscripted;
CREATE FUNCTION kinds.subscripted_in(cstring) RETURNS kinds.subscripted
	LANGUAGE internal IMMUTABLE STRICT AS 'jsonb_in';
CREATE FUNCTION kinds.subscripted_out(kinds.subscripted) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT AS 'jsonb_out';
CREATE TYPE kinds.subscripted (INPUT = kinds.subscripted_in,
	OUTPUT = kinds.subscripted_out, INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4, STORAGE = extended,
	SUBSCRIPT = jsonb_subscript_handler);
CREATE TABLE part.apart (a integer) PARTITION BY LIST (a);
CREATE TABLE part.apart_1 PARTITION OF part.apart FOR VALUES IN (1);
ALTER TABLE part.apart DETACH PARTITION part.apart_1;
CREATE INDEX minmax ON data.ordinary
	USING brin (id int8_minmax_multi_ops (values_per_range = 16));
CREATE SUBSCRIPTION in_binary CONNECTION 'host=/nonexistent' PUBLICATION one
	WITH (connect = false, slot_name = NONE, binary = true, streaming = true);
CREATE VIEW seen.searching AS
	WITH RECURSIVE t (i, j) AS (SELECT 1, 2 UNION ALL
		SELECT i + 1, j FROM t WHERE i < 3)
	SEARCH BREADTH FIRST BY i SET o CYCLE i SET c USING p
	SELECT i, j, c FROM t ORDER BY o;
