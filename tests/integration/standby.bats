#!/usr/bin/env bats
# builds: asan
# Backups of a hot standby, next to the replay of its primary's changes.

load ../lib/cask

setup_file() {
	export T=$BATS_FILE_TMPDIR
	cask_keys "$T/keys"
	cask_dump "$T/bin"
	pg_start PRIMARY
	# Its snapshots would keep rows that are to be vacuumed away.
	pg_configure "$PRIMARY" "autovacuum = off"
	pg_ctl "$PRIMARY" restart
	pg_new shop
	# More than waits in memory for a slow reader, and hard to compress.
	pg_sql shop "CREATE TABLE big AS SELECT i, (SELECT
		string_agg(sha512((i * 10 + k)::text::bytea), '')
		FROM generate_series(1, 10) AS k) AS b
		FROM generate_series(1, 110000) AS i" \
	    "CREATE TABLE orders (id serial PRIMARY KEY, t text)" \
	    "INSERT INTO orders (t) SELECT md5(i::text)
		FROM generate_series(1, 1000) AS i" \
	    "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM orders" \
	    "SELECT lo_from_bytea(7, 'seven')" "VACUUM"
	pg_standby STANDBY "$PRIMARY" "max_standby_streaming_delay = 10ms" \
	    "wal_receiver_status_interval = 1s"
	pg_caught_up "$PRIMARY" "$STANDBY"
}

teardown_file() {
	pg_stop "$STANDBY" "$PRIMARY"
}

setup() {
	pg_use "$STANDBY"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
}

# primary SQL...: run it there.
primary() {
	PGHOST=$PRIMARY/s pg_sql shop "$@"
}

# delay VALUE: how long the standby lets a query hold up the replay.
delay() {
	pg_configure "$STANDBY" "max_standby_streaming_delay = $1"
	pg_ctl "$STANDBY" reload
	for ((i = 0; i < 250; i++)); do
		[ "$(pg_sql postgres "SHOW max_standby_streaming_delay")" != "$1" ] ||
		    return 0
		sleep 0.02
	done
	return 1
}

