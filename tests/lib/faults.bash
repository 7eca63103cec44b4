# Runs of pgcask in which one call of the C library fails, or in the moment of
# which a signal comes, and what must hold after each; by tests/tools/fault.c.
# Used by tests/integration/faults.bats with a few of them, by tests/torture.sh
# with all.
#
# There are five kinds of run: "backup", "all" (backup --all, of one database),
# "create" (restore --create), "clean" (restore --clean into a database that has
# the same objects with other rows) and "prune" (of a repository of four archives
# that keeps two).
# shellcheck shell=bash

# shellcheck source=tests/lib/cask.bash
. "$(dirname "${BASH_SOURCE[0]}")/cask.bash"

# A run that takes longer hangs, on however busy a machine.
FAULT_SECONDS=${FAULT_SECONDS:-60}

# faults_begin DIR: what all rounds share, there: keys, the shim, a server of
# their own, databases, and an archive in a repository.
faults_begin()
{
	local run

	export FAULTS=$1

	export PGCASK_STATE=$FAULTS/state
	mkdir -p "$FAULTS/repo"
	cask_keys "$FAULTS/keys"
	cc -std=c17 -O1 -shared -fPIC -o "$FAULTS/fault.so" \
	    "$PG_TOP/tests/tools/fault.c" -ldl
	pg_start SERVER
	pg_new little
	pg_sql little <<-'SQL'
		CREATE TABLE owner (id serial PRIMARY KEY, name text);
		INSERT INTO owner (name)
			SELECT 'owner ' || i FROM generate_series(1, 100) i;
		CREATE TABLE thing (id integer PRIMARY KEY,
			owner integer REFERENCES owner, data bytea);
		INSERT INTO thing SELECT i, i % 100 + 1,
			decode(md5(i::text), 'hex')
			FROM generate_series(1, 3000) i;
		CREATE INDEX ON thing (owner);
		CREATE VIEW owned AS SELECT owner, count(*) FROM thing GROUP BY 1;
		CREATE TYPE pair AS (a integer, b text);
		CREATE TABLE pairs (p pair);
		INSERT INTO pairs
			SELECT (i, 'x')::pair FROM generate_series(1, 50) i;
		DO 'BEGIN PERFORM lo_from_bytea(70000, ''\x010203''); END';
		CREATE ROLE keeper LOGIN PASSWORD 'of things';
		GRANT SELECT ON thing TO keeper;
		GRANT SELECT ON LARGE OBJECT 70000 TO keeper;
		ALTER DATABASE little SET work_mem = '5MB';
	SQL
	fault_command backup
	"${run[@]}" >/dev/null
	the_archive "$FAULTS/repo" >"$FAULTS/kept"
	sha256sum "$(<"$FAULTS/kept")" >"$FAULTS/kept.sum"
	faults_measure || return
	fault_state little >"$FAULTS/state"

	pg_new before "TEMPLATE little"
	pg_sql before "UPDATE owner SET name = 'another'" \
	    "DELETE FROM thing WHERE id > 2000" "TRUNCATE pairs"
	fault_state before >"$FAULTS/before"
	pg_new there "TEMPLATE before"
	faults_prunable
}

# The archive of a backup that nothing happens to is what the database is, and
# others may be compared with it.
faults_measure()
{
	local wrongs=''

	"$PGCASK" diff "$(<"$FAULTS/kept")" -d little \
	    --open-key "$KEYS/k-open.key" >"$FAULTS/diff" 2>&1 ||
	    wrong "not what is in the database: $(<"$FAULTS/diff")"
	fault_beside "$(<"$FAULTS/kept")" >"$FAULTS/beside"
	# It would prove nothing that both lack these.
	grep -q '^ALTER ROLE keeper .*PASSWORD' "$FAULTS/beside" ||
	    wrong "no roles"
	grep -q '5MB' "$FAULTS/beside" || wrong "no settings"
	# From pg_dump 17 on they are in the catalog.
	grep -qE 'LARGE OBJECT 70000 TO keeper|keeper=r/' "$FAULTS/beside" ||
	    wrong "no large object's privileges"
	[ -z "$wrongs" ] || {
		echo "without a fault:$wrongs" >&2
		return 1
	}
}

