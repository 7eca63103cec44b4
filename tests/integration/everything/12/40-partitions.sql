-- Partitioned tables.
CREATE SCHEMA part;

-- Three levels, with a default at two of them.
CREATE TABLE part.measure (
	at timestamptz NOT NULL,
	device integer NOT NULL,
	gone text,
	value double precision,
	PRIMARY KEY (at, device)
) PARTITION BY RANGE (at);
ALTER TABLE part.measure DROP COLUMN gone;
CREATE TABLE part.measure_old PARTITION OF part.measure
	(value DEFAULT 1 CONSTRAINT large CHECK (value < 1e9))
	FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00+00')
	WITH (fillfactor = 80) TABLESPACE every_space;
CREATE TABLE part.measure_2026 PARTITION OF part.measure
	FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00')
	PARTITION BY LIST (device);
CREATE TABLE part.measure_2026_1 PARTITION OF part.measure_2026
	FOR VALUES IN (1, 2);
CREATE TABLE part.measure_2026_more PARTITION OF part.measure_2026 DEFAULT
	PARTITION BY HASH (device);
CREATE TABLE part.measure_2026_more_0 PARTITION OF part.measure_2026_more
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part."Measure 2026 more 1" PARTITION OF part.measure_2026_more
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE part.measure_rest PARTITION OF part.measure DEFAULT;
CREATE INDEX measure_device ON part.measure (device);
CREATE INDEX measure_parent ON ONLY part.measure (value);
ALTER INDEX part.measure_device SET TABLESPACE every_space;
COMMENT ON INDEX part.measure_old_device_idx IS 'an index of a partition';
ALTER INDEX part.measure_rest_device_idx RENAME TO "Odd part's index";
ALTER TABLE part.measure_old CLUSTER ON measure_old_pkey;

-- By several keys, by expressions, with collation and operator class.
CREATE TABLE part.several (a integer, b text, c date)
	PARTITION BY RANGE (a, lower(b) COLLATE "C" text_pattern_ops, c);
CREATE TABLE part.several_1 PARTITION OF part.several
	FOR VALUES FROM (1, MINVALUE, MINVALUE) TO (5, 'k', '2026-01-01');
CREATE TABLE part.several_2 PARTITION OF part.several
	FOR VALUES FROM (5, 'k', '2026-01-01') TO (MAXVALUE, MAXVALUE, MAXVALUE);

-- Attached later: columns in another order, own indexes and constraints.
CREATE TABLE part.region (code text, name text NOT NULL, UNIQUE (code, name))
	PARTITION BY LIST (code);
CREATE TABLE part.region_north PARTITION OF part.region FOR VALUES IN ('n', NULL);
CREATE TABLE part.region_south (gone integer, name text NOT NULL, code text,
	CONSTRAINT south CHECK (code = 's'), UNIQUE (name, code));
ALTER TABLE part.region_south DROP COLUMN gone;
ALTER TABLE part.region_south ADD CONSTRAINT own UNIQUE (code, name);
ALTER TABLE part.region ATTACH PARTITION part.region_south FOR VALUES IN ('s');

-- Foreign keys from and to partitioned tables.
CREATE TABLE part.order (id integer, kind text, PRIMARY KEY (id, kind))
	PARTITION BY LIST (kind);
CREATE TABLE part.order_a PARTITION OF part.order FOR VALUES IN ('a');
CREATE TABLE part.order_b PARTITION OF part.order FOR VALUES IN ('b');
CREATE TABLE part.line (id integer, order_id integer, kind text,
	CONSTRAINT "of order" FOREIGN KEY (order_id, kind) REFERENCES part.order
		ON DELETE CASCADE) PARTITION BY HASH (id);
CREATE TABLE part.line_0 PARTITION OF part.line
	FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE part.note (order_id integer, kind text, text text,
	FOREIGN KEY (order_id, kind) REFERENCES part.order DEFERRABLE
		INITIALLY DEFERRED);

-- Without a partition, without a row, generated columns, replica identity.
CREATE TABLE part.none (a integer) PARTITION BY HASH (a);
CREATE TABLE part.made (a integer, twice integer
	GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY RANGE (a);
CREATE TABLE part.made_1 PARTITION OF part.made FOR VALUES FROM (0) TO (100);
CREATE UNIQUE INDEX made_a ON part.made (a);
ALTER TABLE part.made_1 ALTER COLUMN a SET NOT NULL;
ALTER TABLE part.made_1 REPLICA IDENTITY USING INDEX made_1_a_idx;
-- A unlogged partition, and one with row security.
CREATE UNLOGGED TABLE part.made_2 PARTITION OF part.made
	FOR VALUES FROM (100) TO (200);
ALTER TABLE part.made_2 ENABLE ROW LEVEL SECURITY;
-- By hash of what hashes otherwise in another database.
CREATE TABLE part.by_mood (mood kinds.mood, i integer) PARTITION BY HASH (mood);
CREATE TABLE part.by_mood_0 PARTITION OF part.by_mood
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part.by_mood_1 PARTITION OF part.by_mood
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
