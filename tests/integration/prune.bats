#!/usr/bin/env bats
# builds: asan
# prune, unlabel and backup --prune: what stays, what goes, what is refused.

load ../lib/cask
load ../lib/nights

# Seven nights over the end of winter time, and an archive by hand.
setup_file() {
	local day

	cask_begin
	for day in 25 26 27 28 29 30 31; do
		night "2027-03-$day 03:30:00" "$REPO" shop
	done
	night "2027-03-30 14:00:00" "$REPO" shop --label before-2.14
	export LAST="2027-03-31 03:40:00"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	cd "$BATS_TEST_TMPDIR" || exit
	cp -a "$REPO" repo
}

# prune [OPTION...]: shortly after the last night.
prune() {
	at "$LAST" "$PGCASK" prune -r repo "$@"
}

# days: those of the archives that are there, by their headers.
days() {
	local id

	for id in repo/shop/*.cask; do
		"$PGCASK" show "$id" | sed -n 's/^created *2027-03-\(..\).*/\1/p'
	done | sort | tr '\n' ' '
}

# of DAY: the archive of that night.
of() {
	find repo/shop -name "202703$1T0*.cask"
}

# spoil ARCHIVE: so that its index can't be right.
spoil() {
	local size

	size=$(stat -c %s "$1")
	printf 'X' | dd of="$1" bs=1 seek=$((size - 1400)) conv=notrunc status=none
}

# mark ARCHIVE KIND JSON: a small file beside it.
mark() {
	echo "$3" >"$1.$2.json"
}

@test "--dry-run tells of each archive why it stays, and touches nothing" {
	local before

	rm repo/shop/.lock
	before=$(find repo -printf '%p %i %T@\n' | sort)
	prune --keep-daily 3 --keep-weekly 2 --keep-within 25h --dry-run >out
	head -n 8 out | sed -E 's/-[0-9a-f]{8}(-|\.)/-ID\1/; s/T[0-9]+Z//' |
	    diff - <(cat <<-'END'
		shop/20270325-ID.cask  would be removed
		shop/20270326-ID.cask  would be removed
		shop/20270327-ID.cask  would be removed
		shop/20270328-ID.cask  kept: weekly
		shop/20270329-ID.cask  kept: daily
		shop/20270330-ID.cask  kept: daily, within
		shop/20270330-ID-before-2.14.cask  kept: label
		shop/20270331-ID.cask  kept: daily, weekly, within, newest
	END
	)
	tail -n +9 out | grep -xE '1 name: 5 archives kept, 3 archives would be removed, which would free [0-9.]+ kB'
	[ "$(find repo -printf '%p %i %T@\n' | sort)" = "$before" ]
}

