#!/usr/bin/env bats
# builds: asan
# What can go wrong while a database is sealed: a clear message, the right
# status, and nothing under a final name.
# shellcheck disable=SC2154 # $pid, $status, $said, $signal: of failures.bash

load ../lib/failures

setup_file() {
	cask_begin
	pg_new source
	big_table source
	pg_sql source "CREATE TABLE small AS SELECT generate_series(1, 10) AS i" \
	    "CREATE TABLE \"Secret Plans\" AS SELECT 1 AS i"
	# A session that waits for pgcask to take rows of big off its hands.
	pg_sql postgres <<-'SQL'
		CREATE FUNCTION sender() RETURNS integer LANGUAGE plpgsql AS $$
		DECLARE
			found_pid integer;
		BEGIN
			WHILE clock_timestamp() < now() + interval '2 min' LOOP
				PERFORM pg_stat_clear_snapshot();
				SELECT pid INTO found_pid FROM pg_stat_activity
				WHERE query LIKE 'COPY%big%' AND state = 'active'
					AND wait_event = 'ClientWrite';
				IF FOUND THEN
					RETURN found_pid;
				END IF;
				PERFORM pg_sleep(0.001);
			END LOOP;
			RAISE 'no COPY was ever seen';
		END
		$$;
	SQL
	pg_new little
	pg_sql little "CREATE TABLE t AS SELECT generate_series(1, 100) AS i"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
}

teardown() {
	[ -z "${held-}" ] || as_superuser kill -CONT "$held" 2>/dev/null || :
	[ -z "${SECOND-}" ] || pg_stop "$SECOND"
}

