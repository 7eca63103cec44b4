#!/usr/bin/env bats
# builds: asan
# prune: nothing that looks like the newest archive makes the last good one go.

load ../lib/cask
load ../lib/nights

setup_file() {
	local day

	cask_begin
	"$PGCASK" keygen -q -o "$KEYS/new"
	for day in 17 18 19 20; do
		night "2026-11-$day 03:30:00" "$REPO" shop
	done
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	cd "$BATS_TEST_TMPDIR" || exit
	cp -a "$REPO" repo
	NEWEST=$(of 20)
}

# prune [OPTION...]: the same day.
prune() {
	at "2026-11-20 12:00" "$PGCASK" prune -r repo "$@"
}

# warns OPTION...: the same, with a warning in the file err.
warns() {
	local status=0

	prune "$@" >out 2>err || status=$?
	[ "$status" -eq 3 ]
}

# of DAY: the archive of that night.
of() {
	find repo/shop -type f -name "202611$1T02*.cask"
}

# stay DAY...: just those are there as files of their own.
stay() {
	local day

	for day in 17 18 19 20; do
		if [[ " $* " == *" $day "* ]]; then
			[ -f "$(of "$day")" ]
		else
			[ -z "$(of "$day")" ]
		fi
	done
}

# fault ARCHIVE: as a check that found one leaves it.
fault() {
	"$PGCASK" check -q "$1"
	jq -c '.fault = "entry 3 is damaged"' "$1.check.json" >x
	mv x "$1.check.json"
}

# flip ARCHIVE: where neither its head nor its end tells.
flip() {
	perl -e 'open F, "+<", $ARGV[0]; seek F, $ARGV[1], 0; read F, $c, 1;
		seek F, $ARGV[1], 0; print F chr(1 ^ ord $c)' \
	    "$1" "$(($(stat -c %s "$1") / 2))"
}

# drilled ARCHIVE PASSED [ID]
drilled() {
	local id=${3-$("$PGCASK" show "$1" --json | jq -r .id)}

	echo "{\"archive\": {\"id\": \"$id\"}, \"passed\": $2," \
	    '"ended": "2026-11-20T09:00:00Z"}' >"$1.drill.json"
}

@test "links and copies take nobody's place, and stay" {
	ln -s "${NEWEST##*/}" repo/shop/latest.cask
	ln -s "${NEWEST##*/}" repo/shop/20261120T113000Z-00000000.cask
	cp -a "$NEWEST" "${NEWEST%.cask}-trial.cask"
	cp -a "$(of 19)" repo/shop/20261120T040000Z-12345678.cask
	prune --keep-last 2 --keep-label none 2>err
	[ -f "$NEWEST" ]
	[ -n "$(find repo/shop -name '20261119T02*')" ]
	[ "$(find repo/shop -name '*.cask' | wc -l)" -eq 6 ]
	[ "$(grep -c 'kept, and not counted: ' err)" -eq 1 ]
	grep 'latest.cask is a link' err
	grep -- '-trial.cask is a copy of another file here' err
	grep '12345678.cask has a name that no backup gives' err
	prune --keep-last 2 --keep-label none --dry-run 2>/dev/null |
	    grep -c 'kept: link$' | grep -x 2
	# Though it be the newest of all that it leads to.
	rm "$NEWEST" repo/shop/*-trial.cask repo/shop/*-12345678.cask
	prune --keep-last 1
	stay 19
}

@test "the newest is read whole before others go in its favour" {
	# What no check has seen.
	cp "$NEWEST" whole
	flip "$NEWEST"
	prune --keep-last 1 --dry-run
	[ ! -e "$NEWEST.check.json" ]
	refuses 9 'newest archive, .*/20261120T02.* is damaged' \
	    prune --keep-last 1
	stay 17 18 19 20
	jq -e '.fault | test("^entry [0-9]+")' "$NEWEST.check.json"
	# Nor is what is then the newest taken as it is.
	warns --keep-last 1 --force damaged
	stay 19 20
	jq -e '.fault == null' "$(of 19).check.json"
	# One that was checked is not read again.
	cp whole "$NEWEST"
	"$PGCASK" check -q "$NEWEST"
	prune --keep-last 1 -v 2>err
	lacks 'read whole' err
	stay 20
}

