#!/bin/bash
# Every supported version of PostgreSQL as source and as target; ends with a
# line "N passed, N failed".
# usage: tests/matrix.sh [PATTERN]
#	PATTERN		only tasks whose name matches this extended regular
#			expression; "matrix.sh -l" lists the names
#	PG_SOURCE	a folder with PostgreSQL source trees, one for each
#			major version: PG_SOURCE/15, PG_SOURCE/17, ...
#	PGCASK		the program, if it is not to be built in build-test/
#
# Tasks: "pairs:FROM", the everything database of one version brought back on
# that and on every newer one, and compared with what pg_dump and pg_restore of
# the newest version make of it; "suite:MAJOR:FILE", a file of the integration
# suite on that version; "regress:MAJOR", PostgreSQL's own regression database,
# where PG_SOURCE has its source.  What each said is in build-test/matrix/.
set -u
cd "$(dirname "$0")/.." || exit
results=$PWD/build-test/matrix
versions="12 13 14 15 16 17 18"
export results versions

# shellcheck source=tests/lib/tasks.bash
. tests/lib/tasks.bash

# Upward, and to itself.
task_pairs()
{
	local to list=()

	for to in $versions; do
		[ "$to" -lt "$1" ] || list+=("$to")
	done
	pairs_of "$1" "$dir" "${list[@]}"
}

task_suite()
{
	PG_MAJOR=${1%%:*} timeout 900 bats --tap "tests/integration/${1#*:}"
}

task_regress()
{
	regress_of "$1" "$dir"
}

# one NAME: run it in a folder $dir, which goes if all of it passed.
one()
{
	local dir

	dir=$(mktemp -d /tmp/pgcask-matrix.XXXXXX)
	chmod 711 "$dir"
	. tests/lib/cask.bash
	. tests/lib/everything.bash
	. tests/lib/pairs.bash
	# The system's own serves the older ones.
	case $1 in
	suite:1[678]:*) PATH=$(pg_clients):$PATH ;;
	esac
	! tasks_one "$1" "$dir" || rm -rf "$dir"
}
export -f one task_pairs task_suite task_regress

# runs_on MAJOR FILE: a file may say "# servers: its own", or since when.
runs_on()
{
	local since

	since=$(sed -n 's/^# servers: //p' "$2")
	case $since in
	"its own") return 1 ;;
	since*) [ "$1" -ge "${since#since }" ] ;;
	esac
}

list_tasks()
{
	local major file

	for major in $versions; do
		echo "pairs:$major"
	done
	for major in 15 17 18; do
		[ ! -d "${PG_SOURCE-/nonexistent}/$major" ] ||
		    echo "regress:$major"
	done
	for major in $versions; do
		for file in tests/integration/*.bats; do
			file=${file##*/}
			runs_on "$major" "tests/integration/$file" &&
			    echo "suite:$major:$file"
		done
	done
}

if [ "${1-}" = -l ]; then
	list_tasks
	exit
fi
tasks_program || exit
rm -rf "$results"
mkdir -p "$results"
list_tasks | grep -E -e "${1-.}" | tasks_run one

# The table of pairs: for each side of the database, whether the copy is as the
# source, or how many lines differ, which pg_restore makes so, too.
if [ -n "$(find "$results" -name 'pairs-*.out')" ]; then
	echo
	pairs_head='FROM -> TO  exit  schema  rows  globals  properties'
	pairs_head="$pairs_head  large-objects  states"
	echo "$pairs_head"
	sort -V "$results"/pairs-*.out |
	    sed -n -E 's/^(not ok|ok) ([0-9]+ -> .*)/\2  \1/p'
fi
tasks_sum
