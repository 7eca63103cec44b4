#!/usr/bin/env bats
# builds: asan
# Rows of an archive into tables that are there, and beside them.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_new copy
}

# one QUERY VALUE: the copy gives it.
one() {
	[ "$(pg_sql copy "$1")" = "$2" ] || {
		echo "$1: $(pg_sql copy "$1"), not $2"
		return 1
	}
}

# All definitions, and the archive's foreign keys in a circle, deferrable one
# way.
definitions() {
	restore 0 --schema-only
}

@test "rows go into a schema that is there, with values and large objects" {
	definitions
	restore 1 --data-only
	grep 'in a circle.*: app.customer, app.orders$' "$T/out"
	grep -e '--disable-triggers' "$T/out"
	one "SELECT count(*) FROM app.item" 0
	# The key that can wait does, in one transaction.
	restore 0 --data-only --single-transaction
	cat "$T/out"
	grep '^copy: from choose of .*: 12 tables, 8,557 rows, [0-9.]* kB in' "$T/out"
	pg_sql copy "REFRESH MATERIALIZED VIEW app.summary_saved"
	pg_contents choose >"$T/a"
	pg_contents copy | diff "$T/a" -
	# Large objects have what is said of them: they are data.
	about="SELECT oid, lomacl, obj_description(oid, 'pg_largeobject')
		FROM pg_largeobject_metadata ORDER BY 1"
	pg_sql choose "$about" | grep 'chooser=r/.*seventh'
	[ "$(pg_sql copy "$about")" = "$(pg_sql choose "$about")" ]
	mkdir "$T/apart"
	cask_backup choose "$T/apart" --data-only --name rows
	pg_new beside
	cask_restore "$ARCHIVE" beside --schema-only
	cask_restore latest:rows beside -r "$T/apart" --data-only \
	    --single-transaction
	[ "$(pg_sql beside "$about")" = "$(pg_sql choose "$about")" ]
	pg_drop beside
	# Large objects are there now, and nothing of a second load stays.
	restore 1 --data-only --single-transaction
	grep 'has some of it already: .*7001' "$T/out"
	pg_contents copy | diff "$T/a" -
}

@test "without its triggers and keys, by several connections" {
	definitions
	pg_sql copy "CREATE FUNCTION app.no() RETURNS trigger LANGUAGE plpgsql
		AS 'BEGIN RAISE ''no row may come''; END'" \
	    "CREATE TRIGGER no BEFORE INSERT ON app.item
		FOR EACH ROW EXECUTE FUNCTION app.no()"
	restore 4 --data-only --table app.item
	grep 'no row may come' "$T/out"
	restore 0 --data-only --disable-triggers -j 3
	one "SELECT count(*) FROM app.item" 5000
	# Others' triggers are as they were.
	one "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'" 0
	pg_contents choose | grep '^[a-z].*app\|^log' >"$T/a"
	pg_contents copy | grep '^[a-z].*app\|^log' | grep -v summary_saved |
	    diff <(grep -v summary_saved "$T/a") -
	pg_sql postgres "CREATE ROLE weak LOGIN"
	pg_sql copy "GRANT ALL ON SCHEMA public TO weak" \
	    "GRANT ALL ON public.orders TO weak"
	restore 4 --data-only --disable-triggers --table public.orders -U weak
	grep 'cannot disable triggers' "$T/out"
	pg_sql copy "DROP OWNED BY weak"
	pg_sql postgres "DROP ROLE weak"
}

