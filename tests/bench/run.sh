#!/bin/bash
# usage: tests/bench/run.sh
#
# Measure pgcask against its peers: see README.md next to this file for what
# is measured, the settings (BENCH_*), and how to read the result.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
BENCH_DIR=${BENCH_DIR:-$top/build/bench}
BENCH_SCALE=${BENCH_SCALE:-1.0}
BENCH_ROUNDS=${BENCH_ROUNDS:-3}
BENCH_PATIENCE=${BENCH_PATIENCE:-0}
BENCH_PEERS=${BENCH_PEERS-15 18}
BENCH_WORKS=${BENCH_WORKS:-dump-gb dump-large restore-gb restore-large
	restore-many dump-small restore-small drill-gb diff-gb check-gb
	readdata-gb memory}
BENCH_TARGETS=${BENCH_TARGETS:-$here/targets}
PGCASK=${PGCASK:-$top/build/pgcask}

say()
{
	echo "bench: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# shellcheck source=tests/lib/pg.bash
. "$top/tests/lib/pg.bash"
# shellcheck source=tests/bench/server.bash
. "$here/server.bash"
# shellcheck source=tests/bench/peers.bash
. "$here/peers.bash"
# shellcheck source=tests/bench/measure.bash
. "$here/measure.bash"

# complain WORK TOOL: a run failed that should not have.
complain()
{
	say "$1 failed with $2:"
	tail -n 10 "$scratch/err" >&2
	failed=yes
}

# archive TOOL DATABASE: make what a restore reads, once, and put its path
# into "from".  TOOL is pgcask or pg_dumpMAJOR-FORMAT.
archive()
{
	from=$BENCH_DIR/made/$2.$1
	if [ ! -e "$from" ]; then
		# One job: -Fc has no more, and 5,000 tables allow no more.
		dump_command "$1" "$2" 1 "$from.tmp"
		rm -rf "$from.tmp"
		"${command[@]}" >"$scratch/out" 2>"$scratch/err" ||
		    return 1
		mv "$from.tmp" "$from"
	fi
	find "$from" -type f -exec cat {} + >/dev/null
}

# dump_once WORK DATABASE JOBS ROUND TOOL
dump_once()
{
	local work=$1 db=$2 jobs=$3 round=$4 tool=$5 out=$BENCH_DIR/out status=0

	rm -rf "$out"
	product=$out
	dump_command "$tool" "$db" "$jobs" "$out"
	measure "$work" "$tool" "$jobs" "$round" "${command[@]}" || status=$?
	rm -rf "$out"
	product=
	return "$status"
}

# dump_round WORK DATABASE JOBS ROUND TOOL...
dump_round()
{
	local work=$1 db=$2 jobs=$3 round=$4 tool
	shift 4

	for tool in "$@"; do
		patiently dump_once "$work" "$db" "$jobs" "$round" "$tool" &&
		    continue
		# A peer that runs out of locks is what the work is to show.
		if [ "$db" != small ] || [ "$tool" = pgcask ] ||
		    ! grep -q 'out of shared memory' "$scratch/err"; then
			complain "$work" "$tool"
		fi
	done
}

# digests_once DATABASE JOBS ROUND: how much shorter the dump would be if its
# rows were not digested: the CPU time of that, shared by the jobs.
digests_once()
{
	local took row

	took=$(measure_digests "$1") || {
		complain "dump-$1" digests
		return 0
	}
	row=$(awk -v OFS='\t' -v took="$took" -v db="$1" -v jobs="$2" -v n="$3" '
	BEGIN {
		print "dump-" db, "digests", jobs, n, sprintf("%.4f",
			took / jobs), took, 0, 0, 0, 0, "", ""
	}')
	echo "$row" >>"$runs"
	say "$row"
}

measure_digests()
{
	archive pgcask "$1" && "$(dirname "$PGCASK")/tests/bench/digest_cost" \
	    "$from" "$BENCH_DIR/made/bench-open.key" 2>"$scratch/err" |
	    cut -d ' ' -f 1
}

# restore_once DATABASE JOBS ROUND TOOL
restore_once()
{
	target_make "$1"
	restore_command "$4" "$from" "$2"
	measure "restore-$1" "$4" "$2" "$3" "${command[@]}"
}

# restore_round DATABASE JOBS ROUND TOOL...
restore_round()
{
	local db=$1 jobs=$2 round=$3 tool expected
	shift 3

	expected=$(data_objects "$db")
	for tool in "$@"; do
		if ! archive "${tool/pg_restore/pg_dump}" "$db"; then
			complain "the archive for restore-$db" "$tool"
			continue
		fi
		if ! patiently restore_once "$db" "$jobs" "$round" "$tool"; then
			complain "restore-$db" "$tool"
		elif [ "$(data_objects "$target")" != "$expected" ]; then
			die "$tool left something of $db out"
		fi
	done
}

# check_round WORK DATABASE ROUND MEMBER [OPTION...]: what is checked is told by
# that member of the result.
check_round()
{
	local work=$1 db=$2 round=$3
	product=json:$4
	shift 4

	if ! archive pgcask "$db"; then
		complain "the archive for $work" pgcask
	elif ! patiently measure "$work" pgcask 2 "$round" "$PGCASK" check \
	    --json -j 2 --open-key "$BENCH_DIR/made/bench-open.key" \
	    "$@" "$from"; then
		complain "$work" pgcask
	fi
	product=
}

# drill_round DATABASE JOBS ROUND: the proof, and what a restore without any
# costs that makes its server for itself, too.
drill_round()
{
	local db=$1 jobs=$2 round=$3 tool

	for tool in pgcask pg_restore-throwaway; do
		if ! archive "${tool/pg_restore-throwaway/pg_dump15-Fd}" "$db"; then
			complain "the archive for drill-$db" "$tool"
			continue
		fi
		drill_command "$tool" "$from" "$jobs"
		patiently measure "drill-$db" "$tool" "$jobs" "$round" \
		    "${command[@]}" || complain "drill-$db" "$tool"
	done
}

# diff_round DATABASE JOBS ROUND: an archive against the database that it is of,
# and dumps of that which compress nothing.
diff_round()
{
	local db=$1 jobs=$2 round=$3 major

	if ! archive pgcask "$db"; then
		complain "the archive for diff-$db" pgcask
		return 0
	fi
	command=("$PGCASK" diff -q "$from" -d "$db" -j "$jobs"
	    --open-key "$BENCH_DIR/made/bench-open.key")
	patiently measure "diff-$db" pgcask "$jobs" "$round" \
	    "${command[@]}" || complain "diff-$db" pgcask
	for major in $BENCH_PEERS; do
		dump_round "diff-$db" "$db" "$jobs" "$round" \
		    "pg_dump$major-plain"
	done
}

# dumpers, restorers [FORMAT...]: the tools to compare, in turn.
dumpers()
{
	local major

	echo pgcask
	for major in $BENCH_PEERS; do
		echo "pg_dump$major"
	done
}

restorers()
{
	local major format

	echo pgcask
	for major in $BENCH_PEERS; do
		for format in "$@"; do
			echo "pg_restore$major-$format"
		done
	done
}

# work_run WORK ROUND
work_run()
{
	local db=${1#*-} formats="-Fd -Fc" tools

	case $1 in
	dump-gb)
		mapfile -t tools < <(dumpers; printf '%s\n' pgcask-off \
		    pgcask-data floor)
		dump_round "$1" "$db" 2 "$2" "${tools[@]}"
		digests_once "$db" 2 "$2" ;;
	dump-*)
		mapfile -t tools < <(dumpers)
		dump_round "$1" "$db" 2 "$2" "${tools[@]}" ;;
	restore-*)
		[ "$db" != small ] || formats=-Fc
		read -ra formats <<<"${formats//-/}"
		mapfile -t tools < <(restorers "${formats[@]}")
		restore_round "$db" 2 "$2" "${tools[@]}" ;;
	drill-*)
		drill_round "$db" 2 "$2" ;;
	diff-*)
		diff_round "$db" 2 "$2" ;;
	check-*)
		check_round "$1" "$db" "$2" size ;;
	readdata-*)
		check_round "$1" "$db" "$2" bytes --read-data ;;
	memory)
		[ "$2" -eq 1 ] || return 0
		for db in gb large many small; do
			dump_round "dump-$db" "$db" 4 "$2" pgcask
			restore_round "$db" 4 "$2" pgcask
		done ;;
	*)
		die "no such work: $1" ;;
	esac
}

