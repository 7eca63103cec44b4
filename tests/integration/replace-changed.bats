#!/usr/bin/env bats
# builds: asan
# Replacing what is there in a database that has changed since the backup:
# whatever is in the way is named, and then nothing is changed; what goes on
# loses nothing unsaid.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_begin
	pg_sql postgres "CREATE ROLE other" "CREATE ROLE lim LOGIN"
}

teardown() {
	rm -f "$T/go"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	choose_copy
}

# stands STATUS WHAT HINT [OPTION...]: it is refused, with that message and
# that advice, and all is as it was.
stands() {
	local want=$1 what=$2 hint=$3

	shift 3
	restore "$want" --clean "$@"
	grep -E "nothing is changed: .*$what" "$T/out" &&
	    grep -E "^pgcask: .*$hint" "$T/out" &&
	    [ "$(wc -l <"$T/out")" -lt "$SCREEN" ] || {
		cat "$T/out"
		return 1
	}
	tell | diff "$T/before" -
}

# as_saved: the copy is the source again.
as_saved() {
	same_databases choose copy
}

@test "what depends on it, and is not in the archive, stands in the way" {
	changed "CREATE VIEW public.mine AS SELECT * FROM app.orders"
	stands 4 'TABLE app.orders: .*view public.mine' 'drop that first'
	changed "DROP VIEW public.mine" \
	    "CREATE TABLE app.mine (i integer REFERENCES app.orders)"
	stands 4 'TABLE app.orders: .*mine_i_fkey' 'drop that first'
	changed "DROP TABLE app.mine" "CREATE TABLE app.mine (m app.mood)"
	stands 4 'TYPE app.mood: .*column m of table app.mine' 'drop that first'
	changed "DROP TABLE app.mine" "CREATE TABLE app.mine (c app.code)"
	stands 4 'DOMAIN app.code: .*column c of table app.mine' \
	    'drop that first'
	changed "DROP TABLE app.mine" "CREATE TABLE app.mine
		(i integer DEFAULT nextval('app.ticket'))"
	stands 4 'SEQUENCE app.ticket: .*column i of table app.mine' \
	    'drop that first'
	changed "DROP TABLE app.mine" \
	    "CREATE TABLE public.mine () INHERITS (public.\"Orders\")"
	stands 4 'TABLE public.Orders: .*table public.mine' 'drop that first'
}

@test "what would go with it, or without it, is not cut off unsaid" {
	changed "CREATE TABLE log.event_2027 PARTITION OF log.event
		FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')" \
	    "INSERT INTO log.event VALUES ('2027-05-05', 1, 'new')"
	stands 1 'log.event_2027, a partition of log.event, would go' \
	    'ALTER TABLE log.event DETACH PARTITION log.event_2027$'
	# Of the archive, and not chosen.
	stands 1 'log.event_2025, a partition of log.event, would go' \
	    'choose both' --table log.event
	stands 1 'log.event_2025 would not be a partition of log.event' \
	    'ALTER TABLE log.event DETACH PARTITION log.event_2025$' \
	    --table log.event_2025
	pg_sql copy "ALTER TABLE log.event DETACH PARTITION log.event_2027"
	restore 0 --clean
	[ "$(pg_sql copy "SELECT what FROM log.event_2027")" = new ]
	# From 18 on, names of NOT NULL are such of constraints, too.
	pg_sql copy "DROP TABLE log.event_2027"
	restore 0 --clean
	as_saved

	changed "CREATE TABLE public.every (id integer) PARTITION BY LIST (id)" \
	    "ALTER TABLE public.every ATTACH PARTITION public.\"Orders\" DEFAULT"
	stands 1 'public."Orders" would not be a partition of public.every' \
	    'ALTER TABLE public.every DETACH PARTITION public."Orders"$'
	changed "ALTER TABLE public.every DETACH PARTITION public.\"Orders\"" \
	    "DROP TABLE public.every" "CREATE TABLE public.up (id integer)" \
	    "ALTER TABLE public.\"Orders\" INHERIT public.up"
	stands 1 'public."Orders" would not inherit from public.up' \
	    'ALTER TABLE public."Orders" NO INHERIT public.up$'
	# The archive has this one: it comes back as it was.
	restore 0 --clean --table log.heir_of_heir
	tell | diff "$T/before" -
}