@test "a copy elsewhere vouches for none" {
	cp -a repo/shop repo/alike
	flip "$NEWEST"
	refuses 9 'newest archive, shop/20261120T02.* is damaged' \
	    prune --keep-last 1
	stay 17 18 19 20
	# But its like is whole.
	[ "$(find repo/alike -name '*.cask' | wc -l)" -eq 1 ]
	"$PGCASK" check -q repo/alike/*.cask
}

@test "what is damaged beside its copy makes no copy damaged" {
	local status=0

	cp "$NEWEST" repo/shop/zz-copy.cask
	flip "$NEWEST"
	prune --keep-last 1 >out 2>err || status=$?
	[ "$status" -eq 9 ]
	grep 'newest archive, shop/20261120T02.* is damaged' err
	lacks 'zz-copy.cask is damaged' err
	stay 17 18 19 20
}

@test "what a backup has read back it does not read again to prune" {
	for how in index off; do
		at "2026-11-20 12:00" "$PGCASK" backup --globals-only -r repo \
		    --name shop --seal-key "$KEYS/k-seal.key" -v \
		    --read-back "$how" --prune --keep-last 1 2>err
		if [ "$how" = off ]; then
			grep 'read whole, before others' err
		else
			lacks 'read whole, before others' err
		fi
		stay
	done
}

@test "links that lead nowhere, or in a ring, hide nothing" {
	ln -s loop.cask repo/shop/loop.cask
	ln -s /nowhere/x repo/shop/20261121T000000Z-00000000.cask
	prune --keep-last 2 2>err
	stay 19 20
	grep 'loop.cask is a link to nothing' err
	"$PGCASK" list -r repo >out || [ $? -eq 6 ]
	grep -F "$(basename "$NEWEST" | cut -c18-25)" out
	"$PGCASK" show 2>/dev/null "$(basename "$NEWEST" | cut -c18-25)" -r repo
}

@test "a failed drill speaks against an archive" {
	drilled "$(of 18)" false
	warns --keep-last 2
	grep "$(basename "$(of 18)") failed its last drill" err
	stay 18 19 20
	drilled "$NEWEST" false
	refuses 9 'newest .* failed its last drill' prune --keep-last 1
	warns --keep-last 1 --force failed
	stay 18 19 20
	# That of another archive says nothing of this one.
	drilled "$NEWEST" false 00000000-0000-4000-8000-000000000000
	drilled "$(of 18)" true 00000000-0000-4000-8000-000000000000
	prune --keep-last 1
	stay 20
}

@test "what can't be read is not taken for good news" {
	drilled "$(of 17)" true
	fault "$NEWEST"
	refuses 9 'newest .* is damaged' prune --keep-last 1
	head -c 60 "$NEWEST.check.json" >x
	cp x "$NEWEST.check.json"
	refuses 9 "check.json that can't be read" prune --keep-last 1
	refuses 9 'add --force unknown' prune --keep-last 1 --force damaged
	# A sample does not know better, but a check of all does.
	run "$PGCASK" check "$NEWEST" --sample 5%
	[ "$status" -eq 3 ]
	grep "check.json can't be read" <<<"$output"
	cmp x "$NEWEST.check.json"
	"$PGCASK" check "$NEWEST"
	jq -e '.fault == null' "$NEWEST.check.json"
	# A folder stands for what this user may not read: root reads all else.
	rm "$NEWEST.check.json"
	mkdir "$NEWEST.check.json"
	refuses 9 "check.json that can't be read" prune --keep-last 1
	rmdir "$NEWEST.check.json"
	echo '{' >"$(of 17).drill.json"
	warns --keep-last 1
	grep "kept, for it may have passed a drill: .*/20261117" err
	stay 17 20
	# Of an archive that had this name before.
	fault "$NEWEST"
	jq -c '.root = ("00" * 32)' "$NEWEST.check.json" >x
	cp x "$NEWEST.check.json"
	rm "$(of 17).drill.json"
	prune --keep-last 1
	stay 20
}

@test "who may read an archive may read what is known of it" {
	chmod 640 "$NEWEST"
	"$PGCASK" check -q "$NEWEST"
	[ "$(stat -c %a "$NEWEST.check.json")" = 640 ]
	[ "$(id -u)" -ne 0 ] || {
		chown 65534:65534 "$NEWEST"
		"$PGCASK" check -q "$NEWEST"
		[ "$(stat -c %u:%g "$NEWEST.check.json")" = 65534:65534 ]
	}
}

@test "a backup of a part makes no other go" {
	pg_new app
	pg_sql app "create table t as select 1 as i; create table u as select 1 as i"
	mkdir parts
	save() {
		at "$1" "$PGCASK" backup -d app -r parts --name app -q --gate off \
		    --seal-key "$KEYS/k-seal.key" "${@:2}"
	}
	save "2026-11-18 03:30"
	save "2026-11-19 03:30"
	save "2026-11-19 09:00" -t t
	save "2026-11-19 10:00" --schema-only
	save "2026-11-19 11:00" -T u
	save "2026-11-19 12:00" --globals-only
	tar xOf "$(find parts -name '*T0800*')" pgcask.json |
	    jq -e '.contents == "part"'
	# One of each kind, and of the two parts the newer.
	at "2026-11-19 13:00" "$PGCASK" prune -r parts --keep-daily 1 >out
	[ "$(grep -c '  removed$' out)" -eq 2 ]
	[ -z "$(find parts -name '*1118T*' -o -name '*T0800*')" ]
	for when in 1119T02 1119T09 1119T10 1119T11; do
		[ -n "$(find parts -name "*${when}*.cask")" ]
	done
	# What is not made any more does not hold up what is.
	at "2026-11-20 09:00" "$PGCASK" prune -r parts --keep-daily 1 \
	    --expect-every 26h
	refuses 9 'the newest archive, .*1119T11.* is 2[01] h .* old' \
	    at "2026-11-20 09:00" "$PGCASK" prune -r parts --keep-daily 1 \
	    --expect-every 10h
	pg_drop app
}

