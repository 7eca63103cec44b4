-- What the 1 GB database holds besides the large table: customers, events
-- with jsonb, and documents of 20 kB in words.
\set ON_ERROR_STOP on
\set customers 'greatest(100, (100000 * :scale)::bigint)'
\set events 'greatest(1000, (1500000 * :scale)::bigint)'
\set documents 'greatest(20, (12000 * :scale)::bigint)'

CREATE TABLE customer (
	id serial PRIMARY KEY,
	name text NOT NULL,
	email text NOT NULL UNIQUE,
	joined timestamptz NOT NULL,
	credit numeric(12,2) NOT NULL,
	active boolean NOT NULL
);

INSERT INTO customer (name, email, joined, credit, active)
SELECT 'Customer ' || md5(i::text),
	'c' || i || '@' || substr(md5(i::text), 1, 6) || '.example',
	timestamptz '2018-01-01 00:00+00' + (h & 134217727) * interval '1 second',
	(h >> 27 & 1048575) / 100.0,
	h >> 47 & 7 <> 0
FROM (
	SELECT i, hashint8extended(i, 4) & 9223372036854775807 AS h
	FROM generate_series(1, :customers) AS i
	OFFSET 0
) AS hashed;

CREATE TABLE event (
	id bigserial PRIMARY KEY,
	customer_id integer NOT NULL,
	at timestamptz NOT NULL,
	payload jsonb NOT NULL
);

INSERT INTO event (customer_id, at, payload)
SELECT 1 + h % (:customers),
	timestamptz '2021-01-01 00:00+00' + i * interval '61 seconds',
	jsonb_build_object(
		'type', (ARRAY['view', 'click', 'order', 'pay', 'return', 'search'])
			[(h >> 20 & 7)::integer % 6 + 1],
		'page', '/shop/' || (h >> 23 & 2047),
		'ms', h >> 34 & 1023,
		'agent', (ARRAY['desktop', 'tablet', 'phone', 'kiosk'])
			[(h >> 44 & 3)::integer + 1],
		'tags', jsonb_build_array('t' || (h >> 46 & 63), 't' || (h >> 52 & 63)),
		'session', substr(md5((i / 20)::text), 1, 16))
FROM (
	SELECT i, hashint8extended(i, 5) & 9223372036854775807 AS h
	FROM generate_series(1, :events) AS i
	OFFSET 0
) AS hashed;

ALTER TABLE event ADD FOREIGN KEY (customer_id) REFERENCES customer;
CREATE INDEX event_payload ON event USING gin (payload);

-- Phrases of four words out of 3,000, few of them frequent and most rare, as
-- in prose: the documents made of them compress about as prose does.
CREATE TEMPORARY TABLE phrase AS
SELECT n, string_agg(substr(translate(md5(word || 'w'), '0123456789',
	'ilnorstuay'), 1, 2 + word % 8), ' ' ORDER BY w) AS words
FROM (
	SELECT n, w, (3000 * power((hashint8extended(n * 4 + w, 6) & 1048575)
		/ 1048576.0::float8, 3))::integer AS word
	FROM generate_series(0, 50000) AS n, generate_series(0, 3) AS w
) AS picked
GROUP BY n;
CREATE UNIQUE INDEX ON phrase (n);
ANALYZE phrase;

CREATE TABLE document (
	id serial PRIMARY KEY,
	title text NOT NULL,
	body text NOT NULL
);

INSERT INTO document (title, body)
SELECT 'Document ' || d,
	left(string_agg(words, '. ' ORDER BY part), 20000)
FROM generate_series(1, :documents) AS d
	CROSS JOIN generate_series(1, 1000) AS part
	JOIN phrase ON n = (50000 * power(
		(hashint8extended(d * 1000 + part, 7) & 1048575)
		/ 1048576.0::float8, 2))::integer
GROUP BY d;

VACUUM (FREEZE, ANALYZE) customer, event, document;
