#!/bin/bash
# Install what the tests need, build, run every test, and end with a line
# "N passed, N failed".
# usage: tests/run.sh [PATTERN]
#	PATTERN	only tasks whose name matches this extended regular expression;
#		without it all but "slow:", clang-tidy and make distcheck
#
# Builds: build-test/ (gcc), build-asan/ (gcc with AddressSanitizer and
# UndefinedBehaviorSanitizer), build-tsan/ (gcc with ThreadSanitizer),
# build-clang/ (clang, compiled only).  Tasks run side by side, one per core;
# what each said is in build-test/results/.
# A bats file says with "# builds: test asan" which it is run with.
set -u
cd "$(dirname "$0")/.." || exit
top=$PWD
results=$top/build-test/results
export top results
export ASAN_OPTIONS=exitcode=99:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99
export LSAN_OPTIONS=exitcode=99

# shellcheck source=tests/lib/tasks.bash
. tests/lib/tasks.bash

# build FOLDER [CONFIGURE-OPTION...]: configured afresh when that changed.
build()
{
	local dir=$1
	shift

	mkdir -p "$dir" && cd "$dir" || return
	if [ ! -f Makefile ] || [ "$*" != "$(cat options 2>/dev/null)" ]; then
		rm -f options
		../configure -q --enable-werror "$@" || return
		make -s clean
		echo "$*" >options
	fi
	make -s all
}
export -f build

# task NAME: run one; its output in NAME.out, "passed failed" in NAME.count.
task()
{
	local name=$1 out races start passed failed status

	out=$results/${name//\//-}
	start=$SECONDS
	cd "$top" || return
	# Reports go to files, where no test can take them for what it awaits.
	races=$results/races-${name//[:\/]/-}
	export TSAN_OPTIONS=exitcode=99:halt_on_error=1:atexit_sleep_ms=0:log_path="'$races'"
	task_"${name%%:*}" "${name#*:}" >"$out.out" 2>&1 </dev/null
	status=$?
	list_races "$races" >>"$out.out"
	count_"${name%%:*}" "${name#*:}" "$out.out" "$status" >"$out.count"
	read -r passed failed <"$out.count"
	tasks_line "$name" "$passed" "$failed" "$start"
	[ "$failed" -eq 0 ] || {
		failures_"${name%%:*}" "$out.out" | tail -n 60 |
		    sed 's/^/    /'
		echo "    (all of it: $out.out)"
	}
}

# list_races PREFIX: what ThreadSanitizer has reported, each a failed test.
list_races()
{
	local report

	for report in "$1".*; do
		[ -f "$report" ] || continue
		echo "1..1"
		echo "not ok - a race: $report"
		cat "$report"
	done
}

# What a task that is one check counts as.
count_one()
{
	if [ "$1" -eq 0 ]; then
		echo 1 0
	else
		echo 0 1
	fi
}

# Lines of TAP; a run that died or fell short of its plan failed once more.
count_tap()
{
	awk -v status="$2" '
		/^ok / { passed++ }
		/^not ok / { failed++ }
		/^1\.\.[0-9]+/ { planned += substr($1, 4) }
		END {
			if (passed + failed != planned || planned == 0 ||
			    (status != 0 && failed == 0))
				failed++
			print passed + 0, failed + 0
		}' "$1"
}

task_build()
{
	case $1 in
	build-test)
		(build build-test CC=gcc) ;;
	build-asan)
		(build build-asan CC=gcc CFLAGS="-O1 -g" \
		    --enable-sanitizers=address,undefined) ;;
	build-tsan)
		(build build-tsan CC=gcc CFLAGS="-O1 -g" \
		    --enable-sanitizers=thread) ;;
	build-clang)
		(build build-clang CC=clang) ;;
	esac
}
count_build() { count_one "$3"; }
failures_build() { cat "$1"; }