@test "prune removes just that, with what lay beside it, and litter" {
	local first last

	first=$(of 25) last=$(of 31)
	"$PGCASK" check -q "$first"
	mark "$first" drill '{"ended": "2027-03-25T09:00:00Z", "passed": true}'
	mark "$last" drill '{"ended": "2027-03-31T09:00:00Z", "passed": true}'
	# Left by runs that were killed.
	mark repo/shop/20270301T000000Z-12345678.cask suspect '{}'
	touch repo/shop/.20270301T000000Z-12345678.cask.partial repo/shop/notes
	exec 5<"$first"
	prune --keep-daily 3 >out 2>err
	[ "$(grep -c '  removed$' out)" -eq 4 ]
	grep -xE '1 name: 4 archives kept, 4 archives removed, [0-9.]+ kB freed' out
	[ "$(days)" = "29 30 30 31 " ]
	diff <(cd repo/shop && find . -type f ! -name '*.cask' | sort) - <<-END
		./.lock
		./${last##*/}.check.json
		./${last##*/}.drill.json
		./notes
	END
	# Whoever reads one reads on.
	cat <&5 | "$PGCASK" show - --open-key "$KEYS/k-open.key" | grep '^holds'
	exec 5<&-
	# And once more there is nothing to do.
	prune --keep-daily 3 --name shop >out
	grep -x 'shop: 4 archives kept, 0 archives removed, 0 B freed' out
	[ -z "$(prune --keep-daily 3 -q)" ]
}

@test "neither the files' times nor their names count" {
	local oldest newest

	oldest=$(of 25) newest=$(of 31)
	touch -d 2001-01-01 "$newest"
	mv "$oldest" x
	mv "$newest" "repo/shop/20270101T000000Z-${newest##*-}"
	mv x "repo/shop/20271231T000000Z-${oldest##*-}"
	prune --keep-last 1
	[ "$(days)" = "30 31 " ]
}

@test "labels keep; --keep-label says which; unlabel takes one off" {
	local labelled plain

	prune --keep-last 1 --keep-label 'before-*' --dry-run | grep 'kept: label'
	labelled=$(find repo -name '*-before-2.14.cask')
	plain=${labelled%-before-2.14.cask}.cask
	mark "$labelled" suspect '{}'
	mark "$labelled" check '{}'
	refuses 2 'has no label' "$PGCASK" unlabel "$(of 31)"
	refuses 10 'no archive "after-2.14"' "$PGCASK" unlabel after-2.14 -r repo
	touch "$plain"
	refuses 5 "$plain exists already" "$PGCASK" unlabel before-2.14 -r repo
	rm "$plain"
	flock repo/shop/.lock "$PGCASK" unlabel before-2.14 -r repo 2>err &&
	    return 1
	grep 'another run' err
	[ -f "$labelled" ]
	[ "$("$PGCASK" unlabel before-2.14 -r repo)" = \
	    "$labelled is now $plain" ]
	[ -f "$plain" ]
	[ -f "$plain.suspect.json" ]
	[ -f "$plain.check.json" ]
	[ "$(find repo -name '*before*')" = "" ]
	# From inside of the folder, too.
	mv "$plain" "$labelled"
	(cd repo/shop && "$PGCASK" unlabel "${labelled##*/}")
	prune --keep-last 1
	[ "$(days)" = "31 " ]
}

@test "nothing goes while the newest is suspect, damaged or overdue" {
	local newest all

	newest=$(of 31) all=$(days)
	mark "$newest" suspect '{"reason": "rows down by half"}'
	refuses 9 'nothing is removed: the newest .* is marked suspect' \
	    prune --keep-last 2
	prune --keep-last 2 --dry-run | grep 'kept: refused'
	refuses 9 "pgcask accept $newest; to .* add --force suspect" \
	    prune --keep-last 2 --force damaged
	[ "$(days)" = "$all" ]
	rm "$newest.suspect.json"

	refuses 9 'is 3 d 00 h old, where 26 h 00 m are expected' \
	    at "2027-04-03 03:40:00" "$PGCASK" prune -r repo --keep-last 2 \
	    --expect-every 26h
	# Amid an entry, which a check finds.
	cp "$newest" whole
	printf XXXX | dd of="$newest" bs=1 seek=3000 conv=notrunc status=none
	prune --keep-last 2 --dry-run
	refuses 6 'entry 2' "$PGCASK" check "$newest"
	refuses 9 'newest .* is damaged' prune --keep-last 2
	# And at the index, which shows by itself.
	cp whole "$newest"
	rm "$newest.check.json"
	prune --keep-last 2 --dry-run
	spoil "$newest"
	refuses 9 'newest .* is damaged' prune --keep-last 2
	printf 'XXXX' | dd of="$newest" bs=600 seek=1 conv=notrunc status=none
	refuses 9 "newest .* can't be read" prune --keep-last 2
	refuses 9 "make a new backup now; .*salvage $newest\)" \
	    prune --keep-last 2
	[ "$(find repo -name '*.cask' | wc -l)" -eq 8 ]
	# What is in doubt stays, and does not count.
	prune --keep-last 2 --force damaged >out 2>err || [ $? -eq 3 ]
	grep "warning: shop: kept, and not counted: .* can't be read" err
	[ -f "$newest" ]
	rm "$newest"
	[ "$(days)" = "29 30 30 " ]
}

@test "a damaged one in between is kept, and none goes for it" {
	spoil "$(of 30)"
	prune --keep-daily 2 2>err || [ $? -eq 3 ]
	grep 'kept, and not counted: shop/20270330.* is damaged; .* rm does' err
	[ "$(days)" = "29 30 30 31 " ]
}

@test "what somebody named by hand is not for a rule" {
	mv "$(of 29)" repo/shop/precious.cask
	prune --keep-last 1 2>err || [ $? -eq 3 ]
	grep 'not counted: shop/precious.cask has a name that no backup' err
	[ -f repo/shop/precious.cask ]
	[ "$(find repo -name '*.cask' | wc -l)" -eq 3 ]
}

@test "the newest that passed a drill stays" {
	mark "$(of 26)" drill '{"ended": "2027-03-26T09:00:00Z", "passed": true}'
	mark "$(of 27)" drill '{"ended": "2027-03-27T09:00:00Z", "passed": true}'
	prune --keep-last 1 --dry-run | grep '/20270327.*kept: drilled$'
	prune --keep-last 1
	[ "$(days)" = "27 30 31 " ]
}

@test "an archive of the future makes no other go" {
	night "2038-01-19 03:14:00" repo shop
	prune --keep-within 1d --keep-daily 3 --expect-every 1d 2>err ||
	    [ $? -eq 3 ]
	grep 'not counted: shop/20380119.* is of the future' err
	[ "$(find repo/shop -name '2027*.cask' | wc -l)" -eq 4 ]
	[ "$(find repo/shop -name '2038*.cask' | wc -l)" -eq 1 ]
	# When the clock is there itself, it is long since the last one.
	refuses 9 'add --force gap' \
	    at "2038-01-19 03:20:00" "$PGCASK" prune -r repo --keep-within 30d
	at "2038-01-19 03:20:00" "$PGCASK" prune -r repo --keep-within 30d \
	    --force gap
	[ "$(find repo/shop -name '*.cask' | wc -l)" -eq 2 ]
}

@test "one name that is refused, or locked, does not stop the others" {
	cp -a repo/shop repo/bad
	cp -a repo/shop repo/erp
	mark repo/bad/"$(basename "$(of 31)")" suspect '{}'
	refuses 9 '1 of 3 names was not pruned, or not to the end: bad' \
	    prune --keep-last 3
	[ "$(find repo/bad -name '*.cask' | wc -l)" -eq 8 ]
	[ "$(find repo/erp -name '*.cask' | wc -l)" -eq 4 ]
	[ "$(find repo/shop -name '*.cask' | wc -l)" -eq 4 ]
	rm repo/bad/*.json
	exec 5>repo/erp/.lock
	flock 5
	refuses 8 'another run is writing into repo/erp' prune --keep-last 1
	exec 5>&-
	[ "$(find repo/bad -name '*.cask' | wc -l)" -eq 2 ]
	[ "$(find repo/erp -name '*.cask' | wc -l)" -eq 4 ]
	prune --name erp --keep-last 1
	[ "$(find repo/erp -name '*.cask' | wc -l)" -eq 2 ]
	refuses 10 'no archive of "epr" .* mean "erp"' \
	    prune --keep-last 1 --name epr
	[ ! -e repo/epr ]
	mkdir empty
	refuses 10 'no archive in empty' "$PGCASK" prune -r empty --keep-last 1
}

@test "--json" {
	prune --keep-daily 2 --keep-yearly 2 --json --dry-run >out
	[ "$(jq -r '.[] | "\(.name) \(.dry_run) \(.kept) \(.removed)
		\(.refused | length) \(.error)"' out | tr -d '\n\t')" = \
	    "shop true 4 40 null" ]
	[ "$(jq -c '[.[0].archives[].kept_by]' out)" = \
	    '[["oldest yearly"],[],[],[],[],["daily"],["label"],["daily","yearly","newest"]]' ]
	[ "$(jq '[.[0].archives[] | select(.removed) | .size] | add' out)" = \
	    "$(jq '.[0].freed' out)" ]
	mark "$(of 31)" suspect '{}'
	prune --keep-daily 2 --json >out 2>err && return 1
	[ "$(jq -c '.[0].refused' out)" = '["suspect"]' ]
	jq -e '.[0].error | test("nothing is removed")' out
}

@test "no rule, or one that is none, is refused" {
	refuses 2 'nothing says which archives to keep' prune
	refuses 2 'says nothing of archives without' prune --keep-label x
	refuses 2 'from 1 to 100000' prune --keep-daily 0
	refuses 2 '--keep-within: "30" is no time' prune --keep-within 30
	refuses 2 '--expect-every: "1m" is no time' \
	    prune --keep-last 1 --expect-every 1m
	refuses 2 'suspect, damaged, .*overdue' prune --keep-last 1 --force all
	refuses 2 '"--keep-last" needs "--prune"' \
	    cask_backup postgres repo --keep-last 1
	refuses 2 'nothing says which archives to keep' \
	    cask_backup postgres repo --prune
	refuses 2 'no repository to prune' "$PGCASK" backup -d postgres \
	    -o x --seal-key "$KEYS/k-seal.key" --prune --keep-last 1
	[ "$(find repo -name '*.cask' | wc -l)" -eq 8 ]
}

@test "backup --prune: after success, and only then" {
	refuses 4 'does not exist' cask_backup nowhere repo --name shop \
	    --prune --keep-last 1
	[ "$(find repo -name '*.cask' | wc -l)" -eq 8 ]
	at "2027-04-01 02:30:00" "$PGCASK" backup --globals-only -r repo \
	    --name shop --seal-key "$KEYS/k-seal.key" --prune --keep-last 2 >out
	[ "$(grep -c '  removed$' out)" -eq 6 ]
	grep -E '^shop: 3 archives kept, 6 archives removed, ' out
	# A complete backup that is not followed by that says so.
	refuses 9 'the backup is done: shop: nothing is removed: for longer' \
	    at "2027-05-01 02:30:00" "$PGCASK" backup --globals-only -r repo \
	    --name shop --seal-key "$KEYS/k-seal.key" --prune --keep-within 7d
	[ "$(find repo -name '*.cask' | wc -l)" -eq 4 ]
}

@test "backup --all --prune: of each database that was saved" {
	pg_new erp
	mkdir all
	for day in 1 2 3; do
		at "2027-04-0$day 02:30:00" "$PGCASK" backup --all -r all \
		    --exclude-database='template1|postgres' \
		    --seal-key "$KEYS/k-seal.key" --prune --keep-last 2
	done >out
	[ "$(find all/erp -name '*.cask' | wc -l)" -eq 2 ]
	grep '^erp: 2 archives kept, 1 archive removed, ' out
	pg_drop erp
}
