#!/bin/sh
# clang-tidy has nothing to say about any source.  Its analyzer is for what is
# shipped: the tests are run, which tells more, and take it longest.
# usage: BUILD=folder tests/lint/tidy.sh [FILE...]
set -eu
cd "$(dirname "$0")/../.."
top=$PWD

cd "${BUILD:-build}"
flags=$(printf '%s\n\t@echo %s\n' 'include Makefile
flags-of-tidy:' '$(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(DEPS_CFLAGS) -std=c17' |
    make -s -f - flags-of-tidy)
(
	cd "$top"
	[ $# -eq 0 ] || printf '%s\n' "$@"
	[ $# -gt 0 ] || find src tests -name '*.c' | sort
) | sed "s|^|$top/|" | FLAGS=$flags xargs -P 2 -n 1 sh -c '
	case $1 in
	*/tests/*) set -- "--checks=-clang-analyzer-*" "$1" ;;
	esac
	clang-tidy --quiet "$@" -- $FLAGS 2>&1 |
	    sed "/warnings\{0,1\} generated/d; /^Suppressed/d; /^Use -/d"
	# The status is lost in the pipe, but it only repeats what was said.
' tidy >tidy.out
[ ! -s tidy.out ] || {
	cat tidy.out
	exit 1
}