# Every program of the unit tests prints TAP into its log.
task_unit()
{
	local log status threaded tests=()

	rm -f "$1"/tests/*/*.log "$1"/tests/*/*.trs
	if [ "$1" = build-tsan ]; then
		# Those in which there are threads.
		threaded=$(grep -lE 'pthread_create|stop_begin' tests/unit/*.c |
		    sed 's/\.c$//' | tr '\n' ' ')
		tests=(TESTS="$threaded" check_PROGRAMS="$threaded")
	fi
	CMOCKA_MESSAGE_OUTPUT=TAP make -s -C "$1" check "${tests[@]}"
	status=$?
	for log in "$1"/tests/unit/*.log "$1"/tests/fuzz/*.log; do
		[ -f "$log" ] || continue
		echo "# $log"
		cat "$log"
		# One that crashed says so only by its status.
		grep -q '^:test-result: PASS' "${log%.log}.trs" ||
		    grep -q '^not ok' "$log" || {
			echo "not ok - $log"
			echo "1..1"
		}
	done
	return "$status"
}
count_unit() { count_tap "$2" "$3"; }
failures_unit() { grep -B 20 -A 20 -e '^not ok' -e '^# .*rror' "$1"; }

task_bats()
{
	local file=${1%:*} dir=${1##*:}

	PGCASK=$top/$dir/pgcask BUILD=$top/$dir timeout 600 \
	    bats --tap --timing "$file"
}
count_bats() { count_tap "$2" "$3"; }
failures_bats() { grep -A 30 -e '^not ok' "$1" || cat "$1"; }

task_lint()
{
	BUILD=build-test timeout 900 "tests/lint/$1.sh"
}
count_lint() { count_one "$3"; }
failures_lint() { cat "$1"; }

task_slow() { task_lint "$1"; }
count_slow() { count_lint "$@"; }
failures_slow() { failures_lint "$1"; }

export -f task list_races count_one count_tap
for kind in build unit bats lint slow; do
	export -f task_$kind count_$kind failures_$kind
done

# run_tasks: those named on standard input, a line each, side by side.
run_tasks()
{
	grep -E -e "$pattern" | tasks_run task
}

# The tasks that need the builds, the longest first.
list_tasks()
{
	local file dir

	[ "$all" = . ] || printf 'slow:%s\n' dist tidy
	for file in tests/integration/*.bats tests/cli/*.bats; do
		[ -f "$file" ] || continue
		for dir in $(sed -n 's/^# builds: //p' "$file" | grep . ||
		    echo asan); do
			printf '%d bats:%s:build-%s\n' \
			    "$(grep -c '^@test' "$file")" "$file" "$dir"
		done
	done | sort -rn | cut -d ' ' -f 2
	echo unit:build-tsan
	echo unit:build-asan
	echo unit:build-test
	echo build:build-clang
	for file in tests/lint/*.sh; do
		file=$(basename "$file" .sh)
		case $file in
		dist | tidy) ;;
		*) echo "lint:$file" ;;
		esac
	done
}

pattern=${1-.}
all=$pattern
packaging/deps.sh test || exit
if [ ! -f configure ] || [ -n "$(find configure.ac Makefile.am src tests man \
    packaging \( -name '*.mk' -o -name 'Makefile.am' -o -name configure.ac \) \
    -newer configure)" ]; then
	autoreconf -fi >/dev/null 2>&1 || {
		autoreconf -fi
		exit 1
	}
fi
rm -rf "$results"
mkdir -p "$results"

needed="build:build-test build:build-asan"
! list_tasks | grep -E -e "$pattern" | grep -q build-tsan ||
	needed="$needed build:build-tsan"
pattern=.
printf '%s\n' $needed | run_tasks
if grep -q ' [1-9]' "$results"/build*.count; then
	echo "$(tasks_sum) (nothing else was run)"
	exit 1
fi
pattern=$all
list_tasks | run_tasks

tasks_sum
