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
results=$PWD/build-test/torture
export results SEED=${SEED:-$RANDOM} KILLS=${KILLS:-200}

# shellcheck source=tests/lib/tasks.bash
. tests/lib/tasks.bash

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
			prune:map* | prune:mkdir* | prune:connect* | prune:send* | \
			    prune:recv* | prune:poll* | prune:spawn*) continue ;;
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

# By their functions, and those that a function is several of.
list_tasks()
{
	tasks_kinds | grep -vx -e faults -e kills
	list_faults
	list_kills
}

if [ "${1-}" = -l ]; then
	list_tasks
	exit
fi
tasks_program || exit
rm -rf "$results"
mkdir -p "$results"
echo "SEED=$SEED"
# shellcheck disable=SC2046
export -f suite with_faults $(tasks_kinds | sed 's/^/task_/')
list_tasks | grep -E -e "${1-.}" | tasks_run tasks_one
tasks_sum