# begin OPTION...: a backup of the standby that holds its locks, after pg_dump,
# into a pipe that nobody reads yet.
begin() {
	rm -f "$T/bin/dumped"
	cask_pipe
	"$PGCASK" backup -d shop -j 2 -o - --pg-bindir "$T/bin" \
	    --seal-key "$KEYS/k-seal.key" "$@" \
	    >"$BATS_TEST_TMPDIR/pipe" 2>"$T/err" 3>&- 7>&- &
	backup=$!
	leads() {
		leader=$(pg_sql shop "SELECT pid FROM pg_locks AS l
		    JOIN pg_stat_activity AS a USING (pid)
		    WHERE a.application_name = 'pgcask' AND l.granted
		    AND l.relation IN ('big'::regclass, 'orders'::regclass)
		    AND a.state = 'idle in transaction'
		    GROUP BY pid HAVING count(*) = 2")
		[ -n "$leader" ]
	}
	await leads
	await test -e "$T/bin/dumped"
}

# in_conflict: the standby has replayed what the primary did, or has ended the
# leader's session, or waits for one that waits for its reader, which is not
# cancelled; not every version tells what it waits for.
in_conflict() {
	local lsn

	lsn=$(pg_flushed "$PRIMARY")
	seen() {
		[ "$(pg_sql postgres "SELECT pg_last_wal_replay_lsn() >= '$lsn'
		    OR NOT EXISTS (SELECT FROM pg_stat_activity
			WHERE pid = $leader)
		    OR EXISTS (SELECT FROM pg_stat_activity
			WHERE backend_type = 'startup'
			AND (wait_event LIKE 'RecoveryConflict%'
			    OR wait_event_type = 'Lock'))")" = t ]
	}
	await seen
}

# ended: its status is in $status, its words are in $said.
ended() {
	cask_drain "$T/archive"
	status=0
	wait "$backup" || status=$?
	said=$(cat "$T/err")
	echo "status $status: $said"
	[ "$(wc -l <<<"$said")" -le "$SCREEN" ]
}

@test "a standby is backed up as its primary would be" {
	cask_backup shop "$REPO" -j 3
	pg_use "$PRIMARY"
	cask_restore latest:shop copy -r "$REPO" --create --verify
	same_databases shop copy
	pg_sql postgres "DROP DATABASE copy"
}

@test "a standby is no place to restore to" {
	cask_backup shop "$REPO"
	refuses 4 'is a standby' cask_restore latest:shop copy -r "$REPO" \
	    --create
	refuses 4 'is a standby' cask_restore latest:shop shop -r "$REPO"
	"$PGCASK" backup --globals-only -r "$REPO" -q \
	    --seal-key "$KEYS/k-seal.key"
	refuses 4 'is a standby' cask_restore latest:globals shop -r "$REPO" \
	    --globals
}

@test "unlogged tables, which a standby has no rows of, are told" {
	primary "CREATE UNLOGGED TABLE cache (i integer, j serial)" \
	    "INSERT INTO cache SELECT generate_series(1, 9) AS i"
	pg_caught_up "$PRIMARY" "$STANDBY"
	refuses 3 'saved empty: 1 unlogged table \(public.cache\)' \
	    cask_backup shop "$REPO"
	"$PGCASK" show latest -r "$REPO" --open-key "$KEYS/k-open.key" --tables \
	    >"$T/show"
	grep 'public.cache *0' "$T/show"
	grep 'saved empty' "$T/show"
	pg_use "$PRIMARY"
	cask_restore latest:shop copy -r "$REPO" --create --verify
	[ "$(pg_sql copy "SELECT count(*) FROM cache")" -eq 0 ]
	[ "$(pg_sql copy "SELECT count(*) FROM orders")" -eq 1000 ]
	primary "DROP TABLE cache"
	pg_sql postgres "DROP DATABASE copy"
}

@test "rows that the primary vacuums away: the conflict is told for what it is" {
	begin
	primary "DELETE FROM orders WHERE id % 2 = 0" "VACUUM orders"
	in_conflict
	ended
	[ "$status" -eq 4 ]
	grep 'replaying.*conflict with recovery' "$T/err"
	grep 'max_standby_streaming_delay' "$T/err" | grep 'hot_standby_feedback'
	# With the first of what it says to set, it works.
	rm "$BATS_TEST_TMPDIR/pipe"
	delay -1
	begin
	primary "DELETE FROM orders WHERE id % 3 = 0" "VACUUM orders"
	ended
	delay 10ms
	[ "$status" -eq 0 ]
	"$PGCASK" show - --tables --open-key "$KEYS/k-open.key" <"$T/archive" |
	    grep 'public.orders *500 '
}

@test "a table that the primary alters: the replay is seen waiting" {
	begin
	primary "ALTER TABLE orders ADD COLUMN a integer"
	in_conflict
	ended
	[ "$status" -eq 4 ]
	grep 'replaying.*conflict with recovery' "$T/err"
	rm "$BATS_TEST_TMPDIR/pipe"
	delay -1
	begin
	primary "ALTER TABLE orders ADD COLUMN b integer"
	for ((i = 0; i < 250; i++)); do
		! grep -q waits "$T/err" || break
		sleep 0.02
	done
	ended
	[ "$status" -eq 3 ]
	grep 'startup (pid [0-9]*) waits for this backup.*orders' "$T/err"
	rm "$BATS_TEST_TMPDIR/pipe"
	pg_caught_up "$PRIMARY" "$STANDBY"
	begin --yield
	primary "ALTER TABLE orders ADD COLUMN c integer"
	pg_caught_up "$PRIMARY" "$STANDBY"
	ended
	[ "$status" -eq 3 ]
	grep 'gave way: startup' "$T/err"
}