# The repository that prune is tried on, and what it must keep of that.
faults_prunable()
{
	local i run

	mkdir "$FAULTS/aged"
	for ((i = 0; i < 4; i++)); do
		"$PGCASK" backup -q -d little -r "$FAULTS/aged" \
		    --seal-key "$KEYS/k-seal.key" >/dev/null
	done
	"$PGCASK" check -q --all -r "$FAULTS/aged" >/dev/null
	# But the newest is to be read.
	rm "$(find "$FAULTS/aged" -name '*.cask' -printf '%T@ %p\n' |
	    sort -n | tail -n 1 | cut -d ' ' -f 2-).check.json"
	fault_undo prune
	(cd "$FAULTS/pruned" && sha256sum ./*/*.cask) >"$FAULTS/aged.sum"
	fault_command prune
	"${run[@]}" >/dev/null
	(cd "$FAULTS/pruned" && ls -d ./*/*.cask) >"$FAULTS/keepers"
	[ "$(wc -l <"$FAULTS/keepers")" -eq 2 ]
	fault_undo prune
}

# fault_state DATABASE: all that is in it.
fault_state()
{
	pg_contents "$1" && pg_server_dump "$1"
}

# fault_command KIND: the words of the run, in the array run.
fault_command()
{
	case $1 in
	backup)
		run=("$PGCASK" backup -d little -r "$FAULTS/repo" -j 2
		    --seal-key "$KEYS/k-seal.key") ;;
	all)
		run=("$PGCASK" backup --all -d little -r "$FAULTS/repo"
		    --exclude-database=postgres --exclude-database=before
		    --exclude-database=there --exclude-database=template1
		    --seal-key "$KEYS/k-seal.key") ;;
	create)
		run=("$PGCASK" restore "$(<"$FAULTS/kept")" --create -d copy
		    -j 2 --open-key "$KEYS/k-open.key") ;;
	clean)
		run=("$PGCASK" restore "$(<"$FAULTS/kept")" --clean -d there
		    --open-key "$KEYS/k-open.key") ;;
	prune)
		run=("$PGCASK" prune -r "$FAULTS/pruned" --keep-last 2) ;;
	esac
}

# fault_run KIND CALL N WITH: the run, with that fault, or with CALL "time"
# killed after N milliseconds.  Its exit status is in $status and the file
# status, its session in $session, what it did in the files out, err and log.
fault_run()
{
	local run seconds=$FAULT_SECONDS

	fault_command "$1"
	: >"$FAULTS/log"
	[ "$2" != time ] || seconds=$(printf '%d.%03d' $(($3 / 1000)) $(($3 % 1000)))
	status=0
	# Not a leader of its group, setsid becomes what it runs.
	FAULT_PROGRAM=pgcask FAULT_CALL=$2 FAULT_AT=$3 FAULT_WITH=$4 \
	    FAULT_LOG=$FAULTS/log LD_PRELOAD=$FAULTS/fault.so \
	    setsid timeout -s KILL "$seconds" "${run[@]}" \
	    >"$FAULTS/out" 2>"$FAULTS/err" </dev/null 3>&- &
	session=$!
	# The shell has a word to say on who was killed.
	wait "$session" 2>/dev/null || status=$?
	echo "$status" >"$FAULTS/status"
}

# fault_counts KIND: "CALL N" for each kind of call there is in a run that
# nothing happens to, and "time N", how many milliseconds it takes.
fault_counts()
{
	local status session start

	start=$(date +%s%N)
	fault_run "$1" any 0 -
	[ "$status" -eq 0 ] || return
	sed -n 's/^count //p' "$FAULTS/log"
	echo "time $((($(date +%s%N) - start) / 1000000))"
	fault_undo "$1"
}

# fault_undo KIND: make place for the next run.
fault_undo()
{
	case $1 in
	backup | all)
		find "$FAULTS/repo" -name '*.cask*' \
		    ! -path "$(<"$FAULTS/kept")" -delete ;;
	create) pg_drop copy ;;
	clean)
		pg_drop there
		pg_new there "TEMPLATE before" ;;
	prune)
		rm -rf "$FAULTS/pruned"
		cp -a "$FAULTS/aged" "$FAULTS/pruned" ;;
	esac
}

# wrong WHAT: note it of this round.
wrong()
{
	wrongs="$wrongs $*;"
}