@test "names that belong to others now are not taken" {
	changed "DROP TABLE public.\"Orders\"" \
	    "CREATE VIEW public.\"Orders\" AS SELECT 1 AS id"
	stands 4 'TABLE public.Orders: "Orders" is not a table' 'something else'
	changed "DROP VIEW public.\"Orders\"" \
	    "DROP FUNCTION app.twice(integer) CASCADE" \
	    "CREATE PROCEDURE app.twice(integer) LANGUAGE sql AS 'SELECT 1'"
	stands 4 'FUNCTION app.twice\(integer\): .*is not a function' \
	    'something else'
	changed "DROP PROCEDURE app.twice(integer)" \
	    "CREATE TABLE app.mine (i integer)" \
	    "ALTER SEQUENCE app.ticket OWNED BY app.mine.i"
	stands 1 'the sequence app.ticket belongs to app.mine' \
	    'ALTER SEQUENCE app.ticket RENAME'
	changed "DROP TABLE app.mine" "CREATE TABLE public.\"Orders\" (id integer)" \
	    "ALTER EXTENSION pg_trgm ADD TABLE public.\"Orders\""
	stands 1 'public."Orders" belongs to the extension pg_trgm' \
	    'ALTER EXTENSION pg_trgm DROP'
	changed "ALTER EXTENSION pg_trgm DROP TABLE public.\"Orders\"" \
	    "ALTER TABLE public.orders RENAME TO kept"
	stands 1 'has the name of CONSTRAINT public.orders orders_pkey' \
	    'rename or drop it first'
	pg_sql copy "ALTER INDEX public.orders_pkey RENAME TO kept_pkey"
	restore 0 --clean
	[ "$(pg_sql copy "SELECT count(*) FROM public.kept")" -eq 50 ]
	pg_sql copy "DROP TABLE public.kept"
	restore 0 --clean
	as_saved
}

@test "what was changed, and is in nobody's way, becomes what it was" {
	# Keys in a circle that was none; a view made of another's; a sequence
	# that parted from its table.
	changed "ALTER TABLE app.orders ADD COLUMN later text, DROP COLUMN note
		CASCADE" \
	    "ALTER TYPE app.mood ADD VALUE 'x'" \
	    "ALTER TABLE app.item OWNER TO other" \
	    "DROP VIEW app.summary CASCADE" \
	    "CREATE VIEW log.a AS SELECT 1 AS i" \
	    "CREATE VIEW app.summary AS SELECT * FROM log.a" \
	    "ALTER TABLE public.\"Orders\" ADD PRIMARY KEY (id)" \
	    "ALTER TABLE public.\"Orders\" ADD FOREIGN KEY (id)
		REFERENCES public.orders NOT VALID" \
	    "ALTER TABLE public.orders ADD FOREIGN KEY (id)
		REFERENCES public.\"Orders\" NOT VALID" \
	    "ALTER SEQUENCE app.orders_id_seq OWNED BY NONE" \
	    "ALTER TABLE app.orders ALTER id DROP DEFAULT" \
	    "DROP FUNCTION app.twice(integer) CASCADE" \
	    "CREATE FUNCTION app.twice(integer) RETURNS text LANGUAGE sql
		AS 'SELECT 1::text'" \
	    "GRANT ALL ON app.item, public.orders TO other" \
	    "SELECT lo_unlink(7001)"
	restore 0 --clean --verify
	pg_sql copy "DROP VIEW log.a"
	as_saved
}

