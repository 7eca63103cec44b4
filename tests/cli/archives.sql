-- A small database for the tests of list, show and cat.
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace'), (3, E'tab\there');
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users,
    note text, paid numeric(10,2), at timestamptz);
INSERT INTO orders SELECT i, 1 + i % 3, CASE WHEN i % 7 > 0 THEN 'note ' || i
    END, i * 1.25, '2026-11-20 02:15:00+00'::timestamptz + i * interval '1 h'
    FROM generate_series(1, 1000) i;
CREATE SCHEMA "Audit";
CREATE TABLE "Audit"."My Log" (id int, doc jsonb);
INSERT INTO "Audit"."My Log" VALUES (1, '{"a": [1, 2]}'), (2, NULL);
CREATE TABLE "Audit".users (id int);
CREATE TABLE parts (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts SELECT i, 'v' || i FROM generate_series(0, 19) i;
CREATE SEQUENCE numbers;
SELECT pg_catalog.setval('numbers', 42);
