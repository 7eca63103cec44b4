#!/usr/bin/env bats
# builds: asan
# A backup next to an application whose tables somebody wants to change.

load ../lib/cask

setup_file() {
	cask_begin
	cask_dump "$T/bin"
	pg_sql postgres "CREATE ROLE deployer SUPERUSER LOGIN" \
	    "CREATE ROLE reader LOGIN"
	pg_new shop
	# More than waits in memory for a slow reader, and hard to compress.
	pg_sql shop "CREATE TABLE big AS SELECT i, (SELECT
		string_agg(sha512((i * 10 + k)::text::bytea), '')
		FROM generate_series(1, 10) AS k) AS b
		FROM generate_series(1, 110000) AS i" \
	    "CREATE TABLE orders AS SELECT generate_series(1, 100) AS i" \
	    "GRANT SELECT ON big, orders TO reader"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
	pids=()
}

teardown() {
	# A test that failed leaves none of them.
	for pid in "${pids[@]}"; do
		kill -CONT "$pid" 2>/dev/null || :
		kill "$pid" 2>/dev/null || :
	done
	exec 7<&-
}

# awaited QUERY: until it gives "t".
awaited() {
	local i

	for ((i = 0; i < 1500; i++)); do
		[ "$(pg_sql shop "$1")" != t ] || return 0
		sleep 0.02
	done
	echo "in vain: $1"
	return 1
}

# begin OPTION...: a backup that holds its locks, has pg_dump behind it, which
# would take them once more, and does not look up before it is told to go_on.
begin() {
	rm -f "$T/bin/dumped"
	"$PGCASK" backup -d shop --pg-bindir "$T/bin" -j 1 --level 1 \
	    --seal-key "$KEYS/k-seal.key" "$@" 2>"$T/err" 3>&- 7>&- &
	backup=$!
	pids+=("$backup")
	awaited "SELECT count(*) = 2 FROM pg_locks AS l JOIN pg_stat_activity
		AS a USING (pid) WHERE l.mode = 'AccessShareLock' AND l.granted
		AND l.relation IN ('big'::regclass, 'orders'::regclass)
		AND a.application_name = 'pgcask'
		AND a.state LIKE 'idle in transaction'"
	await test -e "$T/bin/dumped"
	kill -STOP "$backup"
}
go_on() {
	kill -CONT "$backup"
}