# loud: triggers that fire in a replica's session, too, of rows and of
# statements, on tables and on a partitioned one.
loud() {
	pg_sql copy "CREATE FUNCTION app.loud() RETURNS trigger
		LANGUAGE plpgsql AS
		'BEGIN RAISE ''% fires'', tg_name; RETURN NULL; END'" \
	    "CREATE TRIGGER \"Be Loud\" BEFORE INSERT ON app.item
		FOR EACH ROW EXECUTE FUNCTION app.loud()" \
	    "ALTER TABLE app.item ENABLE REPLICA TRIGGER \"Be Loud\"" \
	    "CREATE TRIGGER loud AFTER INSERT OR UPDATE ON app.item
		FOR EACH STATEMENT EXECUTE FUNCTION app.loud()" \
	    "ALTER TABLE app.item ENABLE ALWAYS TRIGGER loud" \
	    "CREATE TRIGGER off BEFORE INSERT ON app.item
		FOR EACH ROW EXECUTE FUNCTION app.loud()" \
	    "ALTER TABLE app.item DISABLE TRIGGER off" \
	    "CREATE TRIGGER loud AFTER INSERT ON log.event
		FOR EACH ROW EXECUTE FUNCTION app.loud()" \
	    "ALTER TABLE log.event ENABLE ALWAYS TRIGGER loud" \
	    "ALTER TABLE log.event_2025 ENABLE REPLICA TRIGGER loud"
	enabled >"$T/enabled"
	grep -q 'item|loud|A' "$T/enabled"
	grep -q 'event_2025|loud|R' "$T/enabled"
}

enabled() {
	pg_sql copy "SELECT tgrelid::regclass, tgname, tgenabled
		FROM pg_trigger WHERE NOT tgisinternal OR tgenabled <> 'O'
		ORDER BY tgrelid::regclass::text, tgname"
}

@test "no trigger fires, however it was enabled, and each is so again" {
	definitions
	loud
	restore 4 --data-only --table 'log.event_2026*'
	grep 'loud fires' "$T/out"
	pg_contents choose | grep '^[a-z].*app\|^log' | grep -v summary_saved \
	    >"$T/a"
	for way in '-j 3' --single-transaction stream; do
		if [ "$way" = stream ]; then
			"$PGCASK" restore - -d copy --data-only \
			    --open-key "$KEYS/k-open.key" \
			    --disable-triggers <"$ARCHIVE" >"$T/out" 2>&1
		else
			# shellcheck disable=SC2086
			restore 0 --data-only --disable-triggers $way
		fi
		grep '^copy: from choose of .*: 12 tables, 8,557 rows, ' "$T/out"
		pg_contents copy | grep '^[a-z].*app\|^log' |
		    grep -v summary_saved | diff "$T/a" -
		enabled | diff "$T/enabled" -
		pg_sql copy "SELECT lo_unlink(oid)
			FROM pg_largeobject_metadata" >/dev/null
		pg_sql copy "TRUNCATE app.item, app.orders, app.customer,
			log.event, log.base, public.orders, public.\"Orders\",
			\"Odd.One\".\"My \"\"Table\"\".*\""
	done
	# Rows go into partitions that the archive knows nothing of.
	pg_sql copy "DROP TABLE log.event_2025" \
	    "CREATE TABLE log.event_2025 PARTITION OF log.event
		FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
		PARTITION BY RANGE (device)" \
	    "CREATE TABLE log.half PARTITION OF log.event_2025 DEFAULT" \
	    "ALTER TABLE log.half ENABLE ALWAYS TRIGGER loud"
	restore 4 --data-only --table log.event_2025
	restore 0 --data-only --disable-triggers --table log.event_2025
	one "SELECT count(*) > 100 FROM log.half" t
}

