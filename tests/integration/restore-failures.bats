#!/usr/bin/env bats
# builds: asan
# What can go wrong while an archive is brought back: a clear message, the
# right status, and nothing lost in the target.
# shellcheck disable=SC2154 # $pid, $status, $said, $signal: of failures.bash

load ../lib/failures

setup_file() {
	cask_begin
	pg_new source
	big_table source
	pg_sql source "ALTER TABLE big ADD PRIMARY KEY (i)" \
	    "CREATE INDEX big_a ON big (a)" \
	    "CREATE TABLE small (i integer REFERENCES big)" \
	    "INSERT INTO small SELECT generate_series(1, 10)"
	cask_backup source "$REPO"
	pg_new owned
	pg_sql owned "CREATE ROLE gone_1" "CREATE ROLE \"gone \"\"2\"\"\"" \
	    "CREATE TABLE t1 AS SELECT generate_series(1, 100) AS i" \
	    "CREATE TABLE t2 AS SELECT * FROM t1" \
	    "CREATE TABLE t3 AS SELECT * FROM t1" \
	    "CREATE VIEW v AS SELECT * FROM t1" \
	    "ALTER TABLE t1 OWNER TO gone_1" "ALTER TABLE t2 OWNER TO gone_1" \
	    "ALTER VIEW v OWNER TO gone_1" \
	    "GRANT SELECT ON t3 TO \"gone \"\"2\"\"\"" \
	    "GRANT SELECT ON t2 TO \"gone \"\"2\"\"\""
	cask_backup owned "$REPO"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_drop copy
}

teardown() {
	[ -z "${SECOND-}" ] || pg_stop "$SECOND"
}

# only_known: no database but those that were there, under any name.
only_known() {
	local found

	found=$(pg_databases | paste -sd ' ')
	[ "$found" = "${1-owned postgres source}" ] || {
		echo "databases: $found"
		return 1
	}
}

# left_alone: no session of pgcask is on the server.
left_alone() {
	[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
	    WHERE application_name = 'pgcask'")" -eq 0 ]
}

# half_full: rows of big are in the database that is being made.
half_full() {
	pg_sql copy.pgcask.partial "SELECT pg_relation_size(to_regclass(
	    'public.big'))" 2>/dev/null | grep -q '[1-9]'
}

restore_pipe() {
	exec "$PGCASK" restore - -d copy --create -j 2 \
	    --open-key "$KEYS/k-open.key" <"$BATS_TEST_TMPDIR/pipe"
}

# meanwhile COMMAND...: restore source through a pipe that stops after two
# thirds, run the command while rows are on their way, and let it go on.
meanwhile() {
	local archive size feeder

	archive=$(the_archive "$REPO/source")
	size=$(stat -c %s "$archive")
	rm -f "$BATS_TEST_TMPDIR/go"
	cask_feed "$archive" $((size * 2 / 3)) "$BATS_TEST_TMPDIR/go" \
	    3>&- 2>/dev/null >"$BATS_TEST_TMPDIR/pipe" &
	feeder=$!
	start restore_pipe
	await half_full
	"$@"
	touch "$BATS_TEST_TMPDIR/go"
	outcome
	wait "$feeder" || :
}

# works: nothing that failed before stands in the way of the next run.
works() {
	pg_use "$SERVER"
	pg_drop copy
	cask_restore latest:source copy -r "$REPO" --create --verify
	same_databases source copy
	pg_sql postgres "DROP DATABASE copy"
	only_known
}

@test "the target is missing" {
	refuses 4 'copy.*|--create' cask_restore latest:source copy -r "$REPO"
	cask_restore latest:source copy -r "$REPO" 2>&1 | grep -e --create
	only_known
}

@test "no target is named" {
	unset PGDATABASE
	refuses 2 '-d' "$PGCASK" restore latest:source -r "$REPO" \
	    --open-key "$KEYS/k-open.key"
	only_known
}