@test "another session that keeps a table is named" {
	changed "SELECT 1"
	mkfifo "$T/go"
	exec 8<>"$T/go"
	psql -XqAt copy <"$T/go" >"$T/seen" 3>&- 8>&- &
	reader=$!
	echo "BEGIN; SELECT count(*) FROM app.item;" >&8
	await [ -s "$T/seen" ]
	stands 4 'session [0-9]+ \(postgres, idle in transaction\) has held app.item' \
	    'more time with --lock-timeout' --table app.item --lock-timeout 1
	exec 8>&-
	wait "$reader"
	restore 0 --clean --table app.item --lock-timeout 1
	tell | diff "$T/before" -
}

@test "what comes while a table is waited for is seen" {
	changed "SELECT 1"
	rm -f "$T/go" "$T/seen"
	mkfifo "$T/go"
	exec 8<>"$T/go"
	psql -XqAt copy <"$T/go" >"$T/seen" 3>&- 8>&- &
	reader=$!
	echo "BEGIN; SELECT count(*) FROM log.event;" >&8
	await [ -s "$T/seen" ]
	cask_restore "$ARCHIVE" copy --clean >"$T/out" 2>&1 3>&- 8>&- &
	restore=$!
	await is_waiting
	echo "CREATE TABLE log.event_2027 PARTITION OF log.event
		FOR VALUES FROM ('2027-01-01') TO ('2028-01-01'); COMMIT;" >&8
	exec 8>&-
	wait "$reader"
	status=0
	wait "$restore" || status=$?
	cat "$T/out"
	[ "$status" -eq 1 ]
	grep 'log.event_2027, a partition of log.event, would go' "$T/out"
	pg_sql copy "SELECT FROM log.event_2027"
}

# is_waiting: a session waits for log.event.
is_waiting() {
	[ "$(pg_sql copy "SELECT count(*) FROM pg_locks
	    WHERE NOT granted AND relation = 'log.event'::regclass")" -eq 1 ]
}

@test "a signal in the middle of the rows leaves what was there" {
	changed "DELETE FROM app.item"
	cask_pipe
	"$PGCASK" restore - -d copy --clean --open-key "$KEYS/k-open.key" \
	    <"$BATS_TEST_TMPDIR/pipe" >"$T/out" 2>&1 3>&- 7<&- &
	restore=$!
	head -c $(($(stat -c %s "$ARCHIVE") / 2)) "$ARCHIVE" >&7
	await is_dropping
	kill -INT "$restore"
	status=0
	wait "$restore" || status=$?
	exec 7<&-
	cat "$T/out"
	[ "$status" -eq 130 ]
	grep 'nothing is changed' "$T/out"
	tell | diff "$T/before" -
}

# is_dropping: a session has made what it loads, and holds it.
is_dropping() {
	[ "$(pg_sql postgres "SELECT count(*) > 0 FROM pg_locks
	    WHERE mode = 'AccessExclusiveLock' AND relation > 16384")" = t ]
}

@test "rows that are refused leave what was there" {
	# By what stays: an event trigger that makes the table refuse them.
	changed "CREATE FUNCTION public.spoil() RETURNS event_trigger
		LANGUAGE plpgsql AS \$\$
		DECLARE r record; BEGIN
			FOR r IN SELECT * FROM pg_event_trigger_ddl_commands()
			    WHERE object_identity = 'app.item' LOOP
				EXECUTE 'ALTER TABLE app.item ADD CONSTRAINT few
					CHECK (line < 1)';
			END LOOP;
		END\$\$" \
	    "CREATE EVENT TRIGGER spoil ON ddl_command_end
		WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.spoil()"
	stands 4 'item.*violates check constraint "few"' '.'
}

@test "an owner who is no superuser replaces what is his" {
	pg_drop copy
	pg_sql postgres "CREATE DATABASE copy OWNER lim"
	PGUSER=lim restore 3
	tell >"$T/before"
	PGUSER=lim restore 3 --clean
	tell | diff "$T/before" -
	changed "ALTER TABLE app.item OWNER TO other"
	PGUSER=lim stands 4 'cannot replace .*must be owner of table item' \
	    'its owner, or a superuser'
}
