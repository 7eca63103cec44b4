#!/bin/bash
# Build the fuzzers with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and run each for a bounded time, one at a time.
# usage: tests/fuzz/run.sh [SECONDS [NAME...]]
#	SECONDS	of processor time for each fuzzer, 60 by default; 0 only
#		builds; a release takes 600
#	NAME	of tests/fuzz/fuzz_NAME.c; all of them by default
#
# Builds in build-fuzz/.  What was found on the way is kept in
# build-fuzz/found/NAME; an input that makes a fuzzer fail lies in
# build-fuzz/failed/, and belongs into tests/fuzz/corpus/NAME with its fix.
# tests/fuzz/README.md says how long each was run, and how the corpus is kept
# small.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD

seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || {
	# shellcheck disable=SC2046
	set -- $(cd tests/fuzz && printf '%s\n' fuzz_*.c |
	    sed 's/^fuzz_//; s/\.c$//')
}

packaging/deps.sh test
[ -f configure ] || autoreconf -fi
mkdir -p build-fuzz/failed
cd build-fuzz
# fuzzer-no-link: the program and its tests have a main() of their own.
[ -f Makefile ] || ../configure -q CC=clang CFLAGS="-O1 -g" \
    --enable-sanitizers=fuzzer-no-link,address,undefined
make -s libpgcask.a
deps="libpq libzstd libsodium libarchive jansson libxxhash"
# shellcheck disable=SC2086
flags="$(pkg-config --cflags $deps)" libs="$(pkg-config --libs $deps)"
export ASAN_OPTIONS=allocator_may_return_null=1
export srcdir=$top

# used PID: the seconds of processor time that it has had.
used()
{
	local stat

	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	[ "$1" != Z ] || return
	echo $(((${12} + ${13}) / $(getconf CLK_TCK)))
}

# fuzz NAME: run it for so long.
fuzz()
{
	local pid now

	nice "./fuzz_$1" -timeout=60 -rss_limit_mb=1024 -max_len=65536 \
	    -dict="$top/tests/fuzz/json.dict" -print_final_stats=1 \
	    -artifact_prefix="failed/$1-" "found/$1" \
	    "$top/tests/fuzz/corpus/$1" >"fuzz_$1.log" 2>&1 &
	pid=$!
	while now=$(used $pid) && [ "$now" -lt "$seconds" ]; do
		sleep 1
	done
	# It ends, and tells what it did.
	! kill -USR1 $pid 2>/dev/null || :
	wait $pid
}

status=0
for name; do
	more=
	! grep -q '(mutate.c)' "../tests/fuzz/fuzz_$name.c" ||
	    more=../tests/fuzz/mutate.c
	! grep -q '(mutate_archive.c)' "../tests/fuzz/fuzz_$name.c" ||
	    more=../tests/fuzz/mutate_archive.c
	! grep -q '"golden.h"' "../tests/fuzz/fuzz_$name.c" ||
	    more="$more ../tests/fuzz/golden.c"
	# shellcheck disable=SC2086
	clang -std=c17 -O1 -g -D_GNU_SOURCE -I../include -I. $flags \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	    -o "fuzz_$name" "../tests/fuzz/fuzz_$name.c" $more \
	    libpgcask.a $libs
	[ "$seconds" -gt 0 ] || continue
	mkdir -p "found/$name"
	echo "$name: $seconds s"
	fuzz "$name" || {
		status=1
		echo "$name: failed, see build-fuzz/fuzz_$name.log"
	}
	sed -n 's/^stat::\(number_of_executed_units\|peak_rss_mb\)/  \1/p' \
	    "fuzz_$name.log"
done
exit $status
