#!/usr/bin/env bats
# builds: test
# One call of the C library fails, or the program is killed in its moment:
# whatever is left is whole.  A few of each kind, chosen at random;
# tests/torture.sh takes all of them.

load ../lib/faults

setup_file() {
	: "${FAULT_ROUNDS:=1}" "${FAULT_SEED:=$$}"
	export FAULT_ROUNDS FAULT_SEED
	faults_begin "$BATS_FILE_TMPDIR"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	echo "FAULT_SEED=$FAULT_SEED FAULT_ROUNDS=$FAULT_ROUNDS"
	RANDOM=$FAULT_SEED
}

# no_wrong COMMAND...: it says no "not ok", and something.
no_wrong() {
	"$@" | tee "$BATS_TEST_TMPDIR/tap"
	grep -q '^ok ' "$BATS_TEST_TMPDIR/tap"
	! grep -A 30 '^not ok' "$BATS_TEST_TMPDIR/tap"
}

@test "the disk of a backup fails" {
	faults_some backup "$FAULT_ROUNDS" write=ENOSPC sync=EIO rename=EIO \
	    truncate=ENOSPC lock=EIO close=EIO
}

@test "reading, memory, threads and children of a backup fail" {
	faults_some backup "$FAULT_ROUNDS" read=EIO thread=EAGAIN spawn=EAGAIN
	faults_some backup $((FAULT_ROUNDS * 2)) memory=ENOMEM
}

@test "the connection of a backup fails" {
	faults_some backup "$FAULT_ROUNDS" send=ECONNRESET recv=ECONNRESET \
	    connect=ECONNREFUSED poll=ENOMEM
}

@test "a restore into a new database fails" {
	faults_some create "$FAULT_ROUNDS" read=EIO send=ECONNRESET \
	    recv=ECONNRESET memory=ENOMEM
}

@test "a restore that replaces fails" {
	faults_some clean "$FAULT_ROUNDS" recv=ECONNRESET memory=ENOMEM
}

@test "a result that did not come is not taken from the next statement" {
	# What had run would run again and be refused, and the tables' rows be
	# left out with a warning.
	FAULT_AFTER="CREATE TABLE public.thing" fault_round create poll 1 ENOMEM ||
	    false
	[ "$(<"$FAULTS/status")" -eq 4 ]
	# The new is there, and it is not known.
	FAULT_AFTER="COMMIT" fault_round clean poll 1 ENOMEM ||
	    false
	[ "$(<"$FAULTS/status")" -eq 4 ]
}

@test "an answer to COPY for which there was no memory comes all the same" {
	for kind in backup create; do
		FAULT_AFTER='COPY "public"."owner"' \
		    fault_round $kind memory 1 ENOMEM || false
	done
}

@test "calls that are interrupted or do half are no fault" {
	faults_some backup "$FAULT_ROUNDS" write=SHORT read=EINTR poll=EINTR
}

@test "SIGTERM at any moment leaves nothing" {
	faults_some backup "$FAULT_ROUNDS" any=TERM
	faults_some create "$FAULT_ROUNDS" any=TERM
}

@test "kill -9 of a backup, last at its rename and its sync" {
	no_wrong faults_kills backup $((FAULT_ROUNDS * 3))
}

@test "kill -9 of a backup of all databases and of a restore" {
	no_wrong faults_kills all "$FAULT_ROUNDS"
	no_wrong faults_kills create "$FAULT_ROUNDS"
}

# abnormal CALL N WITH: a backup of fewer rows than the good one has,
# with that fault; $bad is what came of it, if anything.
abnormal() {
	rm -rf "$FAULTS/gate" "$FAULTS/gate-state"
	cp -a "$FAULTS/gate.good" "$FAULTS/gate"
	cp -a "$FAULTS/gate-state.good" "$FAULTS/gate-state"
	status=0
	FAULT_PROGRAM=pgcask FAULT_CALL=$1 FAULT_AT=$2 FAULT_WITH=$3 \
	    LD_PRELOAD=$FAULTS/fault.so "${gated[@]}" -d fewer \
	    >"$FAULTS/out" 2>"$FAULTS/err" || status=$?
	bad=$(find "$FAULTS/gate" -name '*.cask' ! -path "$good")
}

# the_good_one_stays: whatever else a prune keeps.
the_good_one_stays() {
	run "$PGCASK" prune -r "$FAULTS/gate" --keep-last 1 --force suspect \
	    --state "$FAULTS/gate-state"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -e "$good" ]
}

@test "an abnormal archive is at no time taken for a good one" {
	local n call good bad status renames came=''
	local gated=("$PGCASK" backup -r "$FAULTS/gate" --name little -j 1
	    --gate rows=50% --state "$FAULTS/gate-state"
	    --seal-key "$KEYS/k-seal.key")

	mkdir "$FAULTS/gate"
	"${gated[@]}" -d little
	good=$(the_archive "$FAULTS/gate")
	mv "$FAULTS/gate" "$FAULTS/gate.good"
	mv "$FAULTS/gate-state" "$FAULTS/gate-state.good"
	pg_new fewer "TEMPLATE little"
	pg_sql fewer "DELETE FROM thing WHERE id > 500"
	# Killed whenever something gets its name, or is synced.
	for call in rename sync; do
		for ((n = 1; n < 20; n++)); do
			abnormal $call "$n" KILL
			[ "$status" -eq 137 ] || break
			if [ -n "$bad" ]; then
				came=1
				[ -e "$bad.suspect.json" ]
			fi
			the_good_one_stays
			[ -n "$bad" ] ||
			    [ -z "$(find "$FAULTS/gate" -name '*.suspect.json')" ]
		done
		[ "$status" -eq 9 ]
		[ -e "$bad.suspect.json" ]
		[ $call = sync ] || renames=$((n - 1))
	done
	[ -n "$came" ]
	# A mark without its archive goes with the next backup.
	abnormal rename "$renames" KILL
	n=$(find "$FAULTS/gate" -name '*.suspect.json')
	[ -z "$bad" ] && [ -n "$n" ]
	"${gated[@]}" -d little
	[ ! -e "$n" ]
}