@test "no trigger is left disabled, whatever happens meanwhile" {
	local pid holder

	definitions
	loud
	pg_sql copy "ALTER TABLE app.item
		ADD CHECK (pg_advisory_xact_lock(7)::text = '')"
	mkfifo "$BATS_TEST_TMPDIR/hold"
	pg_sql copy <"$BATS_TEST_TMPDIR/hold" >/dev/null 3>&- &
	holder=$!
	exec 7>"$BATS_TEST_TMPDIR/hold"
	echo "SELECT pg_advisory_lock(7);" >&7
	waits() {
		[ "$(pg_sql copy "SELECT count(*) FROM pg_locks
			WHERE locktype = 'advisory' AND NOT granted")" -eq 1 ]
	}
	gone() {
		[ "$(pg_sql copy "SELECT count(*) FROM pg_stat_activity
			WHERE application_name LIKE 'pgcask%'")" -eq 0 ]
	}
	held() {
		[ "$(pg_sql copy "SELECT count(*) FROM pg_locks
			WHERE locktype = 'advisory' AND granted")" -eq 1 ]
	}
	await held
	for pair in INT:130 KILL:137; do
		"$PGCASK" restore "$ARCHIVE" -d copy --table app.item \
		    --open-key "$KEYS/k-open.key" --data-only \
		    --disable-triggers -j 2 >"$T/out" 2>&1 3>&- 7>&- &
		pid=$!
		await waits
		# Nobody else sees them disabled.
		enabled | diff "$T/enabled" -
		kill "-${pair%:*}" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq "${pair#*:}" ]
		# A server that waits may not see that its client has gone.
		pg_sql copy "SELECT pg_terminate_backend(pid)
			FROM pg_stat_activity
			WHERE application_name LIKE 'pgcask%'" >/dev/null
		await gone
		enabled | diff "$T/enabled" -
		one "SELECT count(*) FROM app.item" 0
	done
	exec 7>&-
	wait "$holder"
	pg_sql copy "ALTER TABLE app.item ADD CHECK (what <> 'item 5000')"
	restore 4 --data-only --disable-triggers --table app.item -j 2
	grep 'violates check' "$T/out"
	enabled | diff "$T/enabled" -
	# Who may load without triggers, but not disable them, is told before.
	[ "$(pg_sql copy "SHOW server_version_num")" -ge 150000 ] || return 0
	pg_sql postgres "CREATE ROLE weak LOGIN" \
	    "GRANT SET ON PARAMETER session_replication_role TO weak"
	pg_sql copy "GRANT ALL ON SCHEMA app, log TO weak" \
	    "GRANT ALL ON ALL TABLES IN SCHEMA app, log TO weak"
	restore 1 --data-only --disable-triggers --table app.item \
	    --table log.base -U weak
	grep 'you may not disable 2 triggers.*"Be Loud" of app.item, loud' \
	    "$T/out"
	one "SELECT count(*) FROM log.base" 0
	restore 0 --data-only --disable-triggers --table log.base -U weak
	pg_sql copy "DROP OWNED BY weak"
	pg_sql postgres "REVOKE ALL ON PARAMETER session_replication_role
		FROM weak" "DROP ROLE weak"
}

@test "tables that are referred to come first, from a file" {
	definitions
	pg_sql copy "ALTER TABLE app.customer
		DROP CONSTRAINT customer_last_order_fkey"
	# In the order of their sizes, orders would be before customers.
	restore 0 --data-only --table app.item --table app.orders \
	    --table app.customer -j 4
	one "SELECT count(*) FROM app.item" 5000
	one "SELECT nextval('app.orders_id_seq')" 3001
	one "SELECT count(*) FROM app.orders WHERE doubled = 2 * id" 3000
	pg_sql copy "TRUNCATE app.item, app.orders, app.customer"
	status=0
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" --data-only \
	    --table app.item --table app.orders <"$ARCHIVE" >"$T/out" 2>&1 ||
	    status=$?
	[ "$status" -eq 1 ]
	grep 'another order than that of a stream' "$T/out"
	one "SELECT count(*) FROM app.orders" 0
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" --data-only \
	    --disable-triggers --table app.item --table app.orders <"$ARCHIVE"
	one "SELECT count(*) FROM app.item" 5000
	# A row that nothing refers to is refused as the server does.
	pg_sql copy "TRUNCATE app.item, app.orders"
	restore 4 --data-only --table app.item
	grep 'item_order_id_fkey' "$T/out"
	grep 'loads the rows without that check' "$T/out"
}

