#!/bin/bash
# The long proofs: what the tests do a few times of, thousands of times.  Ends
# with a line "N passed, N failed".
# usage: tests/torture.sh [PATTERN]
#	PATTERN	only tasks whose name matches this extended regular
#		expression; "torture.sh -l" lists the names
#	SEED	any number, for those that are random, to do the same again
#	PGCASK	the program, if it is not to be built in build-test/
#
# What each said is in build-test/torture/.
set -u
cd "$(dirname "$0")/.." || exit
top=$PWD
results=$top/build-test/torture
export top results SEED=${SEED:-$RANDOM}

# suite FILE FILTER: those tests of the integration suite.
suite()
{
	bats --tap --timing -f "$2" "tests/integration/$1"
}

# Bytes of an archive flipped: for a check, and for a restore.
task_flips-check()
{
	ATTACK_CHECKS=10000 suite attack.bats 'flipped: a check'
}
task_flips-restore()
{
	ATTACK_FLIPS=10000 suite attack.bats 'flipped: a restore'
}

# An archive cut, and its entries in disorder: for both.
task_cuts()
{
	ATTACK_CUTS=1000 suite attack.bats 'cut anywhere'
}
task_swaps()
{
	ATTACK_SWAPS=1000 suite attack.bats 'entries swapped'
}

# A backup every night of a leap year, and what is kept behind each.
task_year()
{
	NIGHTS=366 NIGHTS_FROM=2028-01-01 suite year.bats .
}

# task NAME: run one; what it said in NAME.out.
task()
{
	local name=$1 out=$results/$1.out start=$SECONDS

	cd "$top" || return
	task_"$name" >"$out" 2>&1 </dev/null || :
	passed=$(grep -c '^ok ' "$out")
	failed=$(grep -c '^not ok ' "$out")
	# A task that says nothing has failed.
	[ $((passed + failed)) -gt 0 ] || failed=1
	echo "$passed $failed" >"$results/$name.count"
	printf '%-44s %5d passed %3d failed %4d s\n' "$name" "$passed" \
	    "$failed" $((SECONDS - start))
	[ "$failed" -eq 0 ] || {
		grep -A 12 '^not ok' "$out" | head -n 40 | sed 's/^/    /'
		echo "    (all of it: $out)"
	}
}

list_tasks()
{
	declare -F | sed -n 's/^declare -f\(x\)\{0,1\} task_//p'
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
echo "SEED=$SEED"
# shellcheck disable=SC2046
export -f task suite $(list_tasks | sed 's/^/task_/')
list_tasks | grep -E -e "${1-.}" |
    xargs -r -d '\n' -P "$(nproc)" -I{} bash -c 'task "$1"' task {}
cat "$results"/*.count | awk '
	{ passed += $1; failed += $2 }
	END {
		print passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0 || passed == 0
	}'