# fault_round KIND CALL N WITH: the run with that fault, and all that must hold
# after it.  Says what is wrong and fails if anything is.
fault_round()
{
	local kind=$1 call=$2 with=$4
	local status session wrongs='' left='' may_leave=''

	fault_run "$@"
	# How many calls there are is a matter of how they come together.
	[ "$call" = time ] || grep -q '^hit ' "$FAULTS/log" || with=nothing
	fault_judge_status
	fault_judge_rest
	case $kind in
	backup | all) fault_judge_archives ;;
	create) fault_judge_copy ;;
	clean) fault_judge_there ;;
	prune) fault_judge_pruned ;;
	esac
	sha256sum --status -c "$FAULTS/kept.sum" || wrong "the older archive"
	# What could not be removed goes with the next run.
	[ -z "$left" ] && [ "$with" != KILL ] || fault_judge_next
	if [ -n "${FAULT_SHOW-}" ]; then
		echo "$* -> $status: $(head -n 1 "$FAULTS/log")"
		sed 's/^/    /' "$FAULTS/err"
	fi
	[ -n "$wrongs" ] || return 0
	echo "$*: status $status:$wrongs"
	head -n 3 "$FAULTS/log" | sed 's/^/    /'
	head -n 12 "$FAULTS/err" | sed 's/^/    /'
	return 1
}

# How it ended.
fault_judge_status()
{
	case $with:$status in
	nothing:0) ;;
	KILL:137) may_leave=1 ;;
	# It was faster.
	KILL:0) [ "$call" = time ] || wrong "not as it must end" ;;
	TERM:143) ;;
	# The result was there already.
	TERM:0) ;;
	EINTR:0 | SHORT:0) ;;
	# The few bytes of a lock are written at once, or the disk is full.
	SHORT:5) grep -q 'No space left' "$FAULTS/err" || wrong "not so" ;;
	nothing:* | KILL:* | TERM:* | EINTR:* | SHORT:*) wrong "not as it must end" ;;
	*:137) wrong "it hangs" ;;
	*:0 | *:3) fault_is_harmless || wrong "as if nothing was" ;;
	*:[1-9] | *:10) fault_judge_words ;;
	*) wrong "it crashed" ;;
	esac
	# Nobody is left to remove anything, or it can't be removed.
	case $call in
	memory) ! grep -qi 'out of memory' "$FAULTS/err" || may_leave=1 ;;
	unlink) may_leave=1 ;;
	send | recv | poll | connect) [ "$kind" != create ] || may_leave=1 ;;
	esac
}

# Calls whose failure may take nothing away: what closes a file that is synced
# or was only read; what is asked for comfort alone; another address, another
# pg_dump that is tried instead; memory that can be done without.
fault_is_harmless()
{
	# It is made again, by the next prune.
	if grep -q 'the check of .* is not remembered' "$FAULTS/err"; then
		return 0
	fi
	case $call:$with in
	# It is linked instead.
	rename:EINVAL) return 0 ;;
	# Of the folder and its lock file one is enough, and a full disk may
	# have no room for who has it.
	lock:EIO) grep -q '^hit .*/[^./]*$' "$FAULTS/log" && return 0 ;;
	write:ENOSPC | truncate:ENOSPC)
		grep -q '^hit .*/\.lock$' "$FAULTS/log" && return 0 ;;
	esac
	case $call in
	write | sync | rename | truncate | mkdir | lock | thread) false ;;
	esac
}

# It says that it failed, and of files why.
fault_judge_words()
{
	local why=.

	grep -qE '^(pgcask: .|Fatal .* Out of memory)' "$FAULTS/err" || wrong "it says nothing"
	case $call:$with in
	write:ENOSPC | sync:ENOSPC) why='No space left' ;;
	stat:EIO) ;;
	*:EIO) why='Input/output error|no archive|can.t be read|is damaged' ;;
	esac
	grep -qE "$why" "$FAULTS/err" || wrong "it does not say why"
	[ "$(wc -l <"$FAULTS/err")" -le "$SCREEN" ] ||
	    wrong "it says more than a screen"
}

# Nobody of the run is left, neither here nor in the server.
fault_judge_rest()
{
	AWAIT=20 await fault_is_over ||
	    wrong "left: $(ps -o args= -s "$session") $(fault_sessions)"
}
fault_is_over()
{
	! pgrep -s "$session" >/dev/null && [ -z "$(fault_sessions)" ]
}
fault_sessions()
{
	pg_sql postgres "SELECT pid, query FROM pg_stat_activity
	    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
	    UNION ALL SELECT 0, 'snapshot ' || name
	    FROM pg_ls_dir('pg_snapshots') name"
}