@test "the target is not empty" {
	for object in "TABLE mine AS SELECT 1 AS i" "VIEW mine AS SELECT 1 AS i" \
	    "SEQUENCE mine" "SCHEMA mine" "TYPE mine AS ENUM ('a')" \
	    "FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'" \
	    "DOMAIN mine AS text"; do
		pg_new copy
		pg_sql copy "CREATE $object"
		pg_server_dump copy >"$BATS_TEST_TMPDIR/before"
		refuses 1 'copy.*not empty' cask_restore latest:source copy \
		    -r "$REPO" || {
			echo "$object"
			return 1
		}
		pg_server_dump copy | diff "$BATS_TEST_TMPDIR/before" -
	done
	# So is a large object.
	pg_new copy
	pg_sql copy "SELECT lo_from_bytea(5, 'x')"
	refuses 1 'copy.*not empty' cask_restore latest:source copy -r "$REPO"
	[ "$(pg_sql copy "SELECT lo_get(5)")" = '\x78' ]
}

@test "--create does not replace a database" {
	pg_new copy
	pg_sql copy "CREATE TABLE mine AS SELECT 1 AS i"
	refuses 1 'copy' cask_restore latest:source copy -r "$REPO" --create ||
	    refuses 4 'copy' cask_restore latest:source copy -r "$REPO" \
	    --create
	[ "$(pg_sql copy "SELECT i FROM mine")" = 1 ]
	only_known "copy owned postgres source"
}

@test "no right to make databases" {
	pg_sql postgres "CREATE ROLE carl LOGIN"
	PGUSER=carl refuses 4 'permission denied' cask_restore latest:source \
	    copy -r "$REPO" --create
	PGUSER=carl refuses 4 'createdb -O carl copy' cask_restore \
	    latest:source copy -r "$REPO" --create
	only_known
}

@test "a wrong password" {
	password_server
	PGUSER=alice PGPASSWORD=wrong \
	    refuses 4 'password authentication failed.*alice' \
	    cask_restore latest:source copy -r "$REPO" --create
	PGUSER=alice PGPASSWORD=right \
	    cask_restore latest:source copy -r "$REPO" --create -j 3
	same_databases copy source "$SERVER"
}

@test "roles of the schema are missing in the target" {
	pg_start SECOND
	status=0
	cask_restore latest:owned copy -r "$REPO" --create \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -le "$SCREEN" ]
	# One warning lists them, once each.
	[ "$(grep -c 'gone_1' "$BATS_TEST_TMPDIR/out")" -eq 1 ]
	grep 'gone_1' "$BATS_TEST_TMPDIR/out" | grep 'gone "2"\|gone ""2""'
	# And the rest is there.
	for table in t1 t2 t3 v; do
		[ "$(pg_sql copy "SELECT count(*) FROM $table")" -eq 100 ]
	done
}

@test "what else speaks of a role that is missing is named" {
	pg_new copy
	# Its name is part of many other words.
	pg_sql copy "CREATE ROLE e" "CREATE TABLE t (i integer)" \
	    "GRANT SELECT ON t TO e" "CREATE POLICY pol ON t TO e" \
	    "CREATE FOREIGN DATA WRAPPER far" \
	    "CREATE SERVER there FOREIGN DATA WRAPPER far" \
	    "CREATE USER MAPPING FOR e SERVER there"
	cask_backup copy "$REPO" --name spoken
	pg_drop copy
	pg_sql postgres "DROP ROLE e"
	status=0
	cask_restore latest:spoken copy -r "$REPO" --create \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep 'warning: POLICY .*pol: role "e" does not exist' \
	    "$BATS_TEST_TMPDIR/out"
	grep 'warning: USER MAPPING .*there: role "e" does not exist' \
	    "$BATS_TEST_TMPDIR/out"
	# The privilege was said with the role.
	[ "$(grep -c 'warning:' "$BATS_TEST_TMPDIR/out")" -eq 3 ]
}

@test "an object that fails is named, though a missing role's name is in it" {
	pg_new copy
	pg_sql copy "CREATE ROLE e" \
	    "CREATE EXTENSION earthdistance CASCADE" \
	    "CREATE TABLE place (e earth)" "CREATE TABLE hers (i integer)" \
	    "ALTER TABLE hers OWNER TO e" "INSERT INTO place VALUES (NULL)"
	cask_backup copy "$REPO" --name within
	pg_drop copy
	pg_sql postgres "DROP ROLE e" "DROP ROLE IF EXISTS emil" \
	    "CREATE ROLE emil LOGIN" "CREATE DATABASE copy OWNER emil"
	status=0
	PGUSER=emil cask_restore latest:within copy -r "$REPO" \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep 'earthdistance' "$BATS_TEST_TMPDIR/out" |
	    grep 'TABLE public.place'
}

