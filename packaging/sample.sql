-- The quickstart's sample: a small shop with what real databases have in
-- them.  About 40 MB, made in two seconds.
SET client_min_messages = warning;
SET synchronous_commit = off;

CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'a sample for pgcask';
SET search_path = shop;

CREATE TYPE state AS ENUM ('new', 'paid', 'sent', 'returned');

CREATE TABLE customer (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	email text NOT NULL UNIQUE,
	born date,
	profile jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON customer USING gin (profile);

CREATE TABLE product (
	sku text PRIMARY KEY,
	title text NOT NULL,
	price numeric(12, 2) NOT NULL CHECK (price >= 0),
	tags text[] NOT NULL
);

CREATE SEQUENCE invoice_number START 1000;

CREATE TABLE purchase (
	id bigint NOT NULL,
	customer_id bigint NOT NULL REFERENCES customer,
	bought timestamptz NOT NULL,
	state state NOT NULL,
	invoice bigint NOT NULL DEFAULT nextval('invoice_number'),
	total numeric(14, 2) NOT NULL DEFAULT 0,
	PRIMARY KEY (id, bought)
) PARTITION BY RANGE (bought);
CREATE TABLE purchase_2025 PARTITION OF purchase
	FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE purchase_2026 PARTITION OF purchase
	FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');
CREATE INDEX ON purchase (customer_id);

-- Manuals are long: they show how large values fare.
CREATE TABLE manual (
	sku text PRIMARY KEY REFERENCES product ON DELETE CASCADE,
	body text NOT NULL,
	revised timestamptz NOT NULL DEFAULT '2026-01-01 00:00+00'
);

CREATE TABLE change (
	at timestamptz NOT NULL,
	what text NOT NULL
);

CREATE FUNCTION note_price() RETURNS trigger
LANGUAGE plpgsql SET search_path = shop AS $$
BEGIN
	INSERT INTO change
	VALUES (now(), format('%s: %s to %s', NEW.sku, OLD.price, NEW.price));
	RETURN NEW;
END
$$;
CREATE TRIGGER price_changed AFTER UPDATE OF price ON product
	FOR EACH ROW EXECUTE FUNCTION note_price();

CREATE VIEW sales_by_month AS
	SELECT date_trunc('month', bought) AS month, state, count(*) AS purchases,
		sum(total) AS total
	FROM purchase
	GROUP BY 1, 2;

INSERT INTO customer (name, email, born, profile)
SELECT 'Customer ' || i, 'c' || i || '@example.org',
	date '1950-01-01' + i % 20000,
	jsonb_build_object('city', 'City ' || i % 100, 'points', i % 1000,
		'likes', jsonb_build_array(i % 7, 'émoji 🐘', NULL))
FROM generate_series(1, 30000) i;

INSERT INTO product
SELECT 'SKU-' || i, 'Product ' || i, i % 500 + 0.99,
	ARRAY['tag' || i % 10, 'tag' || i % 13]
FROM generate_series(1, 1000) i;

INSERT INTO purchase (id, customer_id, bought, state, total)
SELECT i, i % 30000 + 1,
	timestamptz '2025-01-01 00:00+00' + i * interval '6 minutes',
	(enum_range(NULL::state))[i % 4 + 1], (i % 10000) / 100.0
FROM generate_series(1, 150000) i;

INSERT INTO manual (sku, body)
SELECT 'SKU-' || i,
	(SELECT string_agg(md5((i * 1000 + k)::text), ' ')
	FROM generate_series(1, 500) k)
FROM generate_series(1, 1000) i;

UPDATE product SET price = price + 1 WHERE sku LIKE 'SKU-1%';
ANALYZE;
