-- What came with version 18.
CREATE TABLE data.virtual (a integer, b integer GENERATED ALWAYS AS (a * 2)
	VIRTUAL, c integer GENERATED ALWAYS AS (a * 3) STORED, d integer DEFAULT 4);
INSERT INTO data.virtual (a) VALUES (1), (2), (NULL);
CREATE TABLE part.virtual (a integer, b integer GENERATED ALWAYS AS (a * 2)
	VIRTUAL) PARTITION BY LIST (a);
CREATE TABLE part.virtual_1 PARTITION OF part.virtual
	(b GENERATED ALWAYS AS (a * 5)) FOR VALUES IN (1);
INSERT INTO part.virtual VALUES (1);

CREATE TABLE data.unenforced (a integer CONSTRAINT "not ""checked"""
	CHECK (a > 0) NOT ENFORCED, b integer);
INSERT INTO data.unenforced VALUES (-1, 12345), (1, 1);
ALTER TABLE data.unenforced ADD CONSTRAINT no_key FOREIGN KEY (b)
	REFERENCES data.left_one NOT ENFORCED;
CREATE TABLE data.named_nulls (a integer CONSTRAINT "a's ""null""" NOT NULL,
	b integer NOT NULL, c integer CONSTRAINT own NOT NULL NO INHERIT,
	d integer);
INSERT INTO data.named_nulls VALUES (1, 2, 3, NULL);
ALTER TABLE data.named_nulls ADD CONSTRAINT later NOT NULL d NOT VALID;
CREATE TABLE data.named_heir (CONSTRAINT heirs NOT NULL c)
	INHERITS (data.named_nulls);
ALTER TABLE data.named_nulls ALTER CONSTRAINT own INHERIT;

CREATE TABLE data.stay (room int4range, at daterange,
	PRIMARY KEY (room, at WITHOUT OVERLAPS));
INSERT INTO data.stay VALUES ('[1,2)', '[2026-01-01,2026-01-05)'),
	('[1,2)', '[2026-01-05,2026-01-09)');
CREATE TABLE data.guest (room int4range, at daterange, name text,
	UNIQUE (room, at WITHOUT OVERLAPS),
	FOREIGN KEY (room, PERIOD at) REFERENCES data.stay (room, PERIOD at));
INSERT INTO data.guest VALUES ('[1,2)', '[2026-01-02,2026-01-06)', 'x');
CREATE COLLATION code.fast (provider = builtin, locale = 'PG_UNICODE_FAST');
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner
	GRANT SELECT ON LARGE OBJECTS TO every_reader;
CREATE PUBLICATION of_generated FOR TABLE data.virtual
	WITH (publish_generated_columns = stored);
CREATE FOREIGN TABLE away.like_virtual (LIKE data.virtual INCLUDING ALL)
	SERVER far;