@test "globals that change the password at work: that is told for what it is" {
	pg_sql postgres "SET password_encryption = 'scram-sha-256'" \
	    "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'theirs'"
	cask_backup source "$REPO" --name boss
	pg_start SECOND
	pg_sql postgres "SET password_encryption = 'scram-sha-256'" \
	    "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'ours'"
	pg_hba "$SECOND" "local all boss scram-sha-256" \
	    "local all postgres trust"
	PGUSER=boss PGPASSWORD=ours \
	    refuses 4 'globals are made.*not let boss in' \
	    cask_restore latest:boss copy -r "$REPO" --create --globals
	only_known postgres
	PGUSER=boss PGPASSWORD=theirs \
	    cask_restore latest:boss copy -r "$REPO" --create
	[ "$(pg_sql copy "SELECT count(*) FROM small")" -eq 10 ]
	PGHOST=$SERVER/s pg_sql postgres "DROP ROLE boss"
}

@test "the server is stopped in the middle" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	for mode in fast immediate; do
		meanwhile pg_ctl "$SERVER" stop -m $mode
		started "$SERVER"
		[ "$status" -eq 4 ]
		[ "$(pg_sql postgres "SELECT count(*) FROM pg_database
		    WHERE datname = 'copy'")" -eq 0 ]
		# What is left has a name that says what it is, and goes with
		# the next run.
		only_known || only_known "copy.pgcask.partial owned postgres source"
	done
	works
}

@test "a backend is terminated, or killed, in the middle" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# The rest of the rows comes when somebody looks out for it.
	end_copy() {
		pg_sql postgres "DO \$\$ BEGIN
		    WHILE clock_timestamp() < now() + interval '2 min' LOOP
			PERFORM pg_stat_clear_snapshot();
			PERFORM pg_terminate_backend(pid)
			    FROM pg_stat_activity WHERE state = 'active'
			    AND query LIKE 'COPY%big%' LIMIT 1;
			EXIT WHEN FOUND;
			PERFORM pg_sleep(0.001);
		    END LOOP;
		END \$\$" 3>&- &
		looker=$!
		await looks_out
		touch "$BATS_TEST_TMPDIR/go"
		wait "$looker"
	}
	# It looks, or has seen what there still was of the first rows.
	looks_out() {
		kill -0 "$looker" 2>/dev/null || return 0
		[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
		    WHERE query LIKE 'DO %' AND state = 'active'")" -gt 0 ]
	}
	meanwhile end_copy
	[ "$status" -eq 4 ]
	[[ $said == *big* ]]
	only_known
	works
}

@test "the input ends, or fails, in the middle" {
	archive=$(the_archive "$REPO/source")
	size=$(stat -c %s "$archive")
	for part in 10 30 50 70 90; do
		head -c $((size * part / 100)) "$archive" \
		    >"$BATS_TEST_TMPDIR/cut"
		status=0
		"$PGCASK" restore - -d copy --create -j 2 \
		    --open-key "$KEYS/k-open.key" \
		    <"$BATS_TEST_TMPDIR/cut" >"$BATS_TEST_TMPDIR/out" 2>&1 ||
		    status=$?
		cat "$BATS_TEST_TMPDIR/out"
		[ "$status" -eq 6 ]
		only_known
	done
	works
}

@test "the connection is cut in the middle" {
	# Of a restore the server says little, so the bytes are few.
	for bytes in 100 1500 4000; do
		cut_after $bytes cask_restore latest:source copy -r "$REPO" \
		    --create -j 2
		only_known || only_known "copy.pgcask.partial owned postgres source"
	done
	works
}