@test "partitions that are referred to come first, too" {
	pg_new parted
	# What refers to others has a name before theirs, and more rows.
	pg_sql parted "CREATE TABLE p (i integer PRIMARY KEY, up integer
			REFERENCES p) PARTITION BY RANGE (i)" \
	    "CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (10)" \
	    "CREATE TABLE p_high PARTITION OF p FOR VALUES FROM (10) TO (20)
		PARTITION BY LIST (i)" \
	    "CREATE TABLE p_rest PARTITION OF p_high DEFAULT" \
	    "CREATE TABLE c (i integer REFERENCES p, big text)
		PARTITION BY HASH (i)" \
	    "CREATE TABLE c0 PARTITION OF c
		FOR VALUES WITH (MODULUS 2, REMAINDER 0)" \
	    "CREATE TABLE c1 PARTITION OF c
		FOR VALUES WITH (MODULUS 2, REMAINDER 1)" \
	    "ALTER TABLE c0 ADD UNIQUE (i, big)" \
	    "CREATE TABLE b (i integer, big text, more text,
		FOREIGN KEY (i, big) REFERENCES c0 (i, big))" \
	    "CREATE TABLE a (i integer REFERENCES p, big text)" \
	    "INSERT INTO p SELECT i, i FROM generate_series(0, 19) AS i" \
	    "INSERT INTO c SELECT i % 20, 'row ' || i
		FROM generate_series(1, 5000) AS i" \
	    "INSERT INTO b SELECT i, big, repeat('x', 100) FROM c0" \
	    "INSERT INTO a SELECT i, repeat('y', 300) FROM c"
	mkdir "$T/parted"
	cask_backup parted "$T/parted"
	pg_contents parted >"$T/a"
	for way in '-j 1' '-j 4' --single-transaction; do
		pg_new copy
		cask_restore latest:parted copy -r "$T/parted" --schema-only
		# shellcheck disable=SC2086
		cask_restore latest:parted copy -r "$T/parted" --data-only $way
		pg_contents copy | diff "$T/a" -
	done
	pg_sql copy "TRUNCATE a, b, c, p"
	status=0
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" --data-only \
	    <"$(the_archive "$T/parted")" >"$T/out" 2>&1 || status=$?
	[ "$status" -eq 1 ]
	grep 'another order than that of a stream' "$T/out"
	# Back and forth.
	pg_sql copy "ALTER TABLE a ADD UNIQUE (i)" \
	    "ALTER TABLE p ADD FOREIGN KEY (i) REFERENCES a (i)"
	refuses 1 'in a circle.*: public.a, public.p_low, public.p_rest$' \
	    cask_restore latest:parted copy -r "$T/parted" --data-only
	pg_drop parted
}

@test "columns are matched by name, whatever their order" {
	pg_sql copy "CREATE TABLE orders (old boolean, id integer)" \
	    "INSERT INTO orders VALUES (NULL, 0)"
	restore 0 --data-only --table public.orders
	grep '^copy: from choose of .*: 1 table, 50 rows, [0-9]* B in' "$T/out"
	one "SELECT count(*) FROM orders" 51
	one "SELECT count(*) FROM orders WHERE old = (id % 2 = 0)" 50
	# Again they are in the way of themselves.
	pg_sql copy "ALTER TABLE orders ADD PRIMARY KEY (id)"
	restore 4 --data-only --table public.orders
	grep 'empty the table first, or let --clean replace it (COPY orders, line [0-9]*' \
	    "$T/out"
	one "SELECT count(*) FROM orders" 51
}

@test "what does not fit is named, all of it, before the first row" {
	pg_sql copy "CREATE SCHEMA app" "CREATE SCHEMA log" \
	    "CREATE TABLE orders (id bigint, later text, gone integer)" \
	    "ALTER TABLE orders DROP COLUMN gone" \
	    'CREATE VIEW public."Orders" AS SELECT 1 AS id' \
	    "CREATE TABLE app.customer (id integer, name varchar(40),
		feeling text, area text, last_order integer
		GENERATED ALWAYS AS (1) STORED)" \
	    "CREATE TABLE log.base (id integer, what text)"
	restore 1 --data-only --table 'public.*rders' --table app.customer \
	    --table app.item --table log.base --table public.Orders \
	    --table '"Orders"'
	for what in 'public.orders has no column old' \
	    'public.orders has a column later, which is not in the archive' \
	    'public.orders: column id is bigint, not integer' \
	    'public.Orders is no table' 'there is no table app.item' \
	    'app.customer: column feeling is text, not app.mood' \
	    'app.customer: the server computes column last_order' \
	    'there is no sequence app.customer_id_seq'; do
		grep -q "$what" "$T/out" || {
			cat "$T/out"
			echo "not said: $what"
			false
		}
	done
	lacks 'column name\|gone' "$T/out"
	grep 'without --data-only, a table that is not there is made' "$T/out"
	one "SELECT count(*) FROM log.base" 0
	restore 0 --data-only --table log.base
	# Text is read as whatever the column is.
	mkdir "$T/text"
	cask_backup choose "$T/text" --format text --table public.orders
	pg_sql copy "ALTER TABLE orders DROP COLUMN later" \
	    "ALTER TABLE orders ADD COLUMN old text"
	cask_restore latest copy -r "$T/text" --data-only
	one "SELECT count(*) FROM orders WHERE old = 't'" 25
}