@test "an archive that somebody else signed takes no place" {
	at "2026-11-20 11:00" "$PGCASK" backup --globals-only -r repo \
	    --name shop -q --seal-key "$KEYS/new-seal.key"
	signer=$("$PGCASK" show "$(find repo/shop -name '20261120T10*')" |
	    sed -n 's/^signed by  *//p; s/^signer  *//p')
	refuses 9 'signed by 2 keys' prune --keep-last 1
	refuses 9 "count: --signer cask-signer-.* --signer $signer" \
	    prune --keep-last 1
	stay 17 18 19 20
	warns --keep-last 2 --signer "$KEYS/k-seal.key"
	grep "nobody who is trusted signed them: .*add --signer $signer" err
	stay 19 20
	# So does who has the key at hand, and keys may change.
	PGCASK_SEAL_KEY=$KEYS/k-seal.key warns --keep-last 1
	stay 20
	at "2026-11-20 11:30" "$PGCASK" backup --globals-only -r repo -q \
	    --name shop --seal-key "$KEYS/new-seal.key" --prune \
	    --keep-last 2 --signer "$KEYS/k-seal.key"
	stay
	[ "$(find repo/shop -name '*.cask' | wc -l)" -eq 2 ]
	refuses 2 '"--signer" needs "--prune"' cask_backup postgres repo \
	    --signer none
}

@test "a header's time that was altered counts for nothing" {
	local old forged

	old=$(of 19)
	forged=$(basename "$old" | sed 's/20261119T023/20261120T093/')
	# Seven hours and a day later, in the header and in the tar's.
	perl -0777 -pe '
		s/2026-11-19T02:3/2026-11-20T09:3/;
		for (my $at = 0; $at + 512 < length; ) {
			my $head = substr $_, $at, 512;
			last unless substr($head, 257, 5) eq "ustar";
			my $time = oct substr $head, 136, 11;
			substr $head, 136, 11, sprintf "%011o", $time + 31 * 3600;
			substr $head, 148, 8, " " x 8;
			substr $head, 148, 7,
			    sprintf "%06o\0", unpack "%32C*", $head;
			substr $_, $at, 512, $head;
			my $size = oct substr $head, 124, 11;
			$at += 512 + 512 * int(($size + 511) / 512);
		}' "$old" >"repo/shop/$forged"
	rm "$old"
	"$PGCASK" show "repo/shop/$forged" | grep '^created *2026-11-20'
	refuses 9 "newest .*/$forged, is damaged" prune --keep-last 1
	stay 17 18 20
	[ -f "$NEWEST" ]
}

@test "only what is ours is cleaned up" {
	local labelled=${NEWEST%.cask}-x.cask

	mv "$NEWEST" "$labelled"
	touch repo/shop/.download.partial repo/shop/.x.cask.partial \
	    repo/shop/.x.cask.check.json.partial repo/shop/.cask.json.partial
	"$PGCASK" unlabel "$labelled"
	diff <(cd repo/shop && find . -name '*.partial' | sort) - <<-'END'
		./.cask.json.partial
		./.download.partial
	END
}

@test "names are shown so that a terminal obeys none" {
	mv "$NEWEST" "${NEWEST%.cask}"-$'\e[31mred\nshop.cask  kept.cask'
	prune --keep-last 1 --dry-run >out
	[ "$(grep -c $'\e' out)" -eq 0 ]
	[ "$(grep -c 'kept' out)" -eq 3 ]
	grep -F -- '-?[31mred' out
}

@test "what was not done is told as it is" {
	exec 5>repo/shop/.lock
	flock 5
	prune --keep-last 1 >out 2>err || [ $? -eq 8 ]
	exec 5>&-
	grep '4 archives kept, 0 archives removed' out
	refuses 2 'is no repository, but a folder of one' \
	    "$PGCASK" prune -r repo/shop --keep-last 1
}

@test "without a lock file the folder itself is locked" {
	# As by whoever found no room for the file.
	exec 5<repo/shop
	flock 5
	# One that has let go of its file is not the one.
	refuses 8 'something has locked the folder repo/shop ' \
	    prune --keep-last 1
	rm repo/shop/.lock
	refuses 8 'something has locked the folder repo/shop ' \
	    prune --keep-last 1
	exec 5<&-
}

@test "nobody waits for the ledger only to look into it" {
	mkdir st
	flock st timeout 9 "$PGCASK" prune -r repo --keep-last 9 --state st \
	    --dry-run
	flock st timeout 9 "$PGCASK" prune -r repo --keep-last 9 --state st
}