@test "the server's disk is full" {
	disk=$(mktemp -d /tmp/pgcask.XXXXXX)
	chmod 755 "$disk"
	small_disk "$disk" 24m
	mkdir "$disk/space"
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$disk/space"
	chmod 700 "$disk/space"
	status=0
	(
		pg_sql postgres "CREATE TABLESPACE tiny LOCATION '$disk/space'" &&
		    pg_sql postgres "CREATE DATABASE copy TABLESPACE tiny" &&
		    refuses 4 'big.*(No space left|wrote only [0-9]+ of)' cask_restore latest:source \
		    copy -r "$REPO" -j 2 &&
		    pg_sql copy "SELECT 1"
	) || status=1
	pg_drop copy
	pg_sql postgres "DROP TABLESPACE IF EXISTS tiny"
	small_disk_gone "$disk"
	rm -rf "$disk"
	[ "$status" -eq 0 ]
	works
}

@test "SIGINT and SIGTERM take back what was begun" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	stop_it() {
		kill "-${pair%:*}" "$pid"
		stopped=$SECONDS
	}
	for pair in INT:130 TERM:143; do
		meanwhile stop_it
		[ "$status" -eq "${pair#*:}" ]
		[ $((SECONDS - stopped)) -le 60 ]
		only_known
	done
	works
}

# partial: the OID of what a run was making, or nothing.
partial() {
	pg_sql postgres "SELECT oid FROM pg_database
	    WHERE datname = 'copy.pgcask.partial'"
}

@test "signals at random moments, then a clean run" {
	RANDOM=$$
	left=
	for ((i = 0; i < 9; i++)); do
		shoot $i "$PGCASK" restore latest:source -d copy -r "$REPO" \
		    --create -j 2 --open-key "$KEYS/k-open.key"
		case $signal:$status in
		*:0)
			same_databases source copy
			pg_sql postgres "DROP DATABASE copy" ;;
		INT:130 | TERM:143)
			# It may come before what was left is dropped.
			[ -n "$left" ] && [ "$(partial)" = "$left" ] ||
			    only_known ;;
		KILL:137)
			# The server still does what it was told last.
			await left_alone
			# The final name means the whole of it.
			if [ "$(pg_sql postgres "SELECT count(*)
			    FROM pg_database WHERE datname = 'copy'")" -eq 1 ]
			then
				same_databases source copy
				pg_sql postgres "DROP DATABASE copy"
			fi
			only_known ||
			    only_known "copy.pgcask.partial owned postgres source"
			left=$(partial) ;;
		esac
	done
	works
}

@test "a row that the server refuses ends the restore and is named" {
	pg_new picky
	pg_sql picky "CREATE TABLE choosy (i integer
		CHECK (current_database() = 'picky'))" \
	    "INSERT INTO choosy VALUES (1), (2)"
	cask_backup picky "$REPO"
	pg_sql postgres "DROP DATABASE picky"
	refuses 4 'choosy' cask_restore latest:picky copy -r "$REPO" --create
	only_known
	pg_new copy
	refuses 4 'choosy' cask_restore latest:picky copy -r "$REPO"
}

@test "statements that the server refuses are warnings, and the rest is done" {
	pg_new wide
	pg_sql wide "CREATE TABLE kept AS SELECT generate_series(1, 9) AS i" \
	    "ALTER TABLE kept ADD PRIMARY KEY (i)" \
	    "CREATE EXTENSION pageinspect" \
	    "CREATE FOREIGN DATA WRAPPER nowhere"
	for ((i = 1; i <= 40; i++)); do
		echo "CREATE TABLE t$i AS SELECT * FROM kept;"
	done | pg_sql wide
	cask_backup wide "$REPO"
	pg_sql postgres "DROP DATABASE wide"
	# One who may not make the extension, nor give things to postgres.
	pg_sql postgres "CREATE ROLE dora LOGIN" \
	    "CREATE DATABASE copy OWNER dora"
	pg_sql copy "ALTER SCHEMA public OWNER TO dora"
	status=0
	PGUSER=dora cask_restore latest:wide copy -r "$REPO" \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -le "$SCREEN" ]
	grep pageinspect "$BATS_TEST_TMPDIR/out"
	for table in kept t1 t40; do
		[ "$(pg_sql copy "SELECT count(*) FROM $table")" -eq 9 ]
	done
	[ "$(pg_sql copy "SELECT count(*) FROM pg_constraint
	    WHERE conrelid = 'kept'::regclass AND contype = 'p'")" -eq 1 ]
}
