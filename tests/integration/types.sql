-- A table for every built-in type, with its edges: t_TYPE (id, v, a).  What
-- is listed here is one row each; then come NULL, arrays of all of them in
-- one, two and three dimensions, an array with other bounds, and none.
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TEMP TABLE sample (type text, value text);
INSERT INTO sample VALUES
('bool', 't'), ('bool', 'f'),
('int2', '0'), ('int2', '32767'), ('int2', '-32768'),
('int4', '0'), ('int4', '2147483647'), ('int4', '-2147483648'),
('int8', '0'), ('int8', '9223372036854775807'),
('int8', '-9223372036854775808'),
('float4', '0'), ('float4', '-0'), ('float4', 'NaN'), ('float4', 'Infinity'),
('float4', '-Infinity'), ('float4', '3.4028235e38'), ('float4', '1e-45'),
('float4', '0.1'),
('float8', '0'), ('float8', '-0'), ('float8', 'NaN'), ('float8', 'Infinity'),
('float8', '-Infinity'), ('float8', '1.7976931348623157e308'),
('float8', '4.94065645841246544e-324'), ('float8', '0.1'),
('numeric', '0'), ('numeric', 'NaN'), ('numeric', 'Infinity'),
('numeric', '-Infinity'), ('numeric', '0.00'), ('numeric', '1.10'),
('numeric', '-0.000000000000000000000000000000000000000000000000001'),
('numeric', repeat('9', 131072)), ('numeric', '-0.' || repeat('3', 16383)),
('money', '$0.00'), ('money', '$92,233,720,368,547,758.07'),
('money', '-$92,233,720,368,547,758.08'),
('text', ''), ('text', E'\\N'), ('text', E'\\.'), ('text', 'NULL'),
('text', E'\\'), ('text', E'tab\tnl\ncr\rbs\bff\fvt\x0b\x01\x1f\x7f'),
('text', '"quoted",{comma}'), ('text', 'ünïcode 🐘 ' || chr(1114111)),
('text', ' spaces '),
('varchar', ''), ('varchar', 'x'), ('bpchar', 'x  '), ('bpchar', ''),
('name', ''), ('name', repeat('n', 63)), ('char', 'x'), ('char', ''),
('bytea', ''), ('bytea', '\x00'), ('bytea', '\x5c4e'),
('bytea', '\x' || (SELECT string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i)
	FROM generate_series(0, 255) i)),
