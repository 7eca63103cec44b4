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

@test "kill -9 and a failing disk of a prune" {
	no_wrong faults_kills prune $((FAULT_ROUNDS * 2))
	faults_some prune "$FAULT_ROUNDS" unlink=EIO sync=EIO memory=ENOMEM any=TERM
}
