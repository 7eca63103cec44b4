#!/bin/bash
# Build the fuzzers with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and run each for a bounded time, one at a time.
# usage: tests/fuzz/run.sh [SECONDS [NAME...]]
#	SECONDS	for each fuzzer, 60 by default; 0 only builds
#	NAME	of tests/fuzz/fuzz_NAME.c; all of them by default
#
# Builds in build-fuzz/.  What was found on the way is kept in
# build-fuzz/found/NAME; an input that makes a fuzzer fail lies in
# build-fuzz/failed/, and belongs into tests/fuzz/corpus/NAME with its fix.
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

status=0
for name; do
	# shellcheck disable=SC2086
	clang -std=c17 -O1 -g -D_GNU_SOURCE -I../include -I. $flags \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	    -o "fuzz_$name" "../tests/fuzz/fuzz_$name.c" libpgcask.a $libs
	[ "$seconds" -gt 0 ] || continue
	mkdir -p "found/$name"
	echo "$name: $seconds s"
	nice "./fuzz_$name" -max_total_time="$seconds" -timeout=20 \
	    -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
	    -artifact_prefix="failed/$name-" "found/$name" \
	    "$top/tests/fuzz/corpus/$name" >"fuzz_$name.log" 2>&1 || {
		status=1
		echo "$name: failed, see build-fuzz/fuzz_$name.log"
	}
	sed -n 's/^stat::\(number_of_executed_units\|peak_rss_mb\)/  \1/p' \
	    "fuzz_$name.log"
done
exit $status
