-- Rows and large objects.
SET session_replication_role = replica;
INSERT INTO data.ordinary (name, mood, base, fixed, amount, doc, tags, "when",
	note, late)
SELECT 'Name ' || i || ' äöü', (enum_range(NULL::kinds.mood))[i % 6 + 1],
	i::text::kinds.base, lpad(i::text, 3), nullif(i % 10, 0) + i / 100.0,
	jsonb_build_object('i', i, 'n', NULL, 'deep', jsonb_build_array(1, '"')),
	ARRAY['a' || i, NULL, ''],
	daterange(date '2020-01-01' + i, date '2020-01-01' + i + 1),
	CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'\\N'
		ELSE E'a\tb\nc\rd\\.' END, i % 5
FROM generate_series(1, 2000) i;
INSERT INTO data.left_one SELECT i, i, i FROM generate_series(1, 20) i;
INSERT INTO data.right_one SELECT i, i, i % 3 + 1, i FROM generate_series(1, 20) i;
INSERT INTO data.right_one VALUES (99, NULL, NULL, NULL, 12345);
INSERT INTO data.animal (name) VALUES ('cat'), ('cow');
INSERT INTO data.dog (id, name, nick, breed) VALUES (10, 'rex', 'r', 'poodle');
INSERT INTO data.puppy (id, breed) VALUES (11, 'x'), (12, NULL);
INSERT INTO data.stray (id, extra) VALUES (13, 'e');
INSERT INTO data.unlogged SELECT i, decode(md5(i::text), 'hex')
FROM generate_series(1, 100) i;
INSERT INTO data.no_columns SELECT FROM generate_series(1, 3);
INSERT INTO data.only_dropped VALUES (1, 'x'), (2, NULL);
ALTER TABLE data.only_dropped DROP COLUMN a, DROP COLUMN b;
INSERT INTO data.typed VALUES (1, 'one', '{1.5}');
INSERT INTO data.elsewhere VALUES (1, 'x'), (2, NULL);
INSERT INTO data.other_method SELECT i, 'x' FROM generate_series(1, 500) i;
SELECT 'INSERT INTO data.widest VALUES (' || string_agg(i::text, ',' ORDER BY i)
	|| ')' FROM generate_series(1, 1600) i
\gexec
INSERT INTO data.widest (c1600) VALUES (1);
INSERT INTO "Odd ""schema"", with. everything; -- in it"."Table "" of; two
lines" VALUES (1, E'\\.', 'ü', '%s'), (2, NULL, NULL, '%%');
INSERT INTO "空白 схема"."таблица" VALUES ('значение');
INSERT INTO data.guarded VALUES ('every_reader', 'x'), ('every_owner', 'y');
INSERT INTO data.replica_full VALUES (1);
INSERT INTO data.replica_nothing VALUES (3), (1), (2);
SELECT nextval('data.down'), nextval('data.down');
SELECT setval('data.owned', 77, false);
SELECT setval('data.last', 9223372036854775807);
SELECT nextval('data.large');
ALTER TABLE data.ordinary ALTER COLUMN id RESTART WITH 30000;

INSERT INTO part.measure
SELECT timestamptz '2025-06-01 00:00+00' + i * interval '3 hours', i % 9,
	i * 0.1
FROM generate_series(1, 8000) i;
INSERT INTO part.measure VALUES ('infinity', 1, 'NaN'), ('-infinity', 1, '-0');
INSERT INTO part.several SELECT i % 8 + 1, chr(97 + i % 26), date '2025-01-01' + i
FROM generate_series(1, 300) i;
INSERT INTO part.region VALUES ('n', 'north'), (NULL, 'null'), ('s', 'south');
INSERT INTO part.order SELECT i, (ARRAY['a', 'b'])[i % 2 + 1]
FROM generate_series(1, 100) i;
INSERT INTO part.line SELECT i, i, (ARRAY['a', 'b'])[i % 2 + 1]
FROM generate_series(1, 100) i;
INSERT INTO part.note VALUES (1, 'b', 'note'), (NULL, 'a', 'half');
INSERT INTO part.made (a) SELECT i FROM generate_series(0, 199, 7) i;
INSERT INTO part.by_mood SELECT m, i
FROM unnest(enum_range(NULL::kinds.mood)) m, generate_series(1, 5) i;
INSERT INTO away.parted VALUES (2, 'here');
INSERT INTO data.of_extensions VALUES (1, 'a=>1,b=>NULL', 'MiXed'), (2, NULL, NULL);
ALTER TABLE fired.table DISABLE TRIGGER ALL;
INSERT INTO fired.table SELECT i, 'note ' || i FROM generate_series(1, 50) i;
INSERT INTO fired.parted_1 VALUES (1, 'x');
INSERT INTO fired.key_off VALUES (1), (2);
INSERT INTO seen.ruled VALUES (1, 'x'), (2, 'y');
SET session_replication_role = origin;
ALTER TABLE fired.table ENABLE TRIGGER ALL;
ALTER TABLE fired.table DISABLE TRIGGER b_disabled,
	ENABLE REPLICA TRIGGER c_replica, ENABLE ALWAYS TRIGGER d_always;
REFRESH MATERIALIZED VIEW seen.z_first;
REFRESH MATERIALIZED VIEW seen.y_second;
REFRESH MATERIALIZED VIEW seen.a_third;
REFRESH MATERIALIZED VIEW seen.stored_key;

-- Large objects: small, empty, of several pages, with a hole.
SELECT lo_from_bytea(4001, 'a small one');
SELECT lo_from_bytea(4002, '');
SELECT lo_from_bytea(4003, decode(repeat('00ff41', 900000), 'hex'));
SELECT lo_create(4004);
SELECT lo_put(4004, 5000000, 'far');
SELECT lo_create(4294967295);
COMMENT ON LARGE OBJECT 4001 IS 'the small one';
GRANT SELECT ON LARGE OBJECT 4001 TO every_reader WITH GRANT OPTION;
GRANT ALL ON LARGE OBJECT 4003 TO PUBLIC;
ALTER LARGE OBJECT 4002 OWNER TO every_owner;
ALTER LARGE OBJECT 4004 OWNER TO "Every ""odd"" rôle; -- in it";
REVOKE ALL ON LARGE OBJECT 4004 FROM "Every ""odd"" rôle; -- in it";
