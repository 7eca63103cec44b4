#!/usr/bin/env bats
# builds: asan
# What can go wrong while a database is sealed: a clear message, the right
# status, and nothing under a final name.

load ../lib/cask

setup_file() {
	export T=$BATS_FILE_TMPDIR
	cask_keys "$T/keys"
	pg_start SERVER
	pg_new source
	# Level 7 takes a while for this, in which much can happen.
	pg_sql source "CREATE TABLE big AS SELECT i, md5(i::text) AS a,
		md5((i * 7)::text) AS b, repeat(md5((i % 999)::text), 9) AS c
		FROM generate_series(1, 120000) i" \
	    "CREATE TABLE small AS SELECT generate_series(1, 10) AS i" \
	    "CREATE TABLE \"Secret Plans\" AS SELECT 1 AS i"
	# The session that sends rows of big at this very moment.
	pg_sql postgres <<-'SQL'
		CREATE FUNCTION sender() RETURNS integer LANGUAGE plpgsql AS $$
		DECLARE
			found_pid integer;
		BEGIN
			FOR i IN 1..20000 LOOP
				PERFORM pg_stat_clear_snapshot();
				SELECT pid INTO found_pid FROM pg_stat_activity
				WHERE query LIKE 'COPY%big%' AND state = 'active';
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
	[ -z "${SECOND-}" ] || pg_stop "$SECOND"
}

# copying: wait until the server named by PG* is sending rows of big.
copying() {
	[ "$(pg_sql postgres "SELECT sender()")" -gt 0 ]
}

# meanwhile COMMAND...: a slow backup of source, at level $LEVEL, and the
# command once it is copying; its status is in $status, its words in $said.
meanwhile() {
	local pid

	cask_backup source "$REPO" -j "${JOBS-2}" --level "${LEVEL-7}" \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	copying
	"$@"
	status=0
	wait "$pid" || status=$?
	said=$(cat "$BATS_TEST_TMPDIR/out")
	echo "status $status: $said"
	[ "$(wc -l <<<"$said")" -le "$SCREEN" ]
}

# works: nothing that failed before stands in the way of the next run.
works() {
	pg_use "$SERVER"
	cask_backup little "$REPO"
	cask_backup source "$REPO" --name source
}

@test "no such database" {
	refuses 4 'nosuch' cask_backup nosuch "$REPO"
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
	pg_start SECOND default --locale=C --encoding=UTF8
	pg_sql postgres "CREATE ROLE alice SUPERUSER LOGIN PASSWORD 'right'"
	pg_hba "$SECOND" "local all alice scram-sha-256" "local all all trust"
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
		meanwhile pg_ctl "$SERVER" stop -m $mode
		server_start "$SERVER" "$(cat "$SERVER/bindir")"
		[ "$status" -eq 4 ]
		no_archive "$REPO"
	done
	works
}

@test "a backend is terminated, or killed, in the middle" {
	meanwhile pg_sql postgres "SELECT pg_terminate_backend(sender())"
	[ "$status" -eq 4 ]
	[[ $said == *big* ]]
	no_archive "$REPO"
	kill_one() {
		as_superuser kill -9 "$(pg_sql postgres "SELECT sender()")"
	}
	meanwhile kill_one
	[ "$status" -eq 4 ]
	no_archive "$REPO"
	# The server recovers from that by itself.
	for ((i = 0; i < 100; i++)); do
		psql -X -c 'SELECT 1' >/dev/null 2>&1 && break
		sleep 0.1
	done
	works
}

@test "the leader's own session is terminated" {
	LEVEL=12 meanwhile pg_sql postgres "SELECT pg_terminate_backend(pid)
	    FROM pg_stat_activity WHERE state = 'idle in transaction'
	    AND application_name = 'pgcask'"
	[ "$status" -eq 4 ]
	no_archive "$REPO"
	works
}

@test "a query is cancelled" {
	meanwhile pg_sql postgres "SELECT pg_cancel_backend(sender())"
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
	real=$(pg_bindir)/pg_dump
	ln -s "$(pg_bindir)/pg_dumpall" "$bin/"
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
		proxy=$(mktemp -d /tmp/pgcask.XXXXXX)
		perl "$PG_TOP/tests/tools/cut-proxy.pl" "$proxy/.s.PGSQL.5432" \
		    "$SERVER/s/.s.PGSQL.5432" $bytes 3>&- &
		pid=$!
		while [ ! -S "$proxy/.s.PGSQL.5432" ]; do
			sleep 0.02
		done
		status=0
		PGHOST=$proxy refuses 4 . cask_backup source "$REPO" -j 2 ||
		    status=1
		kill "$pid" 2>/dev/null || :
		rm -rf "$proxy"
		echo "after $bytes bytes"
		[ "$status" -eq 0 ]
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
	LEVEL=12 meanwhile second
	[ "$status" -eq 0 ]
	[ "$(find "$REPO" -name '*.cask' | wc -l)" -eq 2 ]
}

@test "SIGINT, SIGTERM and SIGHUP leave nothing and end it at once" {
	for pair in INT:130 TERM:143 HUP:129; do
		stop_it() {
			pkill_child "${pair%:*}"
		}
		pkill_child() {
			# timeout passes the signal on to pgcask.
			kill "-$1" "$(pgrep -f -n -- "backup -d source -r $REPO")"
		}
		start=$SECONDS
		LEVEL=9 meanwhile stop_it
		[ "$status" -eq "${pair#*:}" ]
		[ $((SECONDS - start)) -le 15 ]
		no_archive "$REPO"
	done
	# No session of ours is left on the server.
	sleep 0.5
	[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
	    WHERE application_name LIKE 'pgcask%'")" -eq 0 ]
	works
}

@test "signals at random moments, then a clean run" {
	RANDOM=$$
	for ((i = 0; i < 12; i++)); do
		signal=$(printf '%s\n' INT TERM KILL | sed -n "$((i % 3 + 1))p")
		"$PGCASK" backup -d source -r "$REPO" --level 3 -j 2 \
		    --seal-key "$KEYS/k-seal.key" \
		    >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		pid=$!
		sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
		kill "-$signal" "$pid" 2>/dev/null || :
		status=0
		wait "$pid" || status=$?
		echo "round $i: $signal, status $status"
		case $signal:$status in
		*:0 | INT:130 | TERM:143 | KILL:137) ;;
		*) cat "$BATS_TEST_TMPDIR/out" && false ;;
		esac
		# Only a killed run may leave something; the last one's is left
		# for the clean run to find.
		[ "$signal" = KILL ] ||
		    [ -z "$(find "$REPO" -name '*.partial')" ]
		[ "$i" -eq 11 ] || find "$REPO" -name '*.partial' -delete
		# Whatever bears a final name is whole.
		if [ "$status" -eq 0 ]; then
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
	meanwhile_killed() {
		kill -9 "$(pgrep -f -n -- "backup -d source -r $REPO")"
	}
	meanwhile meanwhile_killed
	[ "$status" -eq 137 ]
	[ -n "$(find "$REPO" -name '*.partial')" ]
	[ -z "$(find "$REPO" -name '*.cask')" ]
	cask_backup source "$REPO"
	[ -z "$(find "$REPO" -name '*.partial')" ]
	[ -n "$(the_archive "$REPO")" ]
}
