#!/usr/bin/env bats
# builds: asan
# A backup that does not look like the one before it is kept, marked and loud,
# until somebody accepts it.

load ../lib/cask

setup_file() {
	cask_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	unset PGCASK_GATE
	export PGCASK_STATE=$BATS_TEST_TMPDIR/state/pgcask
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
	pg_new shop
	pg_sql shop "CREATE TABLE secret_orders AS SELECT i, repeat('x', 2000) AS pad
		FROM generate_series(1, 1000) i" \
	    "CREATE TABLE tiny AS SELECT i FROM generate_series(1, 3) i" \
	    "CREATE TABLE secret_log (i integer)"
}

teardown() {
	pg_sql postgres "DROP DATABASE IF EXISTS shop" \
	    "DROP DATABASE IF EXISTS other"
}

# backup STATUS [OPTION...]: of shop; what was said is in $output.  The newest
# archive is then $LAST.
backup() {
	local want=$1

	shift
	run cask_backup shop "$REPO" -j 2 "$@"
	LAST=$(find "$REPO" -name '*.cask' -printf '%T@ %p\n' | sort -n |
	    tail -n 1 | cut -d ' ' -f 2)
	[ "$status" -eq "$want" ] || {
		echo "status $status instead of $want: $output"
		return 1
	}
}

# marked ARCHIVE: it is, and the mark tells the repository nothing.
marked() {
	[ -e "$1.suspect.json" ]
	lacks 'secret|tiny|[0-9]{3},|1000' <(sed 's/"[0-9T:Z-]*"//g' \
	    "$1.suspect.json")
}

@test "a table that is gone: marked, until it is accepted" {
	local first

	backup 0
	backup 0
	pg_sql shop "DROP TABLE secret_log"
	backup 9
	grep -q "table public.secret_log is gone" <<<"$output"
	grep -q "pgcask accept $LAST" <<<"$output"
	# The summary is there, too, and one line says why.
	grep -q "^$LAST: 2 tables" <<<"$output"
	[ "$(grep -c secret_log <<<"$output")" -eq 1 ]
	marked "$LAST"
	"$PGCASK" check "$LAST"
	# Whoever takes it is told.
	run "$PGCASK" show latest:shop -r "$REPO"
	[ "$status" -eq 3 ]
	grep -q 'warning: .* is marked suspect: tables gone' <<<"$output"
	run cask_restore "$LAST" other --create
	[ "$status" -eq 3 ]
	grep -q 'is marked suspect: tables gone' <<<"$output"
	run "$PGCASK" doctor latest:shop -r "$REPO" -d third --create \
	    --open-key "$KEYS/k-open.key"
	[ "$status" -eq 3 ]
	grep -q 'it is marked suspect: tables gone' <<<"$output"
	first=$LAST
	# It is not the measure of the next one.
	backup 9 --prune --keep-last 1
	grep -q "secret_log is gone; nothing was pruned" <<<"$output"
	[ -e "$first" ]
	[ "$LAST" != "$first" ]
	grep -q "secret_log is gone" <<<"$output"
	run "$PGCASK" accept "$LAST"
	[ "$status" -eq 0 ]
	grep -q 'accepted.*tables gone.*next backup is compared' <<<"$output"
	[ ! -e "$LAST.suspect.json" ]
	marked "$first"
	backup 0
	# An older one changes nothing any more.
	run "$PGCASK" accept "$first"
	[ "$status" -eq 0 ]
	lacks 'next backup' <<<"$output"
	[ ! -e "$first.suspect.json" ]
	backup 0
	run "$PGCASK" accept latest:shop -r "$REPO"
	[ "$status" -eq 0 ]
	grep -q 'not marked' <<<"$output"
}

@test "fewer rows and less data alarm, trifles do not" {
	backup 0
	pg_sql shop "DELETE FROM tiny WHERE i > 1" \
	    "DELETE FROM secret_orders WHERE i > 600"
	backup 0
	pg_sql shop "DELETE FROM secret_orders WHERE i > 200"
	backup 9
	grep -q 'public.secret_orders: 200 rows, where 600 were' <<<"$output"
	marked "$LAST"
	"$PGCASK" accept -q "$LAST"
	pg_sql shop "INSERT INTO secret_orders
		SELECT i, repeat('x', 20000) FROM generate_series(1, 200) i"
	backup 0
	pg_sql shop "UPDATE secret_orders SET pad = ''"
	backup 9
	grep -qE '[0-9.]+ kB of data, where 4\.[0-9] MB were' <<<"$output"
}

@test "the bounds are the user's" {
	backup 0
	pg_sql shop "DROP TABLE secret_log" \
	    "DELETE FROM secret_orders WHERE i > 700"
	backup 9 --gate tables=1,rows=30%
	grep -q '700 rows, where 1,000 were' <<<"$output"
	lacks 'secret_log' <<<"$output"
	PGCASK_GATE=tables=0,except=secret_log,rows=31% backup 0
	pg_sql shop "TRUNCATE secret_orders"
	backup 0 --gate 'except=public.secret*,size=off'
	backup 0 --gate rows=off,tables=off,size=off,time=off
	for bounds in rows rows=50 rows=0% rows=101% size=-1% time=1x \
	    time=x tables=-1 rows=infx '' except=a.b.c.d 'rows=50%,' x=1; do
		refuses 2 gate cask_backup shop "$REPO" --gate "$bounds"
	done
}

