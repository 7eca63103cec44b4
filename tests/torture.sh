#!/bin/bash
# The long proofs: what the tests do a few times of, thousands of times.  Ends
# with a line "N passed, N failed".
# usage: tests/torture.sh [PATTERN]
#	PATTERN	only tasks whose name matches this extended regular
#		expression; "torture.sh -l" lists the names
#	SEED	any number, for those that are random, to do the same again
#	KILLS	how often each kind of run is killed, 200
#	PGCASK	the program, if it is not to be built in build-test/
#
# "faults:KIND:CALL:WITH:PART/OF" and "kills:KIND:PART/OF" are rounds of
# tests/lib/faults.bash, which says what KIND there is.
# What each said is in build-test/torture/.
set -u
cd "$(dirname "$0")/.." || exit
top=$PWD
results=$top/build-test/torture
export top results SEED=${SEED:-$RANDOM} KILLS=${KILLS:-200}

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

# Faults and kills: tests/lib/faults.bash.  Every such call of a run fails in
# turn, or every OF-th from PART on; of the kills likewise.

# with_faults COMMAND...: with a server and all that it needs.
with_faults()
{
	local work

	work=$(mktemp -d /tmp/pgcask-torture.XXXXXX)
	. tests/lib/faults.bash
	PATH=$(pg_dump_bindir):$PATH
	faults_begin "$work" && "$@"
	pg_stop "${SERVER-}"
	rm -rf "$work"
}

task_faults()
{
	local kind call with part

	IFS=: read -r kind call with part <<<"$1"
	with_faults faults_all "$kind" "$call" "$with" "${part%/*}" "${part#*/}"
}

task_kills()
{
	local kind=${1%%:*} part=${1#*:}

	with_faults faults_kills "$kind" "$KILLS" "${part%/*}" "${part#*/}"
}

list_faults()
{
	local kind pair part

	for kind in backup create clean prune; do
		for pair in write:ENOSPC write:SHORT read:EIO read:EINTR \
		    sync:EIO close:EIO rename:EIO rename:EINVAL unlink:EIO \
		    open:EMFILE mkdir:ENOSPC stat:EIO lock:EIO \
		    truncate:ENOSPC send:ECONNRESET recv:ECONNRESET recv:EINTR \
		    connect:ECONNREFUSED poll:ENOMEM poll:EINTR spawn:EAGAIN \
		    thread:EAGAIN map:ENOMEM any:TERM; do
			case $kind:$pair in
			# There is none of these.
			prune:write* | prune:rename* | prune:mkdir* | \
			    prune:connect* | prune:send* | prune:recv* | \
			    prune:poll* | prune:spawn* | prune:thread*) continue ;;
			create:write* | create:sync* | create:rename* | \
			    create:unlink* | create:mkdir* | create:lock* | \
			    create:truncate* | create:spawn*) continue ;;
			clean:write* | clean:sync* | clean:rename* | \
			    clean:unlink* | clean:mkdir* | clean:lock* | \
			    clean:truncate* | clean:spawn*) continue ;;
			backup:unlink*) continue ;;
			esac
			echo "faults:$kind:$pair:1/1"
		done
		for part in 1 2 3 4; do
			echo "faults:$kind:memory:ENOMEM:$part/4"
		done
	done
}

list_kills()
{
	local kind part

	for kind in backup all create prune; do
		for part in 1 2; do
			echo "kills:$kind:$part/2"
		done
	done
}

# task NAME: run one; what it said in NAME.out, with "-" for ":" and "/".
task()
{
	local name=$1 base=$results/${1//[:\/]/-} start=$SECONDS out

	out=$base.out
	cd "$top" || return
	task_"${name%%:*}" "${name#*:}" >"$out" 2>&1 </dev/null || :
	passed=$(grep -c '^ok ' "$out")
	failed=$(grep -c '^not ok ' "$out")
	# A task that says nothing has failed.
	[ $((passed + failed)) -gt 0 ] || failed=1
	echo "$passed $failed" >"$base.count"
	printf '%-44s %5d passed %3d failed %4d s\n' "$name" "$passed" \
	    "$failed" $((SECONDS - start))
	[ "$failed" -eq 0 ] || {
		grep -A 12 '^not ok' "$out" | head -n 40 | sed 's/^/    /'
		echo "    (all of it: $out)"
	}
}

functions()
{
	declare -F | sed -n 's/^declare -f\(x\)\{0,1\} task_//p'
}

# By their functions, and those that a function is several of.
list_tasks()
{
	functions | grep -vx -e faults -e kills
	list_faults
	list_kills
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
export -f task suite with_faults $(functions | sed 's/^/task_/')
list_tasks | grep -E -e "${1-.}" |
    xargs -r -d '\n' -P "$(nproc)" -I{} bash -c 'task "$1"' task {}
cat "$results"/*.count | awk '
	{ passed += $1; failed += $2 }
	END {
		print passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0 || passed == 0
	}'