@test "who may not fill a table is told before the first row" {
	pg_sql postgres "CREATE ROLE weak LOGIN"
	pg_sql copy "CREATE TABLE orders (id integer, old boolean)"
	restore 1 --data-only --table public.orders -U weak
	grep 'no right to fill public.orders' "$T/out"
	lacks 'without --data-only' "$T/out"
	pg_sql copy "GRANT INSERT ON orders TO weak"
	restore 0 --data-only --table public.orders -U weak
	one "SELECT count(*) FROM orders" 50
	pg_sql copy "DROP OWNED BY weak"
	pg_sql postgres "DROP ROLE weak"
}

@test "partitions take their rows directly, or by way of what is there" {
	pg_sql copy "CREATE SCHEMA log" \
	    "CREATE TABLE log.event_2025 (at date, device integer, what text)
		PARTITION BY HASH (device)" \
	    "CREATE TABLE log.e0 PARTITION OF log.event_2025
		FOR VALUES WITH (MODULUS 2, REMAINDER 0)" \
	    "CREATE TABLE log.e1 PARTITION OF log.event_2025
		FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
	restore 0 --data-only --table log.event_2025
	[ "$(pg_sql copy "SELECT count(*) FROM log.event_2025")" = \
	    "$(pg_sql choose "SELECT count(*) FROM log.event_2025")" ]
}

@test "all or nothing, whatever fails" {
	definitions
	pg_sql copy "ALTER TABLE app.item ADD CHECK (what <> 'item 5000')"
	pg_contents copy >"$T/a"
	restore 4 --data-only --single-transaction --disable-triggers
	grep 'nothing is changed' "$T/out"
	pg_contents copy | diff "$T/a" -
	restore 4 --data-only --disable-triggers -j 2
	grep 'the rows that were loaded so far stay' "$T/out"
	# Keys that wait are checked in the end.
	pg_new copy
	definitions
	pg_contents copy >"$T/a"
	restore 4 --data-only --single-transaction --table app.customer
	grep 'nothing is changed.*last_order' "$T/out"
	pg_contents copy | diff "$T/a" -
	# So it is with definitions.
	pg_new copy
	pg_sql copy "CREATE EXTENSION pg_trgm"
	restore 0 --schema app --single-transaction --no-privileges
	one "SELECT count(*) FROM app.item" 5000
	pg_new copy
	pg_sql copy "CREATE EXTENSION pg_trgm" \
	    "CREATE FUNCTION public.stop() RETURNS event_trigger
		LANGUAGE plpgsql AS 'BEGIN PERFORM 1 / 0; END'" \
	    "CREATE EVENT TRIGGER stop ON ddl_command_start
		WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION public.stop()"
	restore 3 --schema app --single-transaction --verify
	grep 'TRIGGER.*division by zero' "$T/out"
	one "SELECT count(*) FROM app.item" 5000
}

@test "an archive of rows alone comes back so" {
	mkdir "$T/rows"
	cask_backup choose "$T/rows" --data-only --table public.orders
	pg_sql copy "CREATE TABLE orders (id integer, old boolean)"
	cask_restore latest copy -r "$T/rows"
	one "SELECT count(*) FROM orders" 50
	refuses 2 'a database that is created' \
	    cask_restore latest copy2 -r "$T/rows" --create
	refuses 2 'no definitions' cask_restore latest copy -r "$T/rows" \
	    --schema-only
}