@test "off neither compares nor remembers; with -o there is no gate" {
	backup 0 --gate off
	[ ! -e "$PGCASK_STATE" ]
	"$PGCASK" backup -q -d shop -o "$BATS_TEST_TMPDIR/a.cask" \
	    --seal-key "$KEYS/k-seal.key"
	"$PGCASK" backup -q --globals-only -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key"
	[ ! -e "$PGCASK_STATE" ]
}

@test "what is compared was chosen alike, and is of the same repository" {
	backup 0
	backup 0 -t tiny
	backup 0 --schema-only
	backup 0
	mkdir "$REPO.other"
	REPO=$REPO.other backup 0 -t tiny
	pg_sql shop "DROP TABLE secret_log"
	backup 0 -t tiny
	backup 9 --schema-only
	backup 9
	# By another way to the same folder, too.
	ln -s "$REPO" "$REPO.link"
	REPO=$REPO.link backup 9
}

@test "only this host's user can read what it remembers" {
	umask 0
	backup 0
	umask 022
	[ -z "$(find "$PGCASK_STATE" -type f ! -perm 600)" ]
	[ "$(stat -c %a "$PGCASK_STATE")" = 700 ]
	[ "$(find "$PGCASK_STATE" -type f | wc -l)" -eq 1 ]
	# And nothing of it is beside the archives.
	[ "$(find "$REPO" -type f ! -name .lock | wc -l)" -eq 1 ]
}

@test "what is lost, broken or can't be kept is a warning" {
	backup 0
	rm "$PGCASK_STATE"/*
	backup 3
	grep -q 'compared with nothing.*noted nothing' <<<"$output"
	backup 0
	echo '{"series": 5' >"$(echo "$PGCASK_STATE"/*)"
	run "$PGCASK" prune -r "$REPO" --keep-last 50 --dry-run
	[ "$status" -eq 3 ]
	grep -q 'knows of suspects .* not valid JSON' <<<"$output"
	backup 3
	grep -q 'compared with nothing.*not valid JSON' <<<"$output"
	backup 0
	perl -pi -e 's/"bytes":/"bites":/g' "$PGCASK_STATE"/*
	backup 3
	grep -q 'compared with nothing.*"bytes"' <<<"$output"
	pg_sql shop "DROP TABLE secret_log"
	backup 9
	: >"$BATS_TEST_TMPDIR/file"
	backup 3 --state "$BATS_TEST_TMPDIR/file/state"
	grep -q 'can.t be remembered.*--state' <<<"$output"
}

@test "accepting works by whatever way the archive is named" {
	mkdir "$BATS_TEST_TMPDIR/disk"
	ln -s "$BATS_TEST_TMPDIR/disk" "$REPO/shop"
	ln -s "$REPO" "$BATS_TEST_TMPDIR/way"
	accepted() {
		pg_sql shop "DELETE FROM secret_orders
			WHERE i > (SELECT count(*) * 3 / 4 FROM secret_orders)"
		cask_backup shop "$REPO" --gate rows=20% || [ $? -eq 9 ]
		LAST=$(find "$BATS_TEST_TMPDIR/disk/" -name '*.suspect.json')
		[ -n "$LAST" ]
		LAST=$(basename "$LAST" .suspect.json)
		(cd "$1" && run "$PGCASK" accept "$2$LAST" &&
		    grep -q 'next backup is compared' <<<"$output") || {
			echo "$1 $2"
			return 1
		}
		backup 0
	}
	backup 0
	accepted / "$REPO/shop/"
	accepted / "$BATS_TEST_TMPDIR/way//shop//"
	accepted "$REPO" "shop/"
	ln -s "$REPO/shop" "$BATS_TEST_TMPDIR/elsewhere"
	rm "$REPO/shop"
	mv "$BATS_TEST_TMPDIR/disk" "$REPO/shop"
	ln -s "$REPO/shop" "$BATS_TEST_TMPDIR/disk"
	accepted "$REPO/shop" "./"
}

@test "who can't be told of an accepted one leaves the mark" {
	backup 0
	pg_sql shop "DROP TABLE secret_log"
	backup 9
	refuses 5 'cannot make' "$PGCASK" accept "$LAST" --state /dev/null/state
	marked "$LAST"
	"$PGCASK" accept -q "$LAST"
	[ ! -e "$LAST.suspect.json" ]
	backup 0
}

@test "accepting elsewhere takes the mark away, and says what it lacks" {
	backup 0
	pg_sql shop "DROP TABLE secret_log"
	backup 9
	run "$PGCASK" accept "$LAST" --state "$BATS_TEST_TMPDIR/elsewhere"
	[ "$status" -eq 3 ]
	grep -q 'noted nothing.*where it was made' <<<"$output"
	[ ! -e "$LAST.suspect.json" ]
	backup 9
	refuses 10 'nowhere' "$PGCASK" accept "$REPO/nowhere.cask"
}

@test "with --all each database has its own" {
	pg_new other
	pg_sql other "CREATE TABLE secret_log (i integer)"
	all() {
		"$PGCASK" backup --all -r "$REPO" -j 1 \
		    --exclude-database='(template1|postgres)' \
		    --seal-key "$KEYS/k-seal.key"
	}
	all
	pg_sql other "DROP TABLE secret_log"
	run all
	[ "$status" -eq 9 ]
	grep -q 'database "other".*secret_log is gone' <<<"$output"
	grep -q '1 of 2 databases look abnormal: other' <<<"$output"
	[ "$(find "$REPO" -name '*.suspect.json' | wc -l)" -eq 1 ]
}