@test "an abnormal archive that can't be marked is remembered" {
	local good bad status
	local gated=("$PGCASK" backup -r "$FAULTS/gate" --name little -j 1
	    --gate rows=50% --state "$FAULTS/gate-state"
	    --seal-key "$KEYS/k-seal.key")

	good=$(find "$FAULTS/gate.good" -name '*.cask')
	good=$FAULTS/gate${good#"$FAULTS/gate.good"}
	# What gets its name first.
	abnormal rename 1 ENOSPC
	cat "$FAULTS/err"
	[ "$status" -eq 9 ]
	grep -q "can't be marked suspect.*No space left" "$FAULTS/err"
	[ -e "$bad" ] && [ ! -e "$bad.suspect.json" ]
	# Nobody else is told before it is certain.
	refuses 9 'newest archive.*marked suspect' "$PGCASK" prune --dry-run \
	    -r "$FAULTS/gate" --keep-last 1 --state "$FAULTS/gate-state"
	[ ! -e "$bad.suspect.json" ]
	cp -a "$FAULTS/gate-state" "$FAULTS/gate-state.unmarked"
	the_good_one_stays
	grep -q 'fewer rows' "$bad.suspect.json"
	# The next backup does the same, and accepting ends it.
	rm -r "$bad.suspect.json" "$FAULTS/gate-state"
	cp -a "$FAULTS/gate-state.unmarked" "$FAULTS/gate-state"
	"${gated[@]}" -d little
	[ -e "$bad.suspect.json" ]
	rm -r "$FAULTS/gate-state"
	cp -a "$FAULTS/gate-state.unmarked" "$FAULTS/gate-state"
	"$PGCASK" accept "$bad" --state "$FAULTS/gate-state"
	lacks '"fewer rows"' "$FAULTS/gate-state"/*
	"$PGCASK" prune --dry-run -r "$FAULTS/gate" --keep-last 1 \
	    --state "$FAULTS/gate-state"
}

@test "kill -9 and a failing disk of a prune" {
	no_wrong faults_kills prune $((FAULT_ROUNDS * 2))
	faults_some prune "$FAULT_ROUNDS" unlink=EIO sync=EIO memory=ENOMEM any=TERM
}

# unread N [FOLDER]: whether a prune, of archives of FOLDER too, whose Nth read
# fails says so of an archive; what it does then is in $status and the file err.
unread() {
	fault_undo prune
	[ $# -lt 2 ] || cp -a "$2"/. "$FAULTS/pruned"
	fault_run prune read "$1" EIO
	grep -q 'cannot read .*[.]cask: Input/output error' "$FAULTS/err"
}

@test "in favour of what the disk does not give nothing is removed" {
	local n reads status part=$BATS_TEST_TMPDIR/part

	reads=$(fault_counts prune | awk '$1 == "read" { print $2 }')
	# The last are for what it judges by once the newest has been read.
	for ((n = reads; n > 0; n--)); do ! unread "$n" || break; done
	cat "$FAULTS/err"
	[ "$status" -eq 5 ]
	grep ' little: nothing is removed: .*: cannot read' "$FAULTS/err"
	(cd "$FAULTS/pruned" && sha256sum -c "$FAULTS/aged.sum")
	[ "$(find "$FAULTS/pruned" -name '*.check.json' | wc -l)" -eq 3 ]
	# Of what is made no more, nothing of its kind is.
	mkdir "$part"
	for n in 1 2 3; do
		faketime -f "-${n}d" "$PGCASK" backup -q -d little -r "$part" \
		    -t thing --seal-key "$KEYS/k-seal.key"
	done
	for ((n = reads * 3; n > 0; n--)); do
		! unread "$n" "$part" || [ "$status" -eq 5 ] || break
	done
	cat "$FAULTS/err"
	[ "$status" -eq 3 ]
	(cd "$part" && find . -name '*.cask') | sed "s|^|$FAULTS/pruned/|" |
	    xargs ls -d
	[ "$(find "$FAULTS/pruned" -name '*.cask' | wc -l)" -eq 5 ]
	fault_undo prune
}

@test "where there is no room for a lock file, prune makes room" {
	local n

	cd "$BATS_TEST_TMPDIR" || exit
	for ((n = 1; n < 100; n++)); do
		rm -rf r
		mkdir -p r/shop
		touch r/shop/x.cask r/shop/.y.cask.partial
		LD_PRELOAD=$FAULTS/fault.so FAULT_PROGRAM=pgcask FAULT_CALL=open \
		    FAULT_WITH=ENOSPC FAULT_AT=$n FAULT_LOG=$PWD/log \
		    "$PGCASK" prune -r r --keep-last 1 &>out || true
		[ -e r/shop/.lock ] || [ -e r/shop/.y.cask.partial ] || break
	done
	cat out
	[ "$n" -lt 100 ]
}
