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
top=$PWD
results=$top/build-test/matrix
versions="12 13 14 15 16 17 18"
export top results versions

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

# task NAME: run one; what it said in NAME.out, its folder removed if all of it
# passed.
task()
{
	local name=$1 out start=$SECONDS dir

	out=$results/${name//[:\/]/-}
	dir=$(mktemp -d /tmp/pgcask-matrix.XXXXXX)
	chmod 711 "$dir"
	cd "$top" || return
	. tests/lib/cask.bash
	. tests/lib/everything.bash
	. tests/lib/pairs.bash
	# The system's own serves the older ones.
	case $name in
	suite:1[678]:*) PATH=$(pg_clients):$PATH ;;
	esac
	task_"${name%%:*}" "${name#*:}" >"$out.out" 2>&1 </dev/null || :
	passed=$(grep -c '^ok ' "$out.out")
	failed=$(grep -c '^not ok ' "$out.out")
	# A task that says nothing has failed.
	[ $((passed + failed)) -gt 0 ] || failed=1
	echo "$passed $failed" >"$out.count"
	printf '%-44s %5d passed %3d failed %4d s\n' "$name" "$passed" \
	    "$failed" $((SECONDS - start))
	if [ "$failed" -gt 0 ]; then
		grep -A 12 '^not ok' "$out.out" | head -n 40 | sed 's/^/    /'
		echo "    (all of it: $out.out, $dir)"
	else
		rm -rf "$dir"
	fi
}
export -f task task_pairs task_suite task_regress

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
packaging/deps.sh test || exit
if [ -z "${PGCASK-}" ]; then
	tests/run.sh '^build:build-test$' || exit
	PGCASK=$top/build-test/pgcask
fi
BUILD=$(dirname "$PGCASK")
export PGCASK BUILD
rm -rf "$results"
mkdir -p "$results"
list_tasks | grep -E -e "${1-.}" |
    xargs -r -d '\n' -P "$(nproc)" -I{} bash -c 'task "$1"' task {}

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
cat "$results"/*.count | awk '
	{ passed += $1; failed += $2 }
	END {
		print passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0 || passed == 0
	}'
