#!/usr/bin/env bats
# builds: asan
# Archives that are damaged or forged: none of their content reaches a
# database as if it were good.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new source
	pg_sql source "CREATE TABLE a AS SELECT i, 'row ' || i AS v
		FROM generate_series(1, 300) i" \
	    "CREATE TABLE b AS SELECT i, 'line ' || i AS v
		FROM generate_series(1, 300) i" \
	    "CREATE TABLE c (i integer PRIMARY KEY)" \
	    "SELECT lo_from_bytea(77, 'large')"
	cask_backup source "$REPO" -j 1
	# The same database again: entries of the same names and sizes.
	cask_backup source "$REPO" -j 1 --name twin
	export GOOD TWIN
	GOOD=$(the_archive "$REPO/source")
	TWIN=$(the_archive "$REPO/twin")
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	BAD=$BATS_TEST_TMPDIR/bad.cask
}

teardown() {
	pg_sql postgres "DROP DATABASE IF EXISTS bad"
}

tamper() {
	perl "$PG_TOP/tests/tools/tamper.pl" "$@"
}

# rejected STATUS PATTERN: BAD is refused as a file and as a stream, and leaves
# no database behind.
rejected() {
	local want=$1 pattern=$2

	refuses "$want" "$pattern" cask_restore "$BAD" bad --create -j 2
	from_stream() {
		timeout 300 "$PGCASK" restore - -d bad --create -j 2 \
		    --open-key "$KEYS/k-open.key" <"$BAD"
	}
	refuses_stream "$want" "$pattern"
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

# As refuses, with BAD as standard input.
refuses_stream() {
	local out status=0

	out=$(from_stream 2>&1) || status=$?
	if [ "$status" -ne "$1" ] || [ "$(wc -l <<<"$out")" -gt "$SCREEN" ] ||
	    ! grep -qE -- "$2" <<<"$out"; then
		echo "as a stream: status $status: $out"
		return 1
	fi
}

@test "the good one is good" {
	cp "$GOOD" "$BAD"
	cask_restore "$BAD" good --create --verify
	same_databases source good
	pg_sql postgres "DROP DATABASE good"
	"$PGCASK" restore - -d good --create --open-key "$KEYS/k-open.key" \
	    <"$BAD"
	same_databases source good
	pg_sql postgres "DROP DATABASE good"
}

@test "cut at any length" {
	size=$(stat -c %s "$GOOD")
	# Every block's border, both sides of it, and odd places.
	for ((at = 0; at < size; at += 512)); do
		echo $at $((at + 1)) $((at + 511)) $((at + 200 + at % 97))
	done | tr ' ' '\n' | awk -v size="$size" '$1 < size && $1 > 0' |
	    shuf --random-source=<(yes) -n 30 >"$BATS_TEST_TMPDIR/at"
	# The end marks, and the last byte.
	seq $((size - 1024)) 256 $((size - 1)) >>"$BATS_TEST_TMPDIR/at"
	echo $((size - 1)) >>"$BATS_TEST_TMPDIR/at"
	while read -r at; do
		head -c "$at" "$GOOD" >"$BAD"
		rejected 6 . || {
			echo "cut at $at of $size"
			return 1
		}
	done <"$BATS_TEST_TMPDIR/at"
}

@test "longer than it was" {
	{
		cat "$GOOD"
		head -c 512 /dev/zero
	} >"$BAD"
	rejected 6 .
	{
		cat "$GOOD"
		echo x
	} >"$BAD"
	rejected 6 .
	cat "$GOOD" "$GOOD" >"$BAD"
	rejected 6 .
}

@test "any byte flipped" {
	size=$(stat -c %s "$GOOD")
	count=0
	for at in 0 99 124 148 156 257 263 329 500 511 \
	    $(seq 512 $((size / 70)) $((size - 1))) \
	    $((size - 1)) $((size - 1024)) $((size - 1025)) \
	    $((size - 1536)); do
		tamper flip "$at" "$GOOD" "$BAD"
		! cmp -s "$GOOD" "$BAD" || return 1
		# A key slot that is damaged opens with no key, a format
		# number is another format: both say so in their way.
		status=0
		out=$(cask_restore "$BAD" bad --create 2>&1) || status=$?
		case $status in
		6 | 7) ;;
		*)
			echo "flipped at $at: status $status: $out"
			return 1 ;;
		esac
		[ "$status" -eq 6 ] || [ "$at" -lt 4096 ]
		[ "$(wc -l <<<"$out")" -le "$SCREEN" ]
		status=0
		out=$("$PGCASK" restore - -d bad --create \
		    --open-key "$KEYS/k-open.key" 2>&1 <"$BAD") || status=$?
		case $status in
		6 | 7) ;;
		*)
			echo "flipped at $at, stream: status $status: $out"
			return 1 ;;
		esac
		count=$((count + 1))
	done
	[ "$count" -ge 70 ]
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