@test "one table's rows go beside it, as a plain table" {
	definitions
	refuses 4 'schema "salvage" does not exist' cask_restore "$ARCHIVE" \
	    copy --table app.orders --as salvage.orders
	pg_sql copy "CREATE SCHEMA salvage"
	restore 0 --table app.orders --as salvage.orders --verify
	grep '^copy: from choose of .*: 1 table, 3,000 rows, [0-9.]* kB in' "$T/out"
	grep 'the digests of 1' "$T/out"
	pg_sql copy "\d salvage.orders" >"$T/d"
	[ "$(grep -c '|' "$T/d")" -eq 5 ]
	lacks 'nextval|not null|doubled' "$T/d"
	one "SELECT count(*) FROM salvage.orders" 3000
	one "SELECT count(*) FROM app.orders" 0
	one "SELECT sum(total) FROM salvage.orders" \
	    "$(pg_sql choose "SELECT sum(total) FROM app.orders")"
	refuses 4 'already exists' cask_restore "$ARCHIVE" copy \
	    --table app.orders --as salvage.orders
	cask_restore "$ARCHIVE" copy --table app.orders \
	    --as salvage.orders 2>&1 | lacks warning
	restore 0 --table '"Odd.One".*' --as 'Salvage."Odd ""One"' \
	    --single-transaction
	one 'SELECT "C" FROM salvage."Odd ""One" WHERE "a.b" = 1' one
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" \
	    --table app.customer --as salvage.customer <"$ARCHIVE"
	one "SELECT count(*) FROM salvage.customer" 100
}

@test "beside: what can't be is refused, and nothing is left" {
	pg_sql copy "CREATE SCHEMA salvage"
	refuses 2 'SCHEMA.TABLE' cask_restore "$ARCHIVE" copy \
	    --table app.orders --as orders
	refuses 2 'one table; 2 are chosen' cask_restore "$ARCHIVE" copy \
	    --table app.orders --table app.item --as salvage.x
	refuses 2 'has none' cask_restore "$ARCHIVE" copy \
	    --table log.event --as salvage.x
	refuses 2 'takes the rows of one table' cask_restore "$ARCHIVE" copy \
	    --as salvage.x
	refuses 4 'type "app.mood" does not exist|schema "app" does not' \
	    cask_restore "$ARCHIVE" copy --table app.customer --as salvage.x
	# A table that is not whole goes.
	pg_sql copy "CREATE SCHEMA app" "CREATE TYPE app.mood AS ENUM ('sad')" \
	    "CREATE DOMAIN app.code AS text"
	refuses 4 'invalid input value for enum' cask_restore "$ARCHIVE" copy \
	    --table app.customer --as salvage.x
	one "SELECT count(*) FROM pg_class WHERE relnamespace =
		'salvage'::regnamespace" 0
}

@test "rows that their domain does not take any more, as the manual has it" {
	pg_new strict
	pg_sql strict "CREATE DOMAIN d AS integer" "CREATE TABLE t (i d)" \
	    "INSERT INTO t VALUES (-1), (2)" \
	    "ALTER DOMAIN d ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID"
	mkdir "$T/strict"
	cask_backup strict "$T/strict"
	cask_restore latest:strict copy -r "$T/strict" --schema-only
	refuses 4 'violates check constraint "above"' cask_restore \
	    latest:strict copy -r "$T/strict" --table t --as public.beside
	pg_sql copy "ALTER DOMAIN d DROP CONSTRAINT above"
	cask_restore latest:strict copy -r "$T/strict" --table t \
	    --as public.beside
	cask_restore latest:strict copy -r "$T/strict" --data-only
	one "SELECT sum(t.i + b.i) FROM t JOIN beside AS b ON t.i = b.i" 2
	pg_drop strict
}

@test "what contradicts is refused" {
	refuses 2 'verify' cask_restore "$ARCHIVE" copy --data-only --verify
	refuses 2 'created' cask_restore "$ARCHIVE" copy --data-only --create
	refuses 2 'disable-triggers' cask_restore "$ARCHIVE" copy \
	    --disable-triggers
	refuses 2 'transaction' cask_restore "$ARCHIVE" copy --create \
	    --single-transaction
	refuses 2 'one connection' cask_restore "$ARCHIVE" copy -j 2 \
	    --single-transaction
	untouched copy
}