# hold_rows: stop a session in the middle of sending rows of big, where it
# holds nothing that others need; its process id is in $held.
hold_rows() {
	local doing

	held=$(pg_sql postgres "SELECT sender()") || return
	while as_superuser kill -STOP "$held"; do
		doing=$(pg_sql postgres "SELECT concat('sending ', wait_event)
		    FROM pg_stat_activity WHERE pid = $held
		    AND query LIKE 'COPY%big%' AND state = 'active'")
		[ "$doing" != "sending ClientWrite" ] || return 0
		as_superuser kill -CONT "$held"
		[ -n "$doing" ] || return
	done
}

# meanwhile COMMAND...: a backup of source, and the command when it is in the
# middle of big, where it stays until the command is through.
meanwhile() {
	start "$PGCASK" backup -d source -r "$REPO" -j 2 --level 7 \
	    --seal-key "$KEYS/k-seal.key"
	await hold_rows
	"$@"
	as_superuser kill -CONT "$held" 2>/dev/null || :
	outcome
}

# works: nothing that failed before stands in the way of the next run.
works() {
	pg_use "$SERVER"
	cask_backup little "$REPO"
	cask_backup source "$REPO" --name source
}

@test "no such database" {
	refuses 4 'nosuch' cask_backup nosuch "$REPO"
	refuses 4 '-d names another' cask_backup nosuch "$REPO"
	PGUSER=nobody1 refuses 4 '-U names another role' \
	    cask_backup postgres "$REPO"
	no_archive "$REPO"
}

@test "no such server" {
	PGHOST=$BATS_TEST_TMPDIR refuses 4 "$BATS_TEST_TMPDIR" \
	    cask_backup source "$REPO"
	PGHOST=127.0.0.1 PGPORT=1 refuses 4 '127\.0\.0\.1' \
	    cask_backup source "$REPO"
	no_archive "$REPO"
}

@test "a wrong password, and none" {
	password_server
	export PGUSER=alice
	PGPASSWORD=wrong refuses 4 'password authentication failed.*alice' \
	    cask_backup postgres "$REPO"
	refuses 4 'password' cask_backup postgres "$REPO" -w
	refuses 4 'password' setsid -w "$PGCASK" backup -d postgres \
	    -r "$REPO" --seal-key "$KEYS/k-seal.key"
	no_archive "$REPO"
	# The right one gets through to every worker and to pg_dump.
	PGPASSWORD=right cask_backup postgres "$REPO" -j 3
	# So does one from a password file.
	(umask 077 && echo "*:*:*:alice:right" >"$BATS_TEST_TMPDIR/pgpass")
	PGPASSFILE=$BATS_TEST_TMPDIR/pgpass cask_backup postgres "$REPO"
	# And one inside a conninfo string.
	cask_backup "dbname=postgres password=right" "$REPO"
}

@test "the server's password is asked for on the terminal" {
	password_server
	cd "$BATS_TEST_TMPDIR"
	for answer in '\003' 'right\n'; do
		rm -f shown
		{
			await grep -qs 'Password for user alice: ' shown
			# shellcheck disable=SC2059
			printf "$answer"
			await grep -q 'status [0-9]' shown
		} | on_terminal "$PGCASK backup -U alice -d postgres -r $REPO" \
		    "--seal-key $KEYS/k-seal.key;" 'echo status $?; stty -a'
		cat shown
		grep -qE '(^| )echo( |$)' shown
		lacks right shown
		[ "$answer" != '\003' ] || {
			grep -q 'status 130' shown
			no_archive "$REPO"
		}
	done
	grep -q 'status 0' shown
	[ -n "$(the_archive "$REPO")" ]
}

@test "a server that accepts and says nothing can be left by a signal" {
	held=$(server_as head -n 1 "$SERVER/data/postmaster.pid")
	as_superuser kill -STOP "$held"
	start "$PGCASK" backup -d source -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key"
	connected() {
		[ -n "$(find "/proc/$pid/fd" -lname 'socket:*')" ]
	}
	await connected
	kill -INT "$pid"
	ended() {
		! kill -0 "$pid" 2>/dev/null
	}
	AWAIT=60 await ended
	as_superuser kill -CONT "$held"
	outcome
	[ "$status" -eq 130 ]
	no_archive "$REPO"
	works
}

@test "no permission on one table, which is named" {
	pg_sql source "CREATE ROLE bob LOGIN" \
	    "GRANT SELECT ON big, small TO bob"
	PGUSER=bob refuses 4 'Secret Plans' cask_backup source "$REPO"
	no_archive "$REPO"
	pg_sql source "GRANT SELECT ON \"Secret Plans\" TO bob"
	PGUSER=bob cask_backup source "$REPO" --no-role-passwords
	# A policy that hides rows is no reason to lose them.
	pg_sql source "ALTER TABLE small ENABLE ROW LEVEL SECURITY"
	PGUSER=bob refuses 4 'small' cask_backup source "$REPO" --name rls
	pg_sql source "ALTER TABLE small DISABLE ROW LEVEL SECURITY"
	[ ! -e "$REPO/rls" ] || no_archive "$REPO/rls"
}

@test "the server is stopped in the middle" {
	for mode in fast immediate; do
		meanwhile pg_ctl "$SERVER" stop -m $mode -W
		started "$SERVER"
		[ "$status" -eq 4 ]
		no_archive "$REPO"
	done
	works
}

@test "a backend is terminated, or killed, in the middle" {
	terminate() {
		pg_sql postgres "SELECT pg_terminate_backend($held)"
	}
	meanwhile terminate
	[ "$status" -eq 4 ]
	[[ $said == *big* ]]
	no_archive "$REPO"
	kill_one() {
		as_superuser kill -9 "$held"
	}
	meanwhile kill_one
	[ "$status" -eq 4 ]
	no_archive "$REPO"
	# The server recovers from that by itself.
	await psql -X -c 'SELECT 1' >/dev/null 2>&1
	works
}

@test "the leader's own session is terminated" {
	meanwhile pg_sql postgres "SELECT pg_terminate_backend(pid)
	    FROM pg_stat_activity WHERE state = 'idle in transaction'
	    AND application_name = 'pgcask'"
	[ "$status" -eq 4 ]
	no_archive "$REPO"
	works
}

@test "a query is cancelled" {
	cancel() {
		pg_sql postgres "SELECT pg_cancel_backend($held)"
	}
	meanwhile cancel
	[ "$status" -eq 4 ]
	[[ $said == *big* ]]
	no_archive "$REPO"
	works
}

@test "pg_dump is missing" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	refuses 2 'pg_dump' cask_backup little "$REPO" \
	    --pg-bindir "$BATS_TEST_TMPDIR/bin"
	refuses 2 'pg_dump' cask_backup little "$REPO" \
	    --pg-bindir "$BATS_TEST_TMPDIR/nowhere"
	no_archive "$REPO"
}