@test "every entry dropped, repeated, or swapped with the next" {
	last=$(tamper list "$GOOD" | tail -n 1 | cut -d ' ' -f 1)
	[ "$last" -ge 7 ]
	for ((n = 0; n <= last; n++)); do
		echo "entry $n"
		tamper drop $n "$GOOD" "$BAD"
		rejected 6 .
		tamper repeat $n "$GOOD" "$BAD"
		rejected 6 .
		if [ $n -lt "$last" ]; then
			tamper swap $n $((n + 1)) "$GOOD" "$BAD"
			rejected 6 .
		fi
	done
}

# Where the bodies of the parts begin.
part_offsets() {
	tamper list "$GOOD" | awk '
		/ (data|lo)\// { print at + 512 }
		{ at += 512 * (1 + int(($3 + 511) / 512)) }'
}

@test "of a damaged part the table is named, and how to bring the rest" {
	for at in $(part_offsets); do
		tamper flip "$at" "$GOOD" "$BAD"
		refuses 6 'entry [0-9]+ .* is damaged' \
		    cask_restore "$BAD" bad --create
		out=$(cask_restore "$BAD" bad --create 2>&1) || true
		what=$(sed -n 's/.*bad\.cask: \(.*\): entry .*/\1/p' <<<"$out")
		echo "$what" >>"$BATS_TEST_TMPDIR/named"
		[[ $out == *'"pgcask list" shows other archives'* ]]
		[ "$what" = "rows of public.a" ] || continue
		[[ $out == *"--exclude-table-data 'public.a'"* ]]
		cask_restore "$BAD" bad --create --exclude-table-data 'public.a'
		[ "$(pg_sql bad "SELECT (SELECT count(*) FROM a), (SELECT
		    count(*) FROM b), convert_from(lo_get(77), 'UTF8')")" = \
		    "0|300|large" ]
		pg_sql postgres "DROP DATABASE bad"
	done
	sort "$BATS_TEST_TMPDIR/named" | diff - /dev/fd/3 3<<-END
		large objects
		rows of public.a
		rows of public.b
		rows of public.c
	END
	tamper replace 1 "$TWIN" "$GOOD" "$BAD"
	refuses 6 'pgcask list.* shows other archives' \
	    cask_restore "$BAD" worse --create
}

@test "parts swapped under each other's names" {
	tamper list "$GOOD" | grep ' data/' >"$BATS_TEST_TMPDIR/parts"
	read -r one name1 _ <"$BATS_TEST_TMPDIR/parts"
	read -r two name2 _ < <(sed -n 2p "$BATS_TEST_TMPDIR/parts")
	tamper swap "$one" "$two" "$GOOD" "$BATS_TEST_TMPDIR/1"
	tamper rename "$one" "$name1" "$BATS_TEST_TMPDIR/1" \
	    "$BATS_TEST_TMPDIR/2"
	tamper rename "$two" "$name2" "$BATS_TEST_TMPDIR/2" "$BAD"
	rejected 6 .
}

@test "entries of another archive of the same keys" {
	last=$(tamper list "$GOOD" | tail -n 1 | cut -d ' ' -f 1)
	for ((n = 0; n <= last; n++)); do
		tamper replace $n "$TWIN" "$GOOD" "$BAD"
		echo "entry $n"
		rejected 6 .
	done
}

