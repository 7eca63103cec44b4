-- What tests/golden/format-1*.cask hold: an example of everything that format
-- 1 can carry.
SET client_min_messages = warning;
CREATE SCHEMA museum;
SET search_path = museum;
CREATE TYPE era AS ENUM ('old', 'new');
CREATE TYPE place AS (room integer, shelf text);
-- Copied in binary.
CREATE TABLE artist (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	born date,
	era era,
	facts jsonb
);
-- Copied in text, for its composite type.
CREATE TABLE work (
	id bigint PRIMARY KEY,
	artist_id integer NOT NULL REFERENCES artist,
	title text,
	at place,
	price numeric(12, 2) CHECK (price > 0),
	tags text[]
);
CREATE INDEX work_title ON work (lower(title));
CREATE TABLE visit (day date NOT NULL, guests integer)
	PARTITION BY RANGE (day);
CREATE TABLE visit_2025 PARTITION OF visit
	FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE visit_2026 PARTITION OF visit
	FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE empty (a integer);
CREATE TABLE "Odd ""name"", ünïcode" ("Column ;" text);
CREATE SEQUENCE ticket START 5 INCREMENT 3;
CREATE VIEW busy AS SELECT day FROM visit WHERE guests > 90;
CREATE MATERIALIZED VIEW per_era AS
	SELECT era, count(*) FROM artist GROUP BY era;
INSERT INTO artist (name, born, era, facts)
SELECT 'Artist ' || i, date '1800-01-01' + i * 100,
	(enum_range(NULL::era))[i % 2 + 1], jsonb_build_object('n', i)
FROM generate_series(1, 500) i;
INSERT INTO work
SELECT i, i % 500 + 1, 'Work ' || i || E' \\ \t é',
	CASE WHEN i % 3 > 0 THEN ROW(i, 'shelf "' || i)::place END,
	i + 0.25, ARRAY[NULL, 'tag', '']
FROM generate_series(1, 1000) i;
INSERT INTO visit
SELECT date '2025-06-01' + i, i % 100 FROM generate_series(1, 400) i;
INSERT INTO "Odd ""name"", ünïcode" VALUES (NULL), (''), (E'\\.');
SELECT nextval('ticket'), nextval('ticket');
SELECT lo_from_bytea(1234, 'a large object');
SELECT lo_from_bytea(1235, convert_to(repeat('0123456789', 150000), 'UTF8'));
REFRESH MATERIALIZED VIEW per_era;
