#!/usr/bin/env bats
# builds: asan
# Replacing what is there: what is not dropped like everything else, and what
# is to go on as it was.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_begin
	pg_sql postgres "CREATE ROLE other" "CREATE ROLE further"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	choose_copy
}

@test "publications go on having what they have" {
	changed "CREATE PUBLICATION mine FOR TABLE app.orders, app.item,
		public.orders"
	[ "$(pg_sql copy "SHOW server_version_num")" -lt 150000 ] ||
	    changed "ALTER PUBLICATION mine DROP TABLE app.orders" \
		"ALTER PUBLICATION mine ADD TABLE app.orders (id, total)
			WHERE (id > 0)"
	restore 0 --clean --table app.orders --table app.item \
	    --table app.customer --table 'app.summary*'
	tell | diff "$T/before" -
	restore 0 --clean
	tell | diff "$T/before" -
	pg_sql copy "ALTER TABLE app.item ADD COLUMN later text"
	[ "$(pg_sql copy "SHOW server_version_num")" -lt 150000 ] || {
		pg_sql copy "ALTER PUBLICATION mine DROP TABLE app.item" \
		    "ALTER PUBLICATION mine ADD TABLE app.item (later)"
		restore 3 --clean --table app.item
		grep 'app.item stays out of the publication mine: .*"later"' \
		    "$T/out"
	}
}

@test "default privileges are not added to what comes back" {
	changed "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO other
		WITH GRANT OPTION" \
	    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC" \
	    "ALTER DEFAULT PRIVILEGES IN SCHEMA app
		GRANT UPDATE ON SEQUENCES TO other" \
	    "CREATE TABLE app.mine (i integer)"
	restore 0 --clean
	# They are there all the same.
	tell | diff "$T/before" -
}

@test "schemas go where nothing else is in them, or become what they were" {
	pg_sql copy "ALTER SCHEMA log OWNER TO other" \
	    "GRANT CREATE ON SCHEMA log TO chooser" \
	    "ALTER SCHEMA app OWNER TO other" \
	    "REVOKE ALL ON SCHEMA app FROM chooser" \
	    "GRANT CREATE ON SCHEMA app TO further" \
	    "COMMENT ON SCHEMA app IS 'mine'" "CREATE TABLE app.mine (i integer)"
	restore 3 --clean
	grep 'the schema app stays, with privileges of further, which' "$T/out"
	[ "$(grep -c warning: "$T/out")" -eq 1 ]
	pg_sql copy "DROP TABLE app.mine" "REVOKE ALL ON SCHEMA app FROM further"
	same_databases choose copy
	# Of a table alone, the schema is not touched.
	changed "COMMENT ON SCHEMA app IS 'mine'"
	restore 0 --clean --table app.item
	tell | diff "$T/before" -
	# A publication has it as a whole.
	[ "$(pg_sql copy "SHOW server_version_num")" -lt 150000 ] || {
		pg_sql copy "COMMENT ON SCHEMA app IS 'the application'" \
		    "CREATE PUBLICATION mine FOR TABLES IN SCHEMA log"
		restore 0 --clean
		[ "$(pg_sql copy "SELECT count(*) FROM
		    pg_publication_namespace")" -eq 1 ]
	}
}

@test "an extension stays, and what of it differs is told" {
	pg_sql copy "DROP EXTENSION pg_trgm CASCADE" \
	    "CREATE EXTENSION pg_trgm VERSION '1.3'"
	restore 3 --clean
	grep 'the extension pg_trgm stays, in version 1.3; it was 1' "$T/out"
	same_databases choose copy
	# What was there and can't be made again ends it.
	changed "ALTER EXTENSION pg_trgm SET SCHEMA log"
	restore 1 --clean
	grep 'nothing is changed: .* not be made again: INDEX app.orders_note' \
	    "$T/out"
	tell | diff "$T/before" -
	grep 'the extension pg_trgm stays, in schema log; it was in pub' "$T/out"
}

# special_make [OPTION...]: the database more, with what --clean treats in its
# own way, and $MORE, its archive, made with the options.
special_make() {
	pg_new more
	pg_sql more <<-'SQL' >/dev/null
		CREATE EXTENSION pg_trgm;
		CREATE TABLE settings (name text PRIMARY KEY, value text);
		CREATE TABLE details (name text REFERENCES settings, what text);
		CREATE SEQUENCE numbers;
		ALTER EXTENSION pg_trgm ADD TABLE settings;
		ALTER EXTENSION pg_trgm ADD TABLE details;
		ALTER EXTENSION pg_trgm ADD SEQUENCE numbers;
		UPDATE pg_extension SET
			extconfig = ARRAY['settings'::regclass::oid,
			    'details'::regclass, 'numbers'::regclass],
			extcondition = ARRAY['WHERE name <> ''shipped''', '', '']
		WHERE extname = 'pg_trgm';
		INSERT INTO settings VALUES ('shipped', 1), ('a', 1), ('b', 2);
		INSERT INTO details VALUES ('a', 'x');
		SELECT setval('numbers', 77);
		CREATE TYPE base;
		CREATE FUNCTION base_in(cstring) RETURNS base
			IMMUTABLE STRICT LANGUAGE internal AS 'int4in';
		CREATE FUNCTION base_out(base) RETURNS cstring
			IMMUTABLE STRICT LANGUAGE internal AS 'int4out';
		CREATE TYPE base (INPUT = base_in, OUTPUT = base_out,
			LIKE = integer);
		CREATE TABLE of_base (one base, many base[]);
		CREATE FUNCTION same(base, base) RETURNS boolean
			IMMUTABLE LANGUAGE internal AS 'int4eq';
		CREATE OPERATOR = (LEFTARG = base, RIGHTARG = base,
			PROCEDURE = same);
		CREATE CAST (base AS integer) WITHOUT FUNCTION;
		INSERT INTO of_base VALUES ('1', '{2,3}');
		-- A view that needs the key of its table.
		CREATE TABLE keyed (id integer PRIMARY KEY, what text);
		CREATE VIEW grouped AS SELECT id, what FROM keyed GROUP BY id;
		INSERT INTO keyed VALUES (1, 'one');
		CREATE TABLE log (what text);
		INSERT INTO log VALUES ('something');
	SQL
	special_save "$@"
}

