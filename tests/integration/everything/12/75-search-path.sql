-- Expressions that call functions of other schemas by their bare names, as far
-- as pg_dump brings them back: where the function sets its own search_path,
-- or is not called while rows come in.
CREATE SCHEMA bare;
CREATE SCHEMA bare_helper;
CREATE FUNCTION bare_helper.inner(t text) RETURNS text LANGUAGE plpgsql
	IMMUTABLE STRICT AS 'BEGIN RETURN lower(t); END';
CREATE FUNCTION bare.outer(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE
	STRICT SET search_path = bare_helper AS 'BEGIN RETURN inner(t); END';
CREATE FUNCTION bare.unset(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE
	STRICT AS 'BEGIN RETURN inner(t); END';
CREATE DOMAIN bare.folded AS text CHECK (VALUE = bare.outer(VALUE));
CREATE TABLE bare.rows (id integer PRIMARY KEY, t text
	CHECK (bare.outer(t) <> ''), f bare.folded,
	g text GENERATED ALWAYS AS (bare.outer(t)) STORED,
	n text CHECK (bare.unset(n) <> ''));
INSERT INTO bare.rows (id, t, f) VALUES (1, 'One', 'one'), (2, 'TWO', NULL);
CREATE INDEX ON bare.rows (bare.outer(t));
CREATE MATERIALIZED VIEW bare.view AS
	SELECT id, bare.outer(t) AS o FROM bare.rows;