# Under a final name is a whole archive of all that is in the database, and
# nothing else of a run.
fault_judge_archives()
{
	local archive count=0

	while IFS= read -r archive; do
		count=$((count + 1))
		"$PGCASK" check -q "$archive" --read-data \
		    --open-key "$KEYS/k-open.key" >"$FAULTS/check" 2>&1 ||
		    wrong "not whole: $archive: $(<"$FAULTS/check")"
		fault_judge_content "$archive"
	done < <(find "$FAULTS/repo" -name '*.cask' ! -path "$(<"$FAULTS/kept")")
	# Whoever did not learn of it may have it all the same.
	case $status:$count in
	0:1 | 3:1 | [1-9]*:[01]) ;;
	*) wrong "$count archives" ;;
	esac
	left=$(find "$FAULTS/repo" -name '*.partial')
	[ -z "$left" ] || [ -n "$may_leave" ] || wrong "left: $left"
	fault_undo "$kind"
}

# fault_judge_content ARCHIVE: check compares it with what it says itself; this,
# with the database.  Where that takes a pg_dump or can't be done, with the
# archive of an undisturbed backup, which stands for it.
fault_judge_content()
{
	local key=(--open-key "$KEYS/k-open.key") beside

	fault_beside "$1" >"$FAULTS/now" &
	beside=$!
	"$PGCASK" diff "$1" -d little --data-only "${key[@]}" \
	    >"$FAULTS/diff" 2>&1 ||
	    wrong "not what is in the database: $(head -n 9 "$FAULTS/diff")"
	"$PGCASK" diff "$(<"$FAULTS/kept")" "$1" "${key[@]}" \
	    >"$FAULTS/diff" 2>&1 ||
	    wrong "not as undisturbed: $(head -n 9 "$FAULTS/diff")"
	wait "$beside"
	diff "$FAULTS/beside" "$FAULTS/now" >"$FAULTS/diff" ||
	    wrong "not what is beside it: $(head -n 9 "$FAULTS/diff")"
}

# fault_beside ARCHIVE: what is in it that diff leaves alone: of the database
# itself, whose large objects are, roles.  How big a table is changes with a
# vacuum, and newer pg_dumpall puts in random words.
fault_beside()
{
	"$PGCASK" cat "$1" catalog --open-key "$KEYS/k-open.key" 2>&1 |
	    sed -E 's/"(bytes|pages|rows_estimate)":[^],}]*,?//g; s/,"/,\n"/g'
	echo
	# The list that it begins with is not compressed.
	"$PGCASK" cat "$1" schema --open-key "$KEYS/k-open.key" 2>&1 |
	    grep -aoE '[A-Z ]+ LARGE OBJECT [0-9]+ [^;]*;' || :
	"$PGCASK" cat "$1" globals --open-key "$KEYS/k-open.key" 2>&1 |
	    sed '/^\\\(un\)\{0,1\}restrict /d'
}

# The copy is there and whole, or not there.
fault_judge_copy()
{
	local databases

	databases=$(pg_databases | grep '^copy' || :)
	case $databases in
	*copy.pgcask.partial*)
		left=$databases
		[ -n "$may_leave" ] || wrong "left: $left" ;;
	esac
	if grep -qx copy <<<"$databases"; then
		fault_state copy | diff - "$FAULTS/state" >"$FAULTS/diff" ||
		    wrong "not whole: $(head -n 9 "$FAULTS/diff")"
		fault_undo create
	elif [ "$status" -eq 0 ] || [ "$status" -eq 3 ]; then
		wrong "no copy"
	fi
}

# All of the old is there, or all of the new.
fault_judge_there()
{
	fault_state there >"$FAULTS/now"
	if cmp -s "$FAULTS/now" "$FAULTS/state"; then
		fault_undo clean
		return
	fi
	cmp -s "$FAULTS/now" "$FAULTS/before" ||
	    wrong "neither: $(diff "$FAULTS/now" "$FAULTS/before" | head -n 9)"
	[ "$status" -ne 0 ] || wrong "not replaced"
}