@test "pg_dump is too old, and its version is told" {
	pg_start SECOND 17
	refuses 4 '15.*17|17.*15' cask_backup postgres "$REPO" \
	    --pg-bindir "$(pg_bindir 15)"
	no_archive "$REPO"
}

@test "pg_dump dies" {
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	real=$(pg_dump_bindir)/pg_dump
	ln -s "$(pg_dump_bindir)/pg_dumpall" "$bin/"
	for death in 'kill -9 $$' 'kill -15 $$' \
	    'echo "pg_dump: error: out of luck" >&2; exit 1' \
	    '"$real" "$@" | head -c 700; kill -9 $$' ; do
		{
			echo '#!/bin/bash'
			echo "real=$real"
			echo 'case "$*" in'
			echo '*--version*|-V) exec "$real" --version ;;'
			echo "*) $death ;;"
			echo 'esac'
		} >"$bin/pg_dump"
		chmod +x "$bin/pg_dump"
		refuses 4 'pg_dump' cask_backup source "$REPO" \
		    --pg-bindir "$bin"
		no_archive "$REPO"
	done
	works
}

@test "the connection is cut in the middle" {
	for bytes in 100 5000 60000 400000 3000000 20000000; do
		cut_after $bytes cask_backup source "$REPO" -j 2
		no_archive "$REPO"
	done
	works
}

@test "the disk is full" {
	disk=$BATS_TEST_TMPDIR/disk
	mkdir "$disk"
	small_disk "$disk" 2m
	status=0
	(
		refuses 5 'No space left' cask_backup source "$disk" -j 2 &&
		    no_archive "$disk" &&
		    refuses 5 'No space left' "$PGCASK" backup -d source \
		    -o "$disk/x.cask" --seal-key "$KEYS/k-seal.key" &&
		    no_archive "$disk" &&
		    cask_backup little "$disk"
	) || status=1
	small_disk_gone "$disk"
	[ "$status" -eq 0 ]
}

@test "standard output is full, or closed" {
	to_full() {
		"$PGCASK" backup -d source -o - --seal-key "$KEYS/k-seal.key" \
		    >/dev/full
	}
	run to_full
	[ "$status" -eq 5 ]
	[[ $output == *"No space left"* ]]
	run bash -o pipefail -c '"$PGCASK" backup -d source -o - \
	    --seal-key "$KEYS/k-seal.key" | head -c 100000 >/dev/null'
	[ "$status" -eq 5 ]
}

@test "the repository is missing, not writable, or a file" {
	refuses 5 'nowhere' cask_backup little "$BATS_TEST_TMPDIR/nowhere"
	[ ! -e "$BATS_TEST_TMPDIR/nowhere" ]
	: >"$BATS_TEST_TMPDIR/file"
	refuses 5 'file' cask_backup little "$BATS_TEST_TMPDIR/file"
	[ ! -s "$BATS_TEST_TMPDIR/file" ]
	# Root may write anywhere, so somebody else must try.
	local plain
	plain=$(mktemp -d /tmp/pgcask.XXXXXX)
	cp "$PGCASK" "$plain/pgcask"
	cp "$KEYS/k-seal.key" "$plain/"
	mkdir "$plain/repo"
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$plain"/*
	chmod 755 "$plain"
	chmod 555 "$plain/repo"
	status=0
	refuses 5 'repo.*: Permission denied' server_as "$plain/pgcask" \
	    backup -d little -r "$plain/repo" \
	    --seal-key "$plain/k-seal.key" || status=1
	rm -rf "$plain"
	[ "$status" -eq 0 ]
	refuses 2 'repo' "$PGCASK" backup -d little \
	    --seal-key "$KEYS/k-seal.key"
}