@test "renamed entries, and ones that nobody knows" {
	tamper rename 1 schema "$GOOD" "$BAD"
	rejected 6 .
	tamper rename 4 data/99999999 "$GOOD" "$BAD"
	rejected 6 .
	tamper rename 4 ../../etc/passwd "$GOOD" "$BAD"
	rejected 6 .
	tamper rename 4 other "$GOOD" "$BAD"
	rejected 6 .
}

@test "a future format is named by its number" {
	tamper edit 0 '"format":1,' '"format":2,' "$GOOD" "$BAD" ||
	    tamper edit 0 '"format": 1,' '"format": 2,' "$GOOD" "$BAD"
	rejected 6 'format 2'
	refuses 6 'format 2' "$PGCASK" show "$BAD"
}

@test "an empty file" {
	: >"$BAD"
	rejected 6 'empty|nothing to read'
	refuses 6 . "$PGCASK" show "$BAD"
}

@test "a plain tar" {
	tar cf "$BAD" -C "$BATS_TEST_DIRNAME" types.sql rich.sql
	rejected 6 'not .*archive'
	refuses 6 'not .*archive' "$PGCASK" show "$BAD"
}

@test "other files" {
	head -c 100000 /dev/urandom >"$BAD"
	rejected 6 .
	head -c 100000 /dev/zero >"$BAD"
	rejected 6 .
	pg_dump -Fc source >"$BAD"
	rejected 6 .
	pg_dump source >"$BAD"
	rejected 6 .
}

@test "a folder" {
	mkdir "$BAD"
	refuses 5 'folder|directory' cask_restore "$BAD" bad --create
	refuses 5 'folder|directory' "$PGCASK" show "$BAD"
}

@test "no such archive" {
	refuses 10 'nothere' cask_restore "$BATS_TEST_TMPDIR/nothere.cask" bad \
	    --create
	refuses 10 . cask_restore latest:nobody bad --create -r "$REPO"
	refuses 10 'ffffffff' cask_restore ffffffff bad --create -r "$REPO"
	mkdir "$BATS_TEST_TMPDIR/void"
	refuses 10 . cask_restore latest bad --create \
	    -r "$BATS_TEST_TMPDIR/void"
}

@test "one bad archive does not hide the good ones" {
	mkdir -p "$BATS_TEST_TMPDIR/mixed/source"
	cp "$GOOD" "$BATS_TEST_TMPDIR/mixed/source/"
	head -c 100 "$GOOD" \
	    >"$BATS_TEST_TMPDIR/mixed/source/20300101T000000Z-12345678.cask"
	run "$PGCASK" list -r "$BATS_TEST_TMPDIR/mixed"
	[[ $output == *"$(basename "$GOOD" .cask | cut -d - -f 2)"* ]]
	[[ $output == *12345678* ]]
	# An older one is never taken for the latest without being asked for.
	refuses 6 '12345678' cask_restore latest:source bad --create \
	    -r "$BATS_TEST_TMPDIR/mixed"
	id=$(basename "$GOOD" .cask)
	cask_restore "${id#*-}" good --create -r "$BATS_TEST_TMPDIR/mixed"
	pg_sql postgres "DROP DATABASE good"
}

@test "cat gives no byte of what is not authentic" {
	for entry in catalog schema globals manifest data/00000001; do
		number=$(tamper list "$GOOD" |
		    awk -v entry="$entry" '$2 == entry { print $1 }')
		tamper replace "$number" "$TWIN" "$GOOD" "$BAD"
		name=$entry
		[ "$entry" != data/00000001 ] || name=public.a
		status=0
		"$PGCASK" cat "$BAD" "$name" --open-key "$KEYS/k-open.key" \
		    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" ||
		    status=$?
		echo "$entry: status $status: $(cat "$BATS_TEST_TMPDIR/err")"
		[ "$status" -eq 6 ]
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
	done
}
