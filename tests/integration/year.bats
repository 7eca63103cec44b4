#!/usr/bin/env bats
# builds: test
# Nightly backups, each followed by prune, while nights are missed, backups
# fail and clocks jump; after each, what is kept is what an oracle in another
# language says.
#
# NIGHTS says how many, NIGHTS_FROM the first; tests/torture.sh takes a year.

load ../lib/cask
load ../lib/nights

setup_file() {
	cask_begin
	# Three weeks before summer time ends, and a few days behind it.
	export NIGHTS=${NIGHTS:-26} NIGHTS_FROM=${NIGHTS_FROM:-2028-10-09}
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	cd "$BATS_TEST_TMPDIR" || exit
}

RULES=(--keep-last 2 --keep-hourly 5 --keep-daily 7 --keep-weekly 5
    --keep-monthly 12 --keep-yearly 3 --keep-within 3d)
ORACLE=(last=2 hourly=5 daily=7 weekly=5 monthly=12 yearly=3 within=259200)

# times: of the archives that are there, by their headers, sorted.
times() {
	# In summer jq adds an hour, wherever there is one.
	"$PGCASK" list -r repo --json |
	    TZ=UTC0 jq -r '.[].created | fromdate' | sort -n
}

# what_happens NIGHT DAY: what is out of the ordinary then.
what_happens() {
	# The days on which clocks are set.
	[ "$(date -d "$2 00:00" +%z)" = "$(date -d "$2 23:00" +%z)" ] || {
		echo hours
		return
	}
	case $1 in
	12 | 112 | 212 | 312) echo ahead ;;
	17 | 117 | 217 | 317) echo behind ;;
	*5) echo missed ;;
	*8) echo failed ;;
	*3) echo thrice ;;
	*) echo fine ;;
	esac
}

# one TIME: the job of that night; then compare what is there.
one() {
	at "$1" "$PGCASK" backup --globals-only -r repo --name n -q \
	    --seal-key "$KEYS/k-seal.key" --prune "${RULES[@]}" 2>err ||
	    [ $? -eq 3 ] || {
		cat err
		return 1
	}
	times >after
	# The new one is there, and no other that is new.
	[ "$(comm -13 <(sort before) <(sort after) | wc -l)" -eq 1 ] || {
		echo "not one archive more at $1"
		return 1
	}
	sort -nu before after | perl "$PG_TOP/tests/tools/policy-oracle.pl" \
	    "$(date -d "$1" +%s)" "${ORACLE[@]}" >expected
	diff expected after || {
		echo "kept otherwise than expected at $1"
		return 1
	}
	mv after before
}

# none DAY: the server is away.
none() {
	local status=0

	PGPORT=1 at "$1 02:15" "$PGCASK" backup --globals-only -r repo \
	    --name n --seal-key "$KEYS/k-seal.key" --prune "${RULES[@]}" \
	    2>err || status=$?
	[ "$status" -eq 4 ] || return
	times | diff before -
}

@test "after every night just that is kept that the rules say" {
	local night day hour

	mkdir repo
	: >before
	for ((night = 0; night < NIGHTS; night++)); do
		day=$(date -u -d "$NIGHTS_FROM + $night days" +%F)
		case $(what_happens "$night" "$day") in
		missed) ;;
		failed) none "$day" ;;
		ahead) one "$(date -d "$day + 200 days" +%F) 12:15" ;;
		behind) one "$(date -d "$day - 100 days" +%F) 12:15" ;;
		thrice)
			for hour in 01:15 03:15 23:45; do
				one "$day $hour"
			done ;;
		hours)
			for hour in 00:10 00:40 01:10 01:40 02:10; do
				one "$day $hour UTC"
			done ;;
		*) one "$day 02:15" ;;
		esac
	done
	[ "$(wc -l <before)" -gt 10 ]
}