@test "names that would leave the repository are refused" {
	for name in ../out /tmp/out a/b . .. '' .hidden; do
		refuses 2 . cask_backup little "$REPO" --name "$name" ||
		    refuses 5 . cask_backup little "$REPO" --name "$name"
	done
	refuses 2 . cask_backup little "$REPO" --label ../../x
	[ -z "$(find "$BATS_TEST_TMPDIR" -name '*.cask')" ]
	# A database may bear any name.
	pg_sql postgres "CREATE DATABASE \"../it's a \"\"name\"\"\""
	run cask_backup "../it's a \"name\"" "$REPO"
	[ -z "$(find "$BATS_TEST_TMPDIR" -path "$REPO" -prune -o \
	    -name '*.cask' -print)" ]
	pg_sql postgres "DROP DATABASE \"../it's a \"\"name\"\"\""
}

@test "two at once into the same name" {
	second() {
		refuses 8 'source' cask_backup source "$REPO" &&
		    cask_backup source "$REPO" --name other
	}
	meanwhile second
	[ "$status" -eq 0 ]
	[ "$(find "$REPO" -name '*.cask' | wc -l)" -eq 2 ]
}

@test "SIGINT, SIGTERM and SIGHUP leave nothing and end it at once" {
	for pair in INT:130 TERM:143 HUP:129; do
		stop_it() {
			kill "-${pair%:*}" "$pid"
			stopped=$SECONDS
		}
		meanwhile stop_it
		[ "$status" -eq "${pair#*:}" ]
		[ $((SECONDS - stopped)) -le 60 ]
		no_archive "$REPO"
	done
	# No session of ours is left on the server.
	no_session() {
		[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
		    WHERE application_name LIKE 'pgcask%'")" -eq 0 ]
	}
	await no_session
	works
}

@test "signals at random moments, then a clean run" {
	RANDOM=$$
	for ((i = 0; i < 12; i++)); do
		shoot $i "$PGCASK" backup -d source -r "$REPO" --level 3 \
		    -j 2 --seal-key "$KEYS/k-seal.key"
		# Only a killed run may leave something; the last one's is left
		# for the clean run to find.
		[ "$signal" = KILL ] ||
		    [ -z "$(find "$REPO" -name '*.partial')" ]
		[ "$i" -eq 11 ] || find "$REPO" -name '*.partial' -delete
		# Whatever bears a final name is whole, also if SIGKILL came
		# right after it was given.
		if [ "$status" -eq 0 ] || { [ "$signal" = KILL ] &&
		    [ -n "$(find "$REPO" -name '*.cask')" ]; }; then
			"$PGCASK" show "$(the_archive "$REPO")" \
			    --open-key "$KEYS/k-open.key" >/dev/null
			find "$REPO" -name '*.cask' -delete
		fi
		[ -z "$(find "$REPO" -name '*.cask')" ]
	done
	cask_backup source "$REPO"
	[ -z "$(find "$REPO" -name '*.partial')" ]
	[ -n "$(the_archive "$REPO")" ]
}

@test "what a killed run left is cleaned by the next" {
	kill_it() {
		kill -9 "$pid"
	}
	meanwhile kill_it
	[ "$status" -eq 137 ]
	[ -n "$(find "$REPO" -name '*.partial')" ]
	[ -z "$(find "$REPO" -name '*.cask')" ]
	cask_backup source "$REPO"
	[ -z "$(find "$REPO" -name '*.partial')" ]
	[ -n "$(the_archive "$REPO")" ]
}