# data_prepare WORK...: build what these need, and read it all once so that
# the page cache is as warm for the first tool as for the last.
data_prepare()
{
	local db works=" $* "

	for db in gb large many small; do
		case $works in
		*"-$db "* | *" memory "*)
			data_build "$db"
			floor_prepare "$db"
			floor_run "$db" ;;
		esac
	done
}

head_lines()
{
	echo "pgcask bench, $(date -u +%F), $(nproc) CPUs, $(pg_sql postgres \
	    "SELECT 'PostgreSQL ' || current_setting('server_version')"), scale" \
	    "$BENCH_SCALE, $BENCH_ROUNDS rounds"
	echo
}

main()
{
	local work round results=$BENCH_DIR/results status=0

	[ -x "$PGCASK" ] || die "no $PGCASK; build it, or set PGCASK"
	"$top/packaging/deps.sh" build
	mkdir -p "$BENCH_DIR/made" "$results"
	BENCH_DIR=$(cd "$BENCH_DIR" && pwd)
	bench_server_start
	scratch=$(mktemp -d "$BENCH_DIR/scratch.XXXXXX")
	trap 'bench_server_stop; rm -rf "$scratch"' EXIT
	mkfifo "$scratch/never"
	case " $BENCH_PEERS " in
	*" 18 "*)
		peers_fetch ;;
	esac
	keys_make
	runs=$results/runs.tsv
	printf '# work\ttool\tjobs\tround\twall_s\tclient_s\tserver_s\t%s\n' \
	    $'others_s\tpeak_kib\tstatus\twhy\tbytes' >"$runs"
	failed=
	targets_drop
	read -ra works <<<"${BENCH_WORKS//[$'\n\t']/ }"
	data_prepare "${works[@]}"
	for work in "${works[@]}"; do
		for ((round = 1; round <= BENCH_ROUNDS; round++)); do
			work_run "$work" "$round"
		done
		targets_drop
	done
	{
		head_lines
		awk -f "$here/report.awk" -v tsv="$results/verdicts.tsv" \
		    "$BENCH_TARGETS" "$runs"
	} | tee "$results/report.txt" || status=1
	[ -z "$failed" ] || die "something did not run: see above"
	[ "${BENCH_STRICT:-0}" != 1 ] || exit "$status"
}

main "$@"
