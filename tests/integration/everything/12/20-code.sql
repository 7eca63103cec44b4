-- Functions and all that is made of functions.
CREATE SCHEMA code;
CREATE SCHEMA helper;

-- Functions with every property.
CREATE FUNCTION code.twice(integer) RETURNS integer
	LANGUAGE sql IMMUTABLE LEAKPROOF PARALLEL SAFE COST 3.5
	AS 'SELECT $1 * 2';
CREATE FUNCTION code.shout(t text DEFAULT E'it''s\n', VARIADIC more text[] DEFAULT '{}')
	RETURNS text LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
	SET search_path = code, "Odd schema", pg_temp SET work_mem = '5MB'
	SET DateStyle FROM CURRENT AS $f$
BEGIN
	-- a body with $$ and ; and 'quotes' and \ backslashes
	RETURN upper(t) || E'\\!' || $x$;$x$;
END
$f$;
CREATE FUNCTION code.several(IN a integer, INOUT b text, OUT c numeric(5, 2),
	OUT "D d" kinds.mood) LANGUAGE sql PARALLEL RESTRICTED
	AS 'SELECT b || a, 1.5, ''sad''::kinds.mood';
CREATE FUNCTION code.rows_of(n integer) RETURNS TABLE (i integer, "T t" text)
	LANGUAGE sql ROWS 17 AS 'SELECT g, g::text FROM generate_series(1, n) g';
CREATE FUNCTION code.set_of() RETURNS SETOF kinds.pair LANGUAGE sql
	AS 'SELECT 1, ''x'', NULL::numeric[]';
CREATE FUNCTION code.same(anyelement) RETURNS anyelement LANGUAGE sql
	IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION code.rank_too() RETURNS bigint LANGUAGE internal WINDOW
	IMMUTABLE AS 'window_rank';
CREATE FUNCTION code.begins(text, text) RETURNS boolean LANGUAGE internal
	IMMUTABLE STRICT PARALLEL SAFE AS 'text_starts_with';
CREATE FUNCTION code.series(integer, integer) RETURNS SETOF integer
	LANGUAGE internal IMMUTABLE STRICT ROWS 1000
	SUPPORT pg_catalog.generate_series_int4_support
	AS 'generate_series_int4';
CREATE FUNCTION code."Odd ""name""; -- in it"("Arg ""1""" text)
	RETURNS text LANGUAGE sql AS 'SELECT $1';
-- Its body names what is made later: no order of dependencies shows it.
SET check_function_bodies = off;
CREATE FUNCTION code.early() RETURNS bigint LANGUAGE sql
	AS 'SELECT count(*) FROM data.ordinary';
RESET check_function_bodies;
CREATE FUNCTION helper.fold(t text) RETURNS text LANGUAGE sql IMMUTABLE
	AS 'SELECT lower(t)';

-- Procedures.
CREATE PROCEDURE code.tidy(INOUT a integer DEFAULT 1) LANGUAGE plpgsql
	SECURITY DEFINER AS $$ BEGIN a := a + 1; END $$;

-- Aggregates: plain, parallel, moving, ordered-set, hypothetical.
CREATE FUNCTION code.add_pair(integer, integer) RETURNS integer
	LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + coalesce($2, 0)';
CREATE FUNCTION code.take_pair(integer, integer) RETURNS integer
	LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE AGGREGATE code.total (integer) (SFUNC = code.add_pair, STYPE = integer,
	COMBINEFUNC = code.add_pair, PARALLEL = SAFE, INITCOND = '0',
	MSFUNC = code.add_pair, MINVFUNC = code.take_pair, MSTYPE = integer,
	MINITCOND = '0', SSPACE = 64, FINALFUNC = code.twice,
	FINALFUNC_MODIFY = READ_ONLY);
CREATE AGGREGATE code.any_count (*) (SFUNC = int8inc, STYPE = int8,
	INITCOND = '0');
CREATE AGGREGATE code.least_of (integer) (SFUNC = int4smaller, STYPE = integer,
	SORTOP = <);