# queue: a change of orders, and two readers behind it.
queue() {
	PGUSER=deployer pg_sql shop \
	    "ALTER TABLE orders   ADD COLUMN IF NOT EXISTS more integer" 3>&- &
	alter=$!
	pids+=("$alter")
	awaited "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted
		AND relation = 'orders'::regclass"
	for _ in 1 2; do
		pg_sql shop "SELECT count(*) FROM orders" >/dev/null 3>&- &
		pids+=("$!")
	done
	awaited "SELECT count(*) = 3 FROM pg_locks WHERE NOT granted
		AND relation = 'orders'::regclass"
	deployer=$(pg_sql shop "SELECT pid FROM pg_stat_activity
		WHERE usename = 'deployer' AND wait_event_type = 'Lock'")
}

# begin_slow: the same, into a pipe that nobody reads yet.
begin_slow() {
	cask_pipe
	begin -o - "$@" >"$BATS_TEST_TMPDIR/pipe"
}

# ended: its status is in $status.
ended() {
	status=0
	wait "$backup" || status=$?
	echo "status $status"
	cat "$T/err"
}

@test "who waits for the backup is named, with the statement" {
	begin_slow
	queue
	go_on
	for ((i = 0; i < 250; i++)); do
		! grep -q waits "$T/err" || break
		sleep 0.02
	done
	cat "$T/err"
	grep "warning: deployer (pid $deployer) waits for this backup" "$T/err" |
	    grep 'table public.orders, since [0-9.]* s: ALTER TABLE orders ADD' |
	    grep '(2 more wait behind it)'
	cask_drain "$T/archive"
	reader=$!
	ended
	wait "$reader"
	[ "$status" -eq 3 ]
	[ "$(grep -c warning "$T/err")" -eq 1 ]
	wait "$alter"
	# It is whole all the same.
	"$PGCASK" show - --tables --open-key "$KEYS/k-open.key" <"$T/archive" |
	    grep 'public.big *110,000'
	pg_sql shop "ALTER TABLE orders DROP COLUMN more"
}

@test "--yield gives up at once, and leaves nothing" {
	for how in slow file; do
		echo "$how"
		# Busy compressing, or waiting for its reader: its locks are
		# gone before it is.
		if [ $how = slow ]; then
			begin_slow --yield
		else
			begin -r "$REPO" --yield --level 19 >"$T/out"
		fi
		# Whatever it is called.
		if [ $how = slow ]; then
			queue
		else
			PGAPPNAME=pgcask queue
		fi
		start=$SECONDS
		go_on
		wait "$alter"
		[ $((SECONDS - start)) -le 5 ]
		ended
		[ "$status" -eq 3 ]
		exec 7<&-
		grep "gave way: deployer (pid $deployer) waits for table" "$T/err" |
		    grep 'public.orders.*ALTER TABLE orders'
		no_archive "$REPO"
		[ "$(pg_sql shop "SELECT count(*) FROM pg_stat_activity
		    WHERE application_name LIKE 'pgcask%'")" -eq 0 ] ||
		    awaited "SELECT count(*) = 0 FROM pg_stat_activity
			WHERE application_name LIKE 'pgcask%'"
		pg_sql shop "ALTER TABLE orders DROP COLUMN more"
	done
	# With nobody in the way it is as any other.
	cask_backup shop "$REPO" --yield
}

@test "a user who may not see others' statements is told who it is" {
	# With no connection to spare: two, a job's, pg_dump's, pg_dumpall's.
	pg_sql shop "ALTER ROLE reader CONNECTION LIMIT 5"
	PGUSER=reader begin_slow --no-role-passwords
	queue
	go_on
	for ((i = 0; i < 250; i++)); do
		! grep -q waits "$T/err" || break
		sleep 0.02
	done
	cask_drain /dev/null
	ended
	[ "$status" -eq 3 ]
	grep "deployer (pid $deployer) waits for this backup" "$T/err"
	[ "$(grep -c warning "$T/err")" -eq 1 ]
	wait "$alter"
	pg_sql shop "ALTER TABLE orders DROP COLUMN more" \
	    "ALTER ROLE reader CONNECTION LIMIT -1"
}

@test "looking out for who waits takes no connection of its own" {
	# gone: no session of the role's is left, which would count.
	gone() {
		[ "$(pg_sql shop "SELECT count(*) FROM pg_stat_activity
		    WHERE usename = 'reader'")" -eq 0 ]
	}
	limited() {
		await gone
		PGUSER=reader cask_backup shop "$REPO" --name roles -j 1 \
		    --globals-only --no-role-passwords "$@"
	}
	# Two, one of the job's, and pg_dumpall's.
	pg_sql shop "ALTER ROLE reader CONNECTION LIMIT 4"
	[ -z "$(limited 2>&1 >/dev/null)" ]
	[ -z "$(limited --yield 2>&1 >/dev/null)" ]
	[ "$(find "$REPO" -name '*.cask' | wc -l)" -eq 2 ]
	pg_sql shop "ALTER ROLE reader CONNECTION LIMIT 3"
	refuses 4 'pg_dumpall.*could not connect' limited
	pg_sql shop "ALTER ROLE reader CONNECTION LIMIT -1"
}

@test "a table that is locked is waited for as long as --lock-timeout says" {
	mkfifo "$BATS_TEST_TMPDIR/sql"
	PGUSER=deployer psql -X -q -d shop <"$BATS_TEST_TMPDIR/sql" 3>&- &
	pids+=("$!")
	exec 7>"$BATS_TEST_TMPDIR/sql"
	echo "BEGIN; TRUNCATE orders;" >&7
	awaited "SELECT count(*) = 1 FROM pg_locks WHERE granted
		AND mode = 'AccessExclusiveLock'
		AND relation = 'orders'::regclass"
	start=$SECONDS
	refuses 4 'within 1 s: deployer \(pid [0-9]+\) keeps readers from table public.orders, since .*: (BEGIN; )?TRUNCATE' \
	    cask_backup shop "$REPO" --lock-timeout 1
	[ $((SECONDS - start)) -le 10 ]
	refuses 4 'time with --lock-timeout' cask_backup shop "$REPO" --lock-timeout 1
	no_archive "$REPO"
	refuses 2 'lock-timeout' cask_backup shop "$REPO" --lock-timeout 0
	# Given time, it is worth the wait.
	cask_backup shop "$REPO" >"$T/out" 2>&1 3>&- &
	backup=$!
	awaited "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted
		AND mode = 'AccessShareLock'"
	echo "ROLLBACK;" >&7
	wait "$backup"
	"$PGCASK" show latest -r "$REPO" --tables --open-key "$KEYS/k-open.key" |
	    grep 'public.orders *100 '
}
