#!/usr/bin/env bats
# builds: test
# What a backup proves before the archive gets its name: bytes that become
# others in memory, in the codec or on the disk do not go unseen.  READ_BACK_STEP
# (1 for all) says how many writes lie between two that are spoilt.

load ../lib/cask

setup_file() {
	cask_begin
	export FLIPPER=$T/flip.so
	cc -shared -fPIC -D_GNU_SOURCE -Wall -Werror -o "$FLIPPER" \
	    "$PG_TOP/tests/tools/flip.c" -ldl
	pg_new source
	pg_sql source "CREATE TABLE rows AS SELECT i, 'row-mark ' || i AS v
		FROM generate_series(1, 5000) i" \
	    "CREATE TABLE lines AS SELECT i, ROW(i, 'line-mark ' || i)::text AS v,
		'pg_class'::regclass AS r FROM generate_series(1, 300) i" \
	    "SELECT lo_from_bytea(77, 'object-mark')"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
	FLIPPED=$BATS_TEST_TMPDIR/flipped
}

# flip WHAT [OPTION...]: a backup with that fault; its status.
flip() {
	local what=$1

	shift
	rm -f "$FLIPPED"
	timeout -k 5 300 env LD_PRELOAD="$FLIPPER" FLIP="$what" \
	    FLIPPED="$FLIPPED" "$PGCASK" backup -d source -r "$REPO" -j 2 \
	    --seal-key "$KEYS/k-seal.key" "$@"
}

# spoilt STATUS PATTERN WHAT [OPTION...]: it is refused, and nothing is left.
spoilt() {
	local status=$1 pattern=$2

	shift 2
	refuses "$status" "$pattern" flip "$@"
	[ -e "$FLIPPED" ]
	no_archive "$REPO"
}

check() {
	"$PGCASK" check -r "$REPO" --open-key "$KEYS/k-open.key" "$@"
}

@test "a byte that is another one on the disk is seen, wherever it lies" {
	local n step=${READ_BACK_STEP:-6}

	for ((n = 1; ; n += step)); do
		run flip "write:$n"
		[ -e "$FLIPPED" ] || break
		[ "$status" -eq 5 ] || {
			echo "write $n: status $status: $output"
			return 1
		}
		grep -q 'what was written is not what is read' <<<"$output"
		no_archive "$REPO"
	done
	# With no fault left, it is as ever.
	[ "$status" -eq 0 ]
	[ "$n" -gt $((step * 3)) ]
	check --all
}

@test "the table whose rows are damaged is named, and what to do" {
	local n

	for ((n = 1; n < 40; n++)); do
		run flip "write:$n"
		! grep -q 'rows of public.rows: ' <<<"$output" || break
	done
	grep -q 'smartctl' <<<"$output"
}

@test "a disk that can't be read is an error of storage" {
	spoilt 5 'cannot read .*\.cask.*Input/output error' pread:3
}

@test "without it, the same goes unseen until a check" {
	flip write:8 --read-back off
	[ -e "$FLIPPED" ]
	refuses 6 'damaged' check
}

@test "what the codec makes of rows, lines, objects, documents is proven" {
	local kind

	for kind in content packed; do
		spoilt 6 'table public\.rows: .*not what comes back' \
		    "$kind:row-mark" --read-back data
		spoilt 6 'table public\.lines: .*not what comes back' \
		    "$kind:line-mark" --read-back data
		spoilt 6 'large object.*not what comes back' \
		    "$kind:object-mark" --read-back data
		spoilt 6 'schema: .*not what comes back' \
		    "$kind:PGDMP" --read-back data
	done
	refuses 6 'memory' flip content:row-mark --read-back data
	# The hashes are of what was made.
	flip content:row-mark
	check
	refuses 6 'public\.rows' check --read-data
}

@test "a sound backup is proven, in every layout" {
	cask_backup source "$REPO" --read-back data
	cask_backup source "$REPO" --read-back data --format text --level 5
	check --all --read-data
	# Who signs nothing has keyed hashes.
	echo secret >"$BATS_TEST_TMPDIR/pass"
	chmod 600 "$BATS_TEST_TMPDIR/pass"
	"$PGCASK" backup -q -d source -o "$BATS_TEST_TMPDIR/p.cask" \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass"
	refuses 5 'what was written is not what is read' env \
	    LD_PRELOAD="$FLIPPER" FLIP=write:8 "$PGCASK" backup -d source \
	    -o "$BATS_TEST_TMPDIR/q.cask" \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass"
	[ ! -e "$BATS_TEST_TMPDIR/q.cask" ]
}

@test "standard output can't be read back, but proven before" {
	to_stdout() {
		"$PGCASK" backup -d source -o - --seal-key "$KEYS/k-seal.key" \
		    "$@" >"$BATS_TEST_TMPDIR/out.cask"
	}
	to_stdout
	to_stdout --read-back data
	"$PGCASK" check "$BATS_TEST_TMPDIR/out.cask"
	refuses 2 'standard output' to_stdout --read-back index
	refuses 6 'not what comes back' env LD_PRELOAD="$FLIPPER" \
	    FLIP=content:row-mark "$PGCASK" backup -d source -o - \
	    --seal-key "$KEYS/k-seal.key" --read-back data
}