CREATE AGGREGATE code.middle (float8 ORDER BY anyelement) (
	SFUNC = ordered_set_transition, STYPE = internal,
	FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE code.would_be (VARIADIC "any" ORDER BY VARIADIC "any") (
	SFUNC = ordered_set_transition_multi, STYPE = internal,
	FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);

-- Operators, families and classes.
CREATE FUNCTION code.base_lt(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION code.base_le(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4le';
CREATE FUNCTION code.base_eq(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION code.base_ne(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4ne';
CREATE FUNCTION code.base_ge(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE FUNCTION code.base_gt(kinds.base, kinds.base) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
CREATE FUNCTION code.base_cmp(kinds.base, kinds.base) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION code.base_hash(kinds.base) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT AS 'hashint4';
CREATE FUNCTION code.base_int_eq(kinds.base, integer) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION code.base_int_cmp(kinds.base, integer) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE OPERATOR code.< (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_lt, COMMUTATOR = OPERATOR(code.>),
	NEGATOR = OPERATOR(code.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR code.<= (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_le, COMMUTATOR = OPERATOR(code.>=),
	NEGATOR = OPERATOR(code.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR code.= (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_eq, COMMUTATOR = OPERATOR(code.=),
	NEGATOR = OPERATOR(code.<>), RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES);
CREATE OPERATOR code.<> (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_ne, COMMUTATOR = OPERATOR(code.<>),
	NEGATOR = OPERATOR(code.=));
CREATE OPERATOR code.>= (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_ge, COMMUTATOR = OPERATOR(code.<=),
	NEGATOR = OPERATOR(code.<));
CREATE OPERATOR code.> (LEFTARG = kinds.base, RIGHTARG = kinds.base,
	FUNCTION = code.base_gt, COMMUTATOR = OPERATOR(code.<),
	NEGATOR = OPERATOR(code.<=));
CREATE OPERATOR code.= (LEFTARG = kinds.base, RIGHTARG = integer,
	FUNCTION = code.base_int_eq);
CREATE OPERATOR code.!!! (RIGHTARG = integer, FUNCTION = code.twice);
CREATE OPERATOR FAMILY code.base_family USING btree;
CREATE OPERATOR CLASS code.base_ops DEFAULT FOR TYPE kinds.base USING btree
	FAMILY code.base_family AS
	OPERATOR 1 code.<, OPERATOR 2 code.<=, OPERATOR 3 code.=,
	OPERATOR 4 code.>=, OPERATOR 5 code.>,
	FUNCTION 1 code.base_cmp(kinds.base, kinds.base);
ALTER OPERATOR FAMILY code.base_family USING btree ADD
	OPERATOR 3 code.= (kinds.base, integer),
	FUNCTION 1 (kinds.base, integer) code.base_int_cmp(kinds.base, integer);
CREATE OPERATOR CLASS code.base_hash_ops DEFAULT FOR TYPE kinds.base
	USING hash AS OPERATOR 1 code.=, FUNCTION 1 code.base_hash(kinds.base);
CREATE OPERATOR FAMILY code.lonely USING gin;
CREATE OPERATOR CLASS code.array_too FOR TYPE integer[] USING gin AS
	OPERATOR 1 && (anyarray, anyarray), OPERATOR 2 @> (anyarray, anyarray),
	FUNCTION 1 btint4cmp(integer, integer),
	FUNCTION 2 ginarrayextract(anyarray, internal, internal),
	FUNCTION 3 ginqueryarrayextract(anyarray, internal, smallint, internal,
		internal, internal, internal),
	FUNCTION 4 ginarrayconsistent(internal, smallint, anyarray, integer,
		internal, internal, internal, internal),
	STORAGE integer;

-- Casts of every sort.
CREATE FUNCTION code.pair_text(kinds.pair) RETURNS text
	LANGUAGE sql IMMUTABLE AS 'SELECT $1.b';
CREATE CAST (kinds.pair AS text) WITH FUNCTION code.pair_text(kinds.pair)
	AS ASSIGNMENT;
CREATE CAST (kinds.base AS integer) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (kinds.mood AS integer) WITH INOUT;

-- A language, a transform, access methods.
CREATE FUNCTION code.handler() RETURNS language_handler
	LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION code.inline_handler(internal) RETURNS void
	LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION code.validator(oid) RETURNS void
	LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE plours HANDLER code.handler
	INLINE code.inline_handler VALIDATOR code.validator;
CREATE FUNCTION code.in_ours() RETURNS integer LANGUAGE plours
	AS 'BEGIN RETURN 1; END';
CREATE FUNCTION code.base_from_sql(internal) RETURNS internal
	LANGUAGE internal IMMUTABLE STRICT AS 'prsd_lextype';
CREATE TRANSFORM FOR kinds.base LANGUAGE plours (
	FROM SQL WITH FUNCTION code.base_from_sql(internal),
	TO SQL WITH FUNCTION kinds.base_recv(internal));
CREATE FUNCTION code.transformed(kinds.base) RETURNS integer LANGUAGE plours
	TRANSFORM FOR TYPE kinds.base AS 'BEGIN RETURN 1; END';
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD gist_too TYPE INDEX HANDLER gisthandler;
CREATE OPERATOR CLASS code.range_too DEFAULT FOR TYPE anyrange
	USING gist_too AS
	OPERATOR 3 && (anyrange, anyrange),
	FUNCTION 1 range_gist_consistent(internal, anyrange, smallint, oid,
		internal),
	FUNCTION 2 range_gist_union(internal, internal),
	FUNCTION 5 range_gist_penalty(internal, internal, internal),
	FUNCTION 6 range_gist_picksplit(internal, internal),
	FUNCTION 7 range_gist_same(anyrange, anyrange, internal);

-- Collations and conversions.
CREATE COLLATION code.german (provider = icu, locale = 'de-DE');
CREATE COLLATION code.blind (provider = icu, locale = 'und-u-ks-level2',
	deterministic = false);
CREATE COLLATION code.plain (provider = libc, lc_collate = 'C',
	lc_ctype = 'POSIX');
CREATE COLLATION code.copied FROM "C";
CREATE CONVERSION code.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION code.back FOR 'UTF8' TO 'LATIN1'
	FROM utf8_to_iso8859_1;

-- Text search.
CREATE TEXT SEARCH PARSER code.parser (START = prsd_start,
	GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype,
	HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE code.template (INIT = dsimple_init,
	LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY code.dictionary (TEMPLATE = code.template,
	accept = false, stopwords = english);
CREATE TEXT SEARCH DICTIONARY code."Odd dict" (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION code.configuration (PARSER = code.parser);
ALTER TEXT SEARCH CONFIGURATION code.configuration
	ADD MAPPING FOR asciiword, word WITH code.dictionary, code."Odd dict";
CREATE TEXT SEARCH CONFIGURATION code.english (COPY = english);
ALTER TEXT SEARCH CONFIGURATION code.english
	ALTER MAPPING REPLACE english_stem WITH simple;