('date', 'infinity'), ('date', '-infinity'), ('date', '4714-11-24 BC'),
('date', '5874897-12-31'), ('date', '2000-02-29'),
('time', '00:00'), ('time', '24:00'), ('time', '23:59:59.999999'),
('timetz', '00:00+15:59'), ('timetz', '24:00-15:59'),
('timestamp', 'infinity'), ('timestamp', '-infinity'),
('timestamp', '4714-11-24 00:00:00 BC'),
('timestamp', '294276-12-31 23:59:59.999999'),
('timestamptz', 'infinity'), ('timestamptz', '-infinity'),
('timestamptz', '4714-11-24 00:00:00+00 BC'),
('timestamptz', '294276-12-31 23:59:59.999999+00'),
('interval', '0'), ('interval', '178000000 years'),
('interval', '-178000000 years'),
('interval', '1 year -2 mons 3 days -04:05:06.789012'),
('uuid', '00000000-0000-0000-0000-000000000000'),
('uuid', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
('json', '{"a" : [1, null,  "\u0041"], "a": 2}'), ('json', 'null'),
('json', '""'), ('jsonb', 'null'), ('jsonb', '{}'), ('jsonb', '[]'),
('jsonb', '{"a": {"b": [1.50, true, null, "\"\\ \ud83d\udc18"]}}'),
('jsonb', '1e131071'),
('jsonpath', '$."a"[*] ? (@.b > 1 && @.c like_regex "^x" flag "i")'),
('jsonpath', 'strict $.x'),
('xml', '<a b="c">&lt;text/>&#38;</a>'), ('xml', 'fragment <b/>'),
('bit', '1'), ('varbit', ''), ('varbit', '0'),
('varbit', repeat('10110', 100)),
('inet', '0.0.0.0/0'), ('inet', '255.255.255.255'), ('inet', '::/0'),
('inet', '::ffff:1.2.3.4/96'), ('inet', '10.1.2.3/8'),
('cidr', '10.0.0.0/8'), ('cidr', '::/0'), ('cidr', '2001:db8::/32'),
('macaddr', '00:00:00:00:00:00'), ('macaddr', 'ff:ff:ff:ff:ff:ff'),
('macaddr8', '00:00:00:00:00:00:00:00'),
('macaddr8', 'ff:ff:ff:ff:ff:ff:ff:ff'),
('point', '(0,-0)'), ('point', '(Infinity,NaN)'), ('point', '(1e308,1e-308)'),
('lseg', '[(0,0),(1,1)]'), ('box', '(1,1),(0,0)'), ('line', '{1,-1,0}'),
('path', '((0,0),(1,1),(2,0))'), ('path', '[(0,0),(1,1)]'),
('polygon', '((0,0),(1,1),(2,0))'), ('circle', '<(0,0),0>'),
('circle', '<(1.5,-2),1e300>'),
('tsvector', ''), ('tsvector', '''a'':1A,2B,16383 ''it''''s'' ''b\\c'':3'),
('tsquery', ''), ('tsquery', '''a'' & ( ''b'':*AB | !''c'' ) <2> ''d'''),
('oid', '0'), ('oid', '4294967295'), ('xid', '0'), ('xid', '4294967295'),
('xid8', '0'), ('xid8', '18446744073709551615'), ('cid', '0'),
('cid', '4294967295'), ('tid', '(0,0)'), ('tid', '(4294967295,65535)'),
('pg_lsn', '0/0'), ('pg_lsn', 'FFFFFFFF/FFFFFFFF'),
('txid_snapshot', '10:20:10,14,15'), ('pg_snapshot', '10:20:10,14,15'),
('refcursor', 'cursor 1'), ('aclitem', 'postgres=r*w/postgres'),
('aclitem', '=U/postgres'),
('regclass', 'pg_class'), ('regclass', '-'), ('regtype', 'integer[]'),
('regtype', 'pg_catalog.int8'), ('regproc', 'now'),
('regprocedure', 'abs(integer)'), ('regoper', 'pg_catalog.||/'),
('regoperator', '+(integer,integer)'), ('regrole', 'postgres'),
('regnamespace', 'pg_catalog'), ('regconfig', 'english'),
('regdictionary', 'simple'), ('regcollation', '"C"'),
('int4range', 'empty'), ('int4range', '[-2147483648,2147483647)'),
('int4range', '(,)'), ('int8range', '[,5)'), ('int8range', 'empty'),
('numrange', '(1.10,2.200]'), ('numrange', '[NaN,NaN]'),
('daterange', '[2000-01-01,infinity)'),
('tsrange', '["2000-01-01 00:00:00",infinity]'),
('tstzrange', '(-infinity,"2000-01-01 00:00:00+00")'),
('int4multirange', '{}'), ('int4multirange', '{[1,3),[5,9)}'),
('int8multirange', '{(,)}'), ('nummultirange', '{[1.0,2.0],(3.5,)}'),
('datemultirange', '{[2000-01-01,2000-02-01)}'),
('tsmultirange', '{["2000-01-01 00:00:00","2000-01-02 00:00:00")}'),
('tstzmultirange', '{(,"2000-01-01 00:00:00+00")}'),
('gtsvector', NULL);

-- A server that is older has not all of these.
DELETE FROM sample WHERE to_regtype('pg_catalog.' || quote_ident(type)) IS NULL;
DELETE FROM sample WHERE type = 'numeric' AND value ~ 'Inf'
	AND current_setting('server_version_num')::int < 140000;

-- No type is forgotten: those that are missing fail the script.  What is left
-- out has no input at all.
SELECT 1 / (count(*) = 0)::int AS "every type has a sample"
FROM pg_type t
WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
	AND typcategory <> 'A' AND typrelid = 0
	AND typname NOT IN (SELECT type FROM sample)
	AND typname NOT IN ('pg_node_tree', 'pg_ndistinct', 'pg_dependencies',
		'pg_mcv_list', 'pg_brin_bloom_summary',
		'pg_brin_minmax_multi_summary', 'int2vector', 'oidvector');

SELECT format('CREATE TABLE %I (id integer, v %s, a %s)',
	't_' || typname, typ, typ || '[]')
FROM (SELECT DISTINCT type AS typname,
	CASE type WHEN 'char' THEN '"char"' WHEN 'bit' THEN 'bit(1)'
	WHEN 'bpchar' THEN 'character(5)' ELSE type END AS typ
	FROM sample) s
ORDER BY 1
\gexec
SELECT format('INSERT INTO %I (id, v) VALUES (%s, %L)', 't_' || type,
	row_number() OVER (PARTITION BY type), value)
FROM sample
WHERE value IS NOT NULL
\gexec
SELECT format('INSERT INTO %1$I (id, v, a) VALUES
	(100, NULL, NULL),
	(101, NULL, ''{}''),
	(102, NULL, ARRAY[NULL, (SELECT v FROM %1$I WHERE id = 1), NULL]),
	(103, NULL, (SELECT array_agg(v ORDER BY id) FROM %1$I)),
	(104, NULL, (SELECT ARRAY[array_agg(v ORDER BY id),
		array_agg(v ORDER BY id DESC)] FROM %1$I)),
	(105, NULL, (SELECT ARRAY[ARRAY[array_agg(v), array_agg(v)],
		ARRAY[array_agg(v), array_agg(v)]] FROM %1$I)),
	(106, NULL, array_fill((SELECT v FROM %1$I WHERE id = 1), ARRAY[2, 3],
		ARRAY[-5, 7]))', 't_' || type)
FROM (SELECT DISTINCT type FROM sample WHERE value IS NOT NULL) s
ORDER BY 1
\gexec
INSERT INTO t_gtsvector VALUES (1, NULL, NULL), (2, NULL, '{}');

-- The two that are arrays of a kind of their own.
CREATE TABLE t_int2vector (id integer, v int2vector);
INSERT INTO t_int2vector VALUES (1, '1 2 -32768'), (2, ''), (3, NULL);
CREATE TABLE t_oidvector (id integer, v oidvector);
INSERT INTO t_oidvector VALUES (1, '0 4294967295'), (2, ''), (3, NULL);
-- With modifiers.
CREATE TABLE t_modifiers (a numeric(5, 2), b varchar(3), c char(4), d bit(9),
	e varbit(5), f timestamp(0), g time(3) with time zone,
	h interval second(2), i interval year to month, j "char");
INSERT INTO t_modifiers VALUES
	(-999.99, 'äöü', 'ß', B'101010101', B'101', '2000-01-01 00:00:01',
	'12:00:00.123+02', '1.25', '1 year 2 mons', 'x'),
	(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Of the user's own.
CREATE TYPE e AS ENUM ('a', 'Ünï', ' ', '');
CREATE DOMAIN d AS numeric(20, 5) CHECK (VALUE < 1e14);
CREATE DOMAIN dd AS d NOT NULL;
CREATE DOMAIN da AS integer[] CHECK (array_length(VALUE, 1) < 5);
CREATE TYPE c AS (x integer, y text[], z e);
CREATE TYPE cc AS (c c, d d);
CREATE TYPE r AS RANGE (subtype = text, collation = "C");
CREATE TABLE t_user (e e, ea e[], d d, da da, c c, ca c[], cc cc, r r, ra r[],
	dd dd);
INSERT INTO t_user VALUES
	('a', '{a,NULL,"",Ünï}', 1.5, '{1,2}',
	ROW(1, ARRAY['x', NULL, '"'], 'Ünï'),
	ARRAY[ROW(1, NULL, NULL)::c, NULL], ROW(ROW(2, '{}', 'a'), 3),
	'["a","b"]', '{"[a,\"b c\"]",empty,NULL}', 2),
	(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3);
