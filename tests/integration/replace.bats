#!/usr/bin/env bats
# builds: asan
# Replacing what is there, and telling what would be done.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_begin
	pg_server_dump choose >"$T/dump"
	pg_contents choose >"$T/rows"
	# A copy that somebody went on with.
	pg_new live
	cask_restore "$ARCHIVE" live
	pg_sql live "DELETE FROM app.item" "UPDATE app.orders SET total = 0" \
	    "ALTER TABLE app.orders ADD COLUMN later text" \
	    "DROP INDEX app.orders_note" "SELECT nextval('app.orders_id_seq')" \
	    "SELECT lo_put(7001, 0, 'other')" "ALTER TYPE app.mood ADD VALUE 'x'"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_sql postgres "DROP DATABASE IF EXISTS copy" \
	    "CREATE DATABASE copy TEMPLATE live"
}

# same_tables TABLE...: definitions and rows are those of the source.
same_tables() {
	for db in choose copy; do
		# shellcheck disable=SC2068
		pg_dump ${@/#/--table=} "$db" | sed '/restrict /d' >"$T/$db.sql"
	done
	grep -q 'dump complete' "$T/choose.sql"
	diff -u "$T/choose.sql" "$T/copy.sql"
}

@test "a table is replaced, with all that is its own" {
	# Views and keys of others hold it.
	pg_dump copy | sed '/restrict /d' >"$T/before"
	restore 4 --table app.orders --clean
	grep 'cannot replace TABLE app.orders' "$T/out"
	grep 'app.summary' "$T/out"
	grep 'nothing is changed' "$T/out"
	pg_dump copy | sed '/restrict /d' | diff "$T/before" -
	# With them it goes; the key that refers to it comes back as it was.
	restore 0 --table app.orders --table app.item --table app.customer \
	    --table 'app.summary*' --clean --verify
	cat "$T/out"
	same_tables app.orders app.item app.customer app.summary \
	    app.summary_saved
	[ "$(pg_sql copy "SELECT nextval('app.orders_id_seq')")" -eq 3001 ]
	pg_sql copy "SELECT 'x'::app.mood"
}

@test "all of it is replaced, and what else is there stays" {
	pg_sql copy "CREATE TABLE app.mine (i integer)"
	pg_sql copy "ALTER TABLE app.mine ADD PRIMARY KEY (i)"
	restore 0 --clean --verify
	pg_sql copy "DROP TABLE app.mine"
	# It is not counted.
	pg_new other
	"$PGCASK" restore "$ARCHIVE" -d other --open-key "$KEYS/k-open.key" |
	    grep -o ': [0-9]* tables.* indexes,' >"$T/counts"
	grep -F -f "$T/counts" "$T/out"
	pg_server_dump copy | diff "$T/dump" -
	pg_contents copy | diff "$T/rows" -
}

@test "of an archive that has nothing, nothing is counted" {
	pg_new other
	mkdir "$T/empty"
	cask_backup other "$T/empty" --name empty
	cask_restore latest:empty copy -r "$T/empty" --clean |
	    grep ': 0 tables, 0 rows, 0 indexes, 0 constraints, '
}

@test "a failure leaves what was there" {
	pg_server_dump copy >"$T/before"
	pg_contents copy >"$T/before-rows"
	cp "$ARCHIVE" "$T/broken.cask"
	# In the last of the data.
	size=$(stat -c %s "$T/broken.cask")
	printf 'XXXX' | dd of="$T/broken.cask" bs=1 conv=notrunc \
	    seek=$((size / 2)) status=none
	status=0
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" --clean \
	    <"$T/broken.cask" >"$T/out" 2>&1 || status=$?
	cat "$T/out"
	[ "$status" -eq 6 ]
	pg_server_dump copy | diff "$T/before" -
	pg_contents copy | diff "$T/before-rows" -
}

@test "nobody sees the old gone and the new not there" {
	# A reader keeps the table: the restore waits, and then the reader sees
	# the old one.
	mkfifo "$T/go"
	exec 8<>"$T/go"
	psql -XqAt copy <"$T/go" >"$T/seen" 3>&- 8>&- &
	reader=$!
	echo "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT count(*) FROM" \
	    "public.orders;" >&8
	for ((i = 0; i < 500; i++)); do
		[ -s "$T/seen" ] && break
		sleep 0.02
	done
	cask_restore "$ARCHIVE" copy --table public.orders --clean -q 3>&- 8>&- &
	restore=$!
	for ((i = 0; i < 500; i++)); do
		[ "$(pg_sql copy "SELECT count(*) FROM pg_locks
		    WHERE NOT granted")" -eq 0 ] || break
		sleep 0.02
	done
	echo "SELECT count(*) FROM public.orders; COMMIT;" \
	    "SELECT count(*) FROM public.orders;" >&8
	exec 8>&-
	wait "$reader"
	wait "$restore"
	[ "$(uniq "$T/seen")" = 50 ]
	[ "$(wc -l <"$T/seen")" -eq 3 ]
}

@test "--list tells the steps, their order, rows and bytes" {
	"$PGCASK" restore "$ARCHIVE" --open-key "$KEYS/k-open.key" --list \
	    -h /nowhere >"$T/out"
	head -n 1 "$T/out" | grep '^PHASE  *WHAT  *ROWS  *BYTES$'
	# Every phase once, in this order.
	sed '1d; $d; s/ .*//' "$T/out" | uniq | paste -sd ' ' |
	    grep -x 'schema rows values after privileges refresh'
	for line in 'schema .*TABLE app\.orders' 'rows .*app\.orders .*3,000' \
	    'rows .*large objects .*2' 'values .*app\.orders_id_seq: 3000' \
	    'values .*app\.ticket: 500' 'after rows .*INDEX app\.orders_note' \
	    'refresh .*app\.summary_saved' 'privileges .*ACL TABLE app\.orders'; do
		grep -E "^$line" "$T/out" || {
			cat "$T/out"
			echo "not there: $line"
			false
		}
	done
	[ "$(sed '1d; $d' "$T/out" | wc -l)" -eq \
	    "$(tail -n 1 "$T/out" | sed 's/ steps.*//')" ]
	tail -n 1 "$T/out" | grep ' steps, 8,559 rows, '
	"$PGCASK" restore "$ARCHIVE" --open-key "$KEYS/k-open.key" --list \
	    --data-only --table app.item >"$T/out"
	[ "$(wc -l <"$T/out")" -eq 3 ]
	grep '^rows  *app.item  *5,000' "$T/out"
	"$PGCASK" restore "$ARCHIVE" --open-key "$KEYS/k-open.key" --list \
	    --table app.item --as salvage.item >"$T/out"
	grep '^schema  *TABLE salvage.item$' "$T/out"
	grep '^rows  *salvage.item  *5,000' "$T/out"
	[ "$(wc -l <"$T/out")" -eq 4 ]
	refuses 2 'no table of the archive' "$PGCASK" restore "$ARCHIVE" \
	    --open-key "$KEYS/k-open.key" --list --table app.none
	"$PGCASK" restore "$ARCHIVE" --open-key "$KEYS/k-open.key" --list \
	    --globals >"$T/out"
	sed -n 2p "$T/out" | grep '^globals  *roles and tablespaces *$'
	status=0
	"$PGCASK" restore - --open-key "$KEYS/k-open.key" --list \
	    <"$ARCHIVE" 2>"$T/out" || status=$?
	[ "$status" -eq 2 ]
	grep 'takes a file' "$T/out"
}

# plan OPTION...: what --list says, in $T/out.
plan() {
	"$PGCASK" restore "$ARCHIVE" --open-key "$KEYS/k-open.key" --list \
	    "$@" >"$T/out"
}

@test "--list tells what would be dropped, the last first" {
	plan --clean
	sed '1d; $d; s/ .*//' "$T/out" | uniq | paste -sd ' ' |
	    grep -x 'drop schema rows values after privileges refresh'
	tail -n 1 "$T/out" | grep 'steps.*; the target was not looked at'
	grep '^drop ' "$T/out" | sed 's/^drop *//; s/ *$//' >"$T/plan"
	grep -x 'SCHEMA app' "$T/plan"
	grep -E '^BLOB .*7001' "$T/plan"
	lacks '^(EXTENSION|INDEX|CONSTRAINT)' "$T/plan"
	# The server is told to drop all of them, in that order.
	restore 0 --clean -vv
	sed -nE 's/^pgcask: DROP (.*) IF EXISTS .*/\1/p' "$T/out" |
	    sed '/SEQUENCE/d' >"$T/kinds"
	sed -E '/^(BLOB|SCHEMA|SEQUENCE)/d; s/ [^ ]*[a-z].*//; s/^CAST.*/CAST/' \
	    "$T/plan" | diff "$T/kinds" -

	plan --clean --table app.item
	[ "$(grep '^drop ' "$T/out" | tr -s ' ')" = 'drop TABLE app.item' ]
	plan --table app.item
	lacks '^drop' "$T/out"
}

@test "what contradicts --clean is refused" {
	refuses 2 'nothing to replace' cask_restore "$ARCHIVE" other --clean \
	    --create
	refuses 2 'nothing to replace' cask_restore "$ARCHIVE" copy --clean \
	    --data-only
	refuses 2 'one connection' cask_restore "$ARCHIVE" copy --clean -j 2
	refuses 2 'what --clean drops' cask_restore "$ARCHIVE" copy \
	    --table app.item --lock-timeout 5
	refuses 2 'beside' cask_restore "$ARCHIVE" copy --clean \
	    --table app.item --as app.other
}