# What is there is whole, and what is to be kept is there; a run that failed is
# finished by the next.
fault_judge_pruned()
{
	(cd "$FAULTS/pruned" &&
	    sha256sum --status --ignore-missing -c "$FAULTS/aged.sum") ||
	    wrong "an archive is not what it was"
	(cd "$FAULTS/pruned" && xargs ls -d <"$FAULTS/keepers") \
	    >"$FAULTS/now" 2>&1 || wrong "lost: $(<"$FAULTS/now")"
	if fault_has_pruned; then
		fault_undo prune
		return
	fi
	left="what is to be removed"
	# What is not known of an archive may keep another one.
	case $status:$call in
	0:open | 0:read | 0:stat | 0:memory) ;;
	0:*) wrong "not pruned" ;;
	esac
}
fault_has_pruned()
{
	(cd "$FAULTS/pruned" && ls -d ./*/*.cask) |
	    cmp -s - "$FAULTS/keepers" &&
	    [ "$(find "$FAULTS/pruned" -type f | wc -l)" -le 5 ] &&
	    [ -z "$(find "$FAULTS/pruned" -name '*.partial')" ]
}

# The next run does its work, and cleans up.
fault_judge_next()
{
	local run again=0

	fault_command "$kind"
	timeout -s KILL "$FAULT_SECONDS" "${run[@]}" >"$FAULTS/next" 2>&1 ||
	    again=$?
	[ "$again" -eq 0 ] || wrong "the next run: $(<"$FAULTS/next")"
	case $kind in
	backup | all)
		[ -z "$(find "$FAULTS/repo" -name '*.partial')" ] ||
		    wrong "the next run did not clean up" ;;
	create)
		[ "$(pg_databases | grep '^copy')" = copy ] ||
		    wrong "the next run did not clean up" ;;
	prune) fault_has_pruned || wrong "the next run did not clean up" ;;
	esac
	fault_undo "$kind"
}

# faults_all KIND CALL WITH [PART OF]: a round for every such call, or for every
# OF-th; a line of TAP each.
faults_all()
{
	local kind=$1 call=$2 with=$3 part=${4:-1} of=${5:-1} n count out

	count=$(fault_counts "$kind" | sed -n "s/^$call //p")
	for ((n = part; n <= count; n += of)); do
		out=$(fault_round "$kind" "$call" "$n" "$with") || {
			echo "not ok $kind, $call $n of $count: $with"
			sed 's/^/# /' <<<"$out"
			continue
		}
		echo "ok $kind, $call $n of $count: $with"
	done
}

# faults_some KIND ROUNDS CALL=WITH...: so many rounds of each, at random; RANDOM
# is the caller's to seed.
faults_some()
{
	local kind=$1 rounds=$2 counts pair count i failed=0

	shift 2
	counts=$(fault_counts "$kind")
	for pair in "$@"; do
		count=$(sed -n "s/^${pair%=*} //p" <<<"$counts")
		for ((i = 0; i < rounds && i < count; i++)); do
			fault_round "$kind" "${pair%=*}" \
			    $(((RANDOM * 32768 + RANDOM) % count + 1)) \
			    "${pair#*=}" || failed=1
		done
	done
	return "$failed"
}

# faults_kills KIND ROUNDS [PART OF]: killed that often, at moments spread evenly
# over the run, by turns at a call and after a time; the last are at the rename
# and the sync of a backup.  Of these rounds every OF-th from PART on.  A line
# of TAP each.
faults_kills()
{
	local kind=$1 rounds=$2 part=${3:-1} of=${4:-1} counts i moment out

	counts=$(fault_counts "$kind")
	for ((i = part; i <= rounds; i += of)); do
		moment=$(kill_moment "$i" "$rounds")
		# shellcheck disable=SC2086 # two words
		out=$(fault_round "$kind" $moment KILL) || {
			echo "not ok $kind killed: $moment"
			sed 's/^/# /' <<<"$out"
			continue
		}
		echo "ok $kind killed: $moment"
	done
}

# kill_moment I OF: a call and its number.
kill_moment()
{
	local i=$1 of=$2 call=any

	[ $((i % 2)) -eq 0 ] || call="time"
	case $((of - i)):$kind in
	0:backup | 0:all) call=sync ;;
	1:backup | 1:all) call=rename ;;
	esac
	awk -v call=$call -v i="$i" -v of="$of" '$1 == call {
		n = call ~ /^(sync|rename)$/ ? $2 : int($2 * i / of)
		print call, n < 1 ? 1 : n
	}' <<<"$counts"
}
