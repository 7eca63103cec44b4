-- Types of every kind.
CREATE SCHEMA kinds;

-- Enums.
CREATE TYPE kinds.mood AS ENUM ('sad', 'it''s ok', 'happy', '', 'Ünï');
ALTER TYPE kinds.mood ADD VALUE 'very sad' BEFORE 'sad';
ALTER TYPE kinds.mood ADD VALUE 'in between' AFTER 'sad';
ALTER TYPE kinds.mood RENAME VALUE 'happy' TO 'glad';
CREATE TYPE kinds.nothing_at_all AS ENUM ();

-- Composite types, one with an attribute that is no longer there.
CREATE TYPE kinds.pair AS (a integer, gone text, b text COLLATE "C");
ALTER TYPE kinds.pair DROP ATTRIBUTE gone;
ALTER TYPE kinds.pair ADD ATTRIBUTE "Late ""one""" numeric(10, 3)[];
CREATE TYPE kinds.nested AS (pair kinds.pair, mood kinds.mood, list kinds.pair[]);
CREATE TYPE kinds.no_attributes AS ();

-- Domains.
CREATE DOMAIN kinds.positive AS integer DEFAULT 1
	CONSTRAINT above CHECK (VALUE > 0) CONSTRAINT below CHECK (VALUE < 100000);
CREATE DOMAIN kinds.postcode AS varchar(8) COLLATE "C" NOT NULL DEFAULT '0000'
	CHECK (VALUE ~ '^\d{4}$');
CREATE DOMAIN kinds.small AS kinds.positive CHECK (VALUE < 10);
CREATE DOMAIN kinds.list AS integer[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN kinds.pair_domain AS kinds.pair CHECK ((VALUE).a > 0);
CREATE DOMAIN kinds.period AS tstzrange CHECK (NOT isempty(VALUE));
CREATE DOMAIN kinds.untidy AS integer;
CREATE TABLE kinds.of_untidy (u kinds.untidy);
INSERT INTO kinds.of_untidy VALUES (-1), (1);
ALTER DOMAIN kinds.untidy ADD CONSTRAINT later CHECK (VALUE > 0) NOT VALID;

-- Ranges: by an operator class, with a canonical form, with a collation.
CREATE TYPE kinds.span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE kinds.whole;
CREATE FUNCTION kinds.whole_canonical(kinds.whole) RETURNS kinds.whole
	LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE kinds.whole AS RANGE (subtype = integer,
	canonical = kinds.whole_canonical, subtype_diff = int4range_subdiff);
CREATE TYPE kinds.words AS RANGE (subtype = text, collation = "C",
	subtype_opclass = text_pattern_ops);

-- Base types, of fixed and of variable length, and one that is but a name.
CREATE TYPE kinds.base;
CREATE FUNCTION kinds.base_in(cstring) RETURNS kinds.base
	LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION kinds.base_out(kinds.base) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE FUNCTION kinds.base_recv(internal) RETURNS kinds.base
	LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE FUNCTION kinds.base_send(kinds.base) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT AS 'int4send';
CREATE TYPE kinds.base (INPUT = kinds.base_in, OUTPUT = kinds.base_out,
	RECEIVE = kinds.base_recv, SEND = kinds.base_send, LIKE = integer,
	CATEGORY = 'y', PREFERRED = true, DEFAULT = '7', DELIMITER = '|');
CREATE TYPE kinds.long_base;
CREATE FUNCTION kinds.long_in(cstring, oid, integer) RETURNS kinds.long_base
	LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION kinds.long_out(kinds.long_base) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE FUNCTION kinds.long_typmod_in(cstring[]) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION kinds.long_typmod_out(integer) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE TYPE kinds.long_base (INPUT = kinds.long_in, OUTPUT = kinds.long_out,
	TYPMOD_IN = kinds.long_typmod_in, TYPMOD_OUT = kinds.long_typmod_out,
	INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = main,
	COLLATABLE = true);
CREATE TYPE kinds.shell;

CREATE TABLE kinds.of_all (
	id integer PRIMARY KEY,
	mood kinds.mood, moods kinds.mood[], pair kinds.pair, pairs kinds.pair[],
	nested kinds.nested, none kinds.no_attributes, positive kinds.positive,
	postcode kinds.postcode, small kinds.small, smalls kinds.small[],
	list kinds.list, pair_domain kinds.pair_domain, period kinds.period,
	span kinds.span, whole kinds.whole, words kinds.words,
	base kinds.base, bases kinds.base[], long kinds.long_base(12)
);
INSERT INTO kinds.of_all VALUES
	(1, 'glad', '{sad,"",NULL,"it''s ok"}', '(1,"b ""c""","{1.5,NULL}")',
	'{"(1,,)",NULL}', ROW(ROW(1, 'x', '{}'), 'Ünï', '{}'), '()', 5, '1234', 3,
	'{1,9}', '{1,2}', '(4,four,)', '[2026-01-01 00:00+00,)', '[1.5,2.5)',
	'(1,5]', '[a,b)', '42', '{1|2}', 'twelve chars');
INSERT INTO kinds.of_all (id, postcode) VALUES (2, '9999');
CREATE INDEX ON kinds.of_all USING gist (whole);
CREATE INDEX ON kinds.of_all (mood, positive);
