-- Views, rules, materialized views.
CREATE SCHEMA seen;
CREATE VIEW seen.some WITH (security_barrier) AS
	SELECT id, name, late FROM data.ordinary WHERE late > 1
	WITH LOCAL CHECK OPTION;
ALTER VIEW seen.some ALTER COLUMN name SET DEFAULT 'nobody';
CREATE VIEW seen.of_some AS SELECT * FROM seen.some WHERE id < 1000000
	WITH CASCADED CHECK OPTION;
CREATE RECURSIVE VIEW seen.counting (n) AS
	SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE VIEW seen."Odd ""view""; -- in it" ("Odd ""column""", "%s") AS
	SELECT 'it''s \ ' || E'\n', 2;
CREATE VIEW seen.no_columns AS SELECT FROM data.ordinary;
CREATE VIEW seen.with_all AS
	WITH RECURSIVE t AS (SELECT 1 AS i UNION SELECT i + 1 FROM t WHERE i < 3)
	SELECT t.i, s.total, o.mood, w.rank FROM t
	CROSS JOIN LATERAL (SELECT code.total(g + t.i) AS total
		FROM generate_series(1, 3) g) s
	LEFT JOIN data.ordinary o ON o.base OPERATOR(code.=) t.i
	CROSS JOIN (SELECT rank() OVER (PARTITION BY g ORDER BY g DESC) AS rank
		FROM generate_series(1, 2) WITH ORDINALITY AS x(g, n)) w;

-- Three views in a circle, and a view that a table's rule reads.
CREATE VIEW seen.circle_a AS SELECT 1 AS a, 'x'::text AS t;
CREATE VIEW seen.circle_b AS SELECT a, t FROM seen.circle_a;
CREATE VIEW seen.circle_c AS SELECT a, t FROM seen.circle_b;
CREATE OR REPLACE VIEW seen.circle_a AS
	SELECT 1 AS a, 'x'::text AS t WHERE EXISTS (SELECT FROM seen.circle_c
	WHERE false);
-- Views that depend on a primary key, and what depends on them.
CREATE VIEW seen.by_key AS SELECT o.id, o.name, o.amount, count(*) AS n
	FROM data.ordinary o GROUP BY o.id;
CREATE VIEW seen.above_key AS SELECT sum(n) AS n FROM seen.by_key;
CREATE FUNCTION seen.rows_of_key() RETURNS SETOF seen.by_key LANGUAGE sql
	AS 'SELECT * FROM seen.by_key';
CREATE MATERIALIZED VIEW seen.stored_key AS
	SELECT o.id, o.name, count(*) AS n FROM data.ordinary o GROUP BY o.id
	WITH NO DATA;

-- Materialized views over each other, named against their order, one through
-- a view; with all that a table has.
CREATE MATERIALIZED VIEW seen.z_first WITH (fillfactor = 70)
	TABLESPACE every_space AS
	SELECT late, count(*) AS n, max(name) AS name FROM data.ordinary
	GROUP BY late WITH NO DATA;
CREATE VIEW seen.between AS SELECT late, n FROM seen.z_first;
CREATE MATERIALIZED VIEW seen.y_second AS SELECT sum(n) AS n FROM seen.between
	WITH NO DATA;
CREATE MATERIALIZED VIEW seen.a_third ("the n", twice) AS
	SELECT n, code.twice(n::integer) FROM seen.y_second WITH NO DATA;
CREATE UNIQUE INDEX ON seen.z_first (late);
CREATE INDEX z_expression ON seen.z_first ((n * 2)) WHERE late > 1;
ALTER MATERIALIZED VIEW seen.z_first CLUSTER ON z_first_late_idx;
ALTER MATERIALIZED VIEW seen.z_first ALTER COLUMN n SET STATISTICS 50;
ALTER MATERIALIZED VIEW seen.z_first ALTER COLUMN name SET STORAGE EXTERNAL;
CREATE MATERIALIZED VIEW seen.unpopulated AS SELECT 1 AS one WITH NO DATA;
CREATE MATERIALIZED VIEW seen.of_unpopulated AS
	SELECT one + 1 AS two FROM seen.unpopulated WITH NO DATA;
CREATE INDEX ON seen.unpopulated (one);

-- Rules: in each state, with conditions, with several actions, on a view.
CREATE TABLE seen.log (what text, id bigint);
CREATE TABLE seen.ruled (id integer PRIMARY KEY, t text);
CREATE RULE no_delete AS ON DELETE TO seen.ruled DO INSTEAD NOTHING;
CREATE RULE also_log AS ON UPDATE TO seen.ruled WHERE old.t <> new.t
	DO ALSO (INSERT INTO seen.log VALUES ('it''s; "updated"', new.id);
	INSERT INTO seen.log SELECT 'again', old.id;);
CREATE RULE disabled AS ON INSERT TO seen.ruled DO ALSO
	INSERT INTO seen.log VALUES ('off', new.id);
ALTER TABLE seen.ruled DISABLE RULE disabled;
CREATE RULE always AS ON INSERT TO seen.ruled DO ALSO NOTIFY rules;
ALTER TABLE seen.ruled ENABLE ALWAYS RULE always;
CREATE RULE replica AS ON UPDATE TO seen.ruled DO ALSO
	DELETE FROM seen.log WHERE id = old.id;
ALTER TABLE seen.ruled ENABLE REPLICA RULE replica;
CREATE VIEW seen.writable AS SELECT id, t FROM seen.ruled;
CREATE RULE "Odd ""rule""" AS ON INSERT TO seen.writable DO INSTEAD
	INSERT INTO seen.ruled VALUES (new.id, new.t || ';')
	RETURNING id, t;