# special_save [OPTION...]
special_save() {
	rm -rf "$T/more"
	mkdir "$T/more"
	cask_backup more "$T/more" "$@"
	MORE=$(the_archive "$T/more")
	special_tell >"$T/special"
}

special_tell() {
	pg_server_dump more && pg_contents more
}

# same_special: it is as it was when that was told.
same_special() {
	special_tell | diff "$T/special" -
}

# replaced STATUS [OPTION...]: --clean of it; what is said is in $T/out.
replaced() {
	exits "$1" cask_restore "$MORE" more --clean "${@:2}"
}

@test "rows of an extension's tables become those of the archive" {
	special_make
	replaced 0 --verify
	same_special
	pg_sql more "INSERT INTO settings VALUES ('c', 3)" \
	    "UPDATE settings SET value = 9 WHERE name = 'a'" \
	    "INSERT INTO details VALUES ('c', 'y')" "SELECT setval('numbers', 5)"
	replaced 0
	same_special
	"$PGCASK" restore "$MORE" --open-key "$KEYS/k-open.key" --list --clean |
	    grep '^drop  *rows of public.settings$'
	# What the extension brought is its own.
	pg_sql more "UPDATE settings SET value = 9 WHERE name = 'shipped'"
	replaced 0
	[ "$(pg_sql more "SELECT value FROM settings
	    WHERE name = 'shipped'")" -eq 9 ]
	# Rows of others, which refer to them.
	pg_sql more "INSERT INTO settings VALUES ('c', 3)" \
	    "CREATE TABLE mine (name text REFERENCES settings)" \
	    "INSERT INTO mine VALUES ('c')"
	replaced 4
	grep 'nothing is changed: cannot replace the rows of public.settings' \
	    "$T/out"
	pg_sql more "DROP TABLE mine" "CREATE TABLE mine (name text
		REFERENCES settings ON DELETE CASCADE)" \
	    "INSERT INTO mine VALUES ('c')"
	replaced 3
	grep "can't be replaced: the rows of public.settings" "$T/out"
	[ "$(pg_sql more "SELECT name FROM mine")" = c ]
}

@test "a base type goes with its functions, and with nothing else" {
	special_make
	pg_sql more "CREATE TABLE mine (i integer, b base[])"
	replaced 4
	grep 'TYPE public.base: on it depends: column b of table' "$T/out"
	pg_sql more "DROP TABLE mine" "CREATE FUNCTION mine(base) RETURNS integer
		LANGUAGE sql AS 'SELECT 1'"
	replaced 4
	grep 'TYPE public.base: on it depends: function' "$T/out"
	pg_sql more "DROP FUNCTION mine(base)"
	replaced 0
	same_special
}

@test "tables of which the archive has no rows are named" {
	special_make --exclude-table-data log
	replaced 3
	grep 'replaced by empty tables, .*: public.log$' "$T/out"
	replaced 0
	replaced 0 --schema-only
}

@test "subscriptions stay, and none that is enabled loses a table" {
	special_make
	pg_sql more "CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere'
		PUBLICATION p WITH (connect = false, slot_name = NONE)" \
	    "COMMENT ON SUBSCRIPTION sub IS 'saved'"
	special_save
	pg_sql more "COMMENT ON SUBSCRIPTION sub IS 'mine'" \
	    "INSERT INTO pg_subscription_rel VALUES ((SELECT oid
		FROM pg_subscription), 'keyed'::regclass, 'r', '0/1')" \
	    "ALTER SUBSCRIPTION sub SET (slot_name = 'nowhere')" \
	    "ALTER SUBSCRIPTION sub ENABLE"
	special_tell >"$T/special"
	replaced 1
	grep 'sub, which is enabled, would leave public.keyed out' "$T/out"
	grep 'ALTER SUBSCRIPTION sub DISABLE$' "$T/out"
	same_special
	pg_sql more "ALTER SUBSCRIPTION sub DISABLE"
	replaced 3
	grep 'sub leaves out public.keyed, .* REFRESH PUBLICATION' "$T/out"
	grep 'left as they are, .*subscriptions sub$' "$T/out"
	same_special
	pg_sql more "ALTER SUBSCRIPTION sub SET (slot_name = NONE)" \
	    "DROP SUBSCRIPTION sub"
	replaced 0
	pg_sql more "DROP SUBSCRIPTION sub"
}
