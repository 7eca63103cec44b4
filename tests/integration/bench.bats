#!/usr/bin/env bats
# builds: test
# The bench runs, measures what it is to measure, and tells what was missed.
# What it finds at this scale means nothing.

load ../lib/cask

setup_file() {
	export BENCH_DIR BENCH_SCALE=0.005 BENCH_ROUNDS=1 BENCH_PEERS=15
	# Where the server's user may enter.
	BENCH_DIR=$(mktemp -d /tmp/pgcask.XXXXXX)
	chmod 711 "$BENCH_DIR"
}

teardown_file() {
	rm -rf "$BENCH_DIR"
}

bench() {
	"$PG_TOP/tests/bench/run.sh" 3>&-
}

# verdicts COLUMN...: those columns of the table of targets, without its head.
verdicts() {
	tail -n +2 "$BENCH_DIR/results/verdicts.tsv" |
	    cut -f "$(IFS=, && echo "$*")"
}

@test "every target that the peers allow is measured" {
	bench
	# A target's work and peer, and whether each figure is a number.
	awk '/^#/ || NF == 0 { next } {
		n = "number"; none = "-"; judged = "judged"
		if ($2 == "memory")
			print $1, "memory", n, "", "", judged
		else if ($2 == "succeeds")
			print $1, $2, n, "", "", judged
		else if ($2 == "rate")
			print $1, $2, n, "", n, judged
		else if ($2 ~ /18$/)
			print $1, $2, n, none, none, "not run"
		else
			print $1, $2, n, n, n, judged
	}' OFS='\t' "$PG_TOP/tests/bench/targets" >"$BATS_TEST_TMPDIR/want"
	verdicts 1 2 3 4 5 7 | sed -E \
	    -e 's/\t[0-9]+(\.[0-9]+)?( s| MiB| MB\/s)?\>/\tnumber/g' \
	    -e 's/\tMB per second/\trate/' \
	    -e 's/\tresident memory, 4 jobs/\tmemory/' \
	    -e 's/\tits own row digests/\tdigests/' \
	    -e 's/\t(pg_restore|pg_dump)15-(F[cd]|plain)\t/\t\1\t/' \
	    -e 's/\t(ok|MISS)$/\tjudged/' >"$BATS_TEST_TMPDIR/have"
	diff -u "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/have"
	# The report says the same, and what everything took.
	verdicts 1 3 >"$BATS_TEST_TMPDIR/lines"
	while IFS=$'\t' read -r work took; do
		grep -qE "^$work .* ${took//./\\.} " \
		    "$BENCH_DIR/results/report.txt"
	done <"$BATS_TEST_TMPDIR/lines"
	for tool in pgcask pgcask-off pgcask-data digests pg_dump15 floor pg_restore15-Fd pg_restore15-Fc; do
		grep -qE "^[a-z]+-[a-z]+ +$tool +2 +1( +[0-9.]+){4}( +[0-9]+)? *$" \
		    "$BENCH_DIR/results/report.txt"
	done
	# Memory is pgcask's alone, which does not do with a few kilobytes.
	verdicts 3 | awk '/MiB/ { n++; bad += $1 < 2 } END { exit bad || !n }'
}

# strictly LIMIT: the bench with one target of its own.
strictly() {
	echo "dump-small pg_dump15 2 $1" >"$BENCH_DIR/targets"
	run env BENCH_STRICT="${STRICT-1}" BENCH_WORKS=dump-small \
	    BENCH_TARGETS="$BENCH_DIR/targets" "$PG_TOP/tests/bench/run.sh" 3>&-
	echo "$output"
	[ "$(verdicts 1 2)" = $'dump-small\tpg_dump15' ]
}

@test "a limit that is out of reach is missed, which BENCH_STRICT minds" {
	strictly 0.00
	[ "$status" -ne 0 ]
	[ "$(verdicts 7)" = MISS ]
	grep -qE '^dump-small .* 0\.00 +MISS$' "$BENCH_DIR/results/report.txt"
	STRICT=0 strictly 0.00
	[ "$status" -eq 0 ]
	[ "$(verdicts 7)" = MISS ]
	strictly 1000
	[ "$status" -eq 0 ]
	[ "$(verdicts 7)" = ok ]
}

@test "a tool that fails makes the bench fail" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n[ "$1" != backup ] || exit 1\nexec "%s" "$@"\n' \
	    "$PGCASK" >"$BATS_TEST_TMPDIR/bin/pgcask"
	chmod +x "$BATS_TEST_TMPDIR/bin/pgcask"
	export PGCASK=$BATS_TEST_TMPDIR/bin/pgcask
	STRICT=0 strictly 1000
	[ "$status" -ne 0 ]
	[ "$(verdicts 7)" = FAILED ]
}
