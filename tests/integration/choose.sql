-- A database to choose from: what pg_dump's options tell apart.
SET client_min_messages = warning;

CREATE EXTENSION pg_trgm;
CREATE SCHEMA app;
CREATE SCHEMA log;
CREATE SCHEMA "Odd.One";
COMMENT ON SCHEMA app IS 'the application';
GRANT USAGE ON SCHEMA app TO chooser;

CREATE TYPE app.mood AS ENUM ('sad', 'happy');
CREATE DOMAIN app.code AS text CHECK (VALUE <> '');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS
	$$BEGIN NEW.note := 'touched'; RETURN NEW; END$$;
CREATE FUNCTION app.twice(integer) RETURNS integer
	LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';

-- With everything that a table may own.
CREATE TABLE app.customer (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	feeling app.mood DEFAULT 'happy',
	area app.code,
	UNIQUE (name)
);
CREATE TABLE app.orders (
	id serial PRIMARY KEY,
	customer integer NOT NULL REFERENCES app.customer,
	placed timestamptz NOT NULL DEFAULT '2026-01-01 00:00+00',
	note text,
	total numeric(10, 2) CHECK (total >= 0),
	doubled integer GENERATED ALWAYS AS (app.twice(id)) STORED
);
ALTER TABLE app.customer ADD COLUMN last_order integer
	REFERENCES app.orders DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX orders_note ON app.orders USING gin (note public.gin_trgm_ops);
CREATE INDEX orders_twice ON app.orders (app.twice(id));
CREATE STATISTICS app.orders_stats (dependencies) ON customer, placed
	FROM app.orders;
CREATE TRIGGER touch BEFORE UPDATE ON app.orders
	FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE RULE quiet AS ON DELETE TO app.orders
	WHERE OLD.id < 0 DO INSTEAD NOTHING;
ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.orders TO chooser USING (id > 0);
COMMENT ON TABLE app.orders IS 'what was ordered';
COMMENT ON COLUMN app.orders.note IS 'free text';
COMMENT ON CONSTRAINT orders_pkey ON app.orders IS 'the key';
COMMENT ON INDEX app.orders_note IS 'for searching';
COMMENT ON TRIGGER touch ON app.orders IS 'touches';
COMMENT ON SEQUENCE app.orders_id_seq IS 'numbers';
GRANT SELECT, INSERT (note) ON app.orders TO chooser;
GRANT USAGE ON SEQUENCE app.orders_id_seq TO chooser;
CREATE TABLE app.item (
	order_id integer REFERENCES app.orders,
	line integer,
	what text,
	PRIMARY KEY (order_id, line)
);
CREATE VIEW app.summary AS
	SELECT customer, sum(total) AS total FROM app.orders GROUP BY customer;
CREATE MATERIALIZED VIEW app.summary_saved AS SELECT * FROM app.summary;
CREATE UNIQUE INDEX ON app.summary_saved (customer);
CREATE SEQUENCE app.ticket START 500;

-- The same name where a session looks first.
CREATE TABLE public.orders (id integer PRIMARY KEY, old boolean);
CREATE TABLE public."Orders" (id integer);
CREATE TABLE "Odd.One"."My ""Table"".*" ("a.b" integer, "C" text);

-- Partitions of two levels, and heirs.
CREATE TABLE log.event (at date NOT NULL, device integer, what text)
	PARTITION BY RANGE (at);
CREATE TABLE log.event_2025 PARTITION OF log.event
	FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE log.event_2026 PARTITION OF log.event
	FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
	PARTITION BY LIST (device);
CREATE TABLE log.event_2026_1 PARTITION OF log.event_2026 FOR VALUES IN (1);
CREATE TABLE log.event_2026_rest PARTITION OF log.event_2026 DEFAULT;
CREATE INDEX event_device ON log.event (device);
CREATE TABLE log.base (id integer, what text);
CREATE TABLE log.heir (more text) INHERITS (log.base);
CREATE TABLE log.heir_of_heir () INHERITS (log.heir);

CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE log.away (a integer) SERVER far;
CREATE PUBLICATION part_of_it FOR TABLE app.orders, app.customer;
COMMENT ON PUBLICATION part_of_it IS 'of two';
CREATE CAST (app.mood AS integer) WITH INOUT;
COMMENT ON DATABASE choose IS 'to choose from';
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO chooser;

INSERT INTO app.customer (name, feeling, area)
SELECT 'Customer ' || i, (enum_range(NULL::app.mood))[i % 2 + 1], 'x' || i
FROM generate_series(1, 100) AS i;
INSERT INTO app.orders (customer, note, total)
SELECT i % 100 + 1, 'note ' || i, i / 7.0 FROM generate_series(1, 3000) AS i;
UPDATE app.customer SET last_order = id;
INSERT INTO app.item SELECT i % 3000 + 1, i / 3000, 'item ' || i
FROM generate_series(1, 5000) AS i;
REFRESH MATERIALIZED VIEW app.summary_saved;
INSERT INTO public.orders SELECT i, i % 2 = 0 FROM generate_series(1, 50) AS i;
INSERT INTO public."Orders" VALUES (1), (2);
INSERT INTO "Odd.One"."My ""Table"".*" VALUES (1, 'one'), (2, NULL);
INSERT INTO log.event
SELECT date '2025-06-01' + i, i % 3, 'event ' || i
FROM generate_series(1, 400) AS i;
INSERT INTO log.base VALUES (1, 'base');
INSERT INTO log.heir VALUES (2, 'heir', 'more');
INSERT INTO log.heir_of_heir VALUES (3, 'heir of heir', 'more');
SELECT nextval('app.ticket');
SELECT lo_from_bytea(7001, 'large'), lo_from_bytea(7002, '');
GRANT SELECT ON LARGE OBJECT 7001 TO chooser;
COMMENT ON LARGE OBJECT 7001 IS 'the seventh';
