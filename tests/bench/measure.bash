# Running one command and writing down what it cost.  Sourced by run.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # run.sh's variables

ticks=$(getconf CLK_TCK)

# children_seconds: CPU time of all processes this shell has waited for, and
# of those they have waited for.  Not to be run in a subshell, which would
# have no children: the answer is in "seconds".
children_seconds()
{
	local user system

	times >"$scratch/times"
	{ read -r; read -r user system; } <"$scratch/times"
	seconds=$(awk -v u="$user" -v s="$system" 'BEGIN {
		split(u, a, /[ms]/); split(s, b, /[ms]/)
		print a[1] * 60 + a[2] + b[1] * 60 + b[2] }')
}

# server_seconds: CPU time of the server, its ended backends included.
server_seconds()
{
	local pid pids

	# Let the server reap what has just ended.
	sleep 0.3
	read -ra pids <"/proc/$postmaster/task/$postmaster/children" || :
	for pid in "$postmaster" "${pids[@]}"; do
		cat "/proc/$pid/stat" 2>/dev/null || :
	done | sed 's/.*) //' | awk -v own="$ticks" '
		# After the name: utime, stime, cutime, cstime are 12 to 15.  Only
		# the postmaster has children.
		{ sum += $12 + $13 + $14 + $15 }
		END { print sum / own }'
}

# machine_seconds: CPU time that the whole machine has worked, and that was
# taken from it.
machine_seconds()
{
	awk -v own="$ticks" '/^cpu / {
		print ($2 + $3 + $4 + $7 + $8 + $9) / own }' /proc/stat
}

# memory_watch PID: the most memory it had resident, in kB, its children
# aside, looked at every 30 ms until it ends.  GNU time's figure
# would count the children in.
memory_watch()
{
	local key value peak=0 state

	while state= && [ -e "/proc/$1/status" ]; do
		while read -r key value _; do
			case $key in
			State:)
				state=$value ;;
			VmHWM:)
				((value <= peak)) || peak=$value ;;
			esac
		done <"/proc/$1/status" 2>/dev/null
		case $state in
		'' | Z | X)
			break ;;
		esac
		read -rt 0.03 <>"$scratch/never" || :
	done
	echo "$peak" >"$scratch/peak"
}

# patiently COMMAND...: run it, which calls measure() once, and add that line to
# the file of runs.  With BENCH_PATIENCE, on a machine that others use too:
# wait until they rest, and repeat a run that they disturbed, so many times.
patiently()
{
	local try status

	for ((try = 0; ; try++)); do
		[ "$BENCH_PATIENCE" -eq 0 ] || await_quiet
		status=0
		rm -f "$scratch/row"
		"$@" || status=$?
		[ -f "$scratch/row" ] || return "$status"
		if [ "$try" -lt "$BENCH_PATIENCE" ] && disturbed; then
			say "disturbed: $(cat "$scratch/row")"
			continue
		fi
		cat "$scratch/row" >>"$runs"
		say "$(cat "$scratch/row")"
		return "$status"
	done
}

# disturbed: did others take more than a tenth of the machine's CPU time?
disturbed()
{
	awk -v cpus="$(nproc)" '{ exit !($8 > 0.1 * $5 * cpus) }' "$scratch/row"
}

# await_quiet: return after a second in which the machine was nearly idle, or
# after two minutes.
await_quiet()
{
	local second before

	for ((second = 0; second < 30; second++)); do
		before=$(machine_seconds)
		sleep 1
		! awk -v a="$before" -v b="$(machine_seconds)" \
		    'BEGIN { exit !(b - a < 0.2) }' || return 0
	done
}

# measure WORK TOOL JOBS ROUND COMMAND...: run it and write down a line of
# what it cost, and how large "product" became, if that names a file or folder,
# or what the member NAME of its JSON says, if that is json:NAME.
# The dirty pages of what ran before are settled first.  Return its exit
# status.
measure()
{
	local work=$1 tool=$2 jobs=$3 round=$4 pid watcher status=0
	local client server machine start end seconds
	shift 4

	pg_sql postgres CHECKPOINT
	sync -f "$BENCH_DIR"
	server=$(server_seconds)
	children_seconds
	client=$seconds
	machine=$(machine_seconds)
	start=${EPOCHREALTIME/./}
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
	pid=$!
	memory_watch "$pid" &
	watcher=$!
	wait "$pid" || status=$?
	end=${EPOCHREALTIME/./}
	children_seconds
	machine="$machine $(machine_seconds)"
	wait "$watcher" || :
	server="$server $(server_seconds)"
	forgive "$tool" || status=0
	awk -v OFS='\t' -v run="$work $tool $jobs $round" \
	    -v wall="$((end - start))" -v client="$client $seconds" \
	    -v server="$server" -v machine="$machine" \
	    -v peak="$(cat "$scratch/peak")" -v status="$status" \
	    -v why="$(reason "$status")" -v bytes="$(product_bytes)" '
	BEGIN {
		split(run, r, " "); split(client, c, " ")
		split(server, s, " "); split(machine, m, " ")
		mine = c[2] - c[1] + s[2] - s[1]
		others = m[2] - m[1] - mine
		print r[1], r[2], r[3], r[4], sprintf("%.3f", wall / 1e6),
			sprintf("%.2f", c[2] - c[1]), sprintf("%.2f", s[2] - s[1]),
			sprintf("%.2f", others > 0 ? others : 0), peak, status, why, bytes
	}' >"$scratch/row"
	return "$status"
}

product_bytes()
{
	case ${product-} in
	json:*)
		sed -n "s/.*\"${product#json:}\": \([0-9]*\).*/\1/p" \
		    "$scratch/out" ;;
	?*)
		[ ! -e "$product" ] || du -sb "$product" | cut -f 1 ;;
	esac
}

# reason STATUS: why a run failed, in few words.
reason()
{
	[ "$1" -ne 0 ] || return 0
	{
		grep -oE 'out of (shared )?memory' "$scratch/err" ||
		    grep -iE 'error' "$scratch/err" || cat "$scratch/err"
	} | head -n 1 | cut -c 1-60 | tr '\t' ' '
}

# forgive TOOL: pg_restore 18 asks an older server for a setting that it does
# not know, goes on, and ends with status 1.  Return 1 if that was all.
forgive()
{
	case $1 in
	pg_restore18*) ;;
	*)
		return 0 ;;
	esac
	! grep -q transaction_timeout "$scratch/err" ||
	    grep 'error:' "$scratch/err" | grep -qv transaction_timeout
}
