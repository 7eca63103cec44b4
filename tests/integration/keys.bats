#!/usr/bin/env bats
# builds: asan
# Who can open what, and who is believed.

load ../lib/cask

setup_file() {
	cask_begin
	cd "$KEYS" || exit
	"$PGCASK" keygen -q -o other
	"$PGCASK" keygen -o third >third.out
	(umask 077 && echo "correct horse" >pass && echo "wrong horse" >badpass)
	"$PGCASK" keygen -q -o locked --passphrase-file pass
	pg_new source
	pg_sql source "CREATE TABLE t AS SELECT i, 'row ' || i AS v
		FROM generate_series(1, 1000) i"
	cask_backup source "$REPO"
	"$PGCASK" backup -d source -r "$REPO" --name locked \
	    --seal-key locked-seal.key
	"$PGCASK" backup -d source -r "$REPO" --name pass --passphrase-file pass
	"$PGCASK" backup -d source -r "$REPO" --name two \
	    --seal-key k-seal.key --recipient "$(grep -o \
	    'cask-recipient-[0-9a-f]*' third.out | head -n 1)"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	cd "$KEYS" || exit
	pg_new target
}

# open NAME OPTION...: restore the archive of that name.
open() {
	local name=$1

	shift
	timeout 300 "$PGCASK" restore "latest:$name" -r "$REPO" -d target "$@"
}

@test "keygen makes two private files and overwrites none" {
	for file in k-seal.key k-open.key; do
		[ "$(stat -c %a $file)" = 600 ]
	done
	sum=$(cat k-*.key | sha256sum)
	refuses 7 'k-(seal|open)\.key' "$PGCASK" keygen -o k ||
	    refuses 5 'k-(seal|open)\.key' "$PGCASK" keygen -o k
	[ "$sum" = "$(cat k-*.key | sha256sum)" ]
	rm -f half-*.key
	touch half-open.key
	run "$PGCASK" keygen -o half
	[ "$status" -ne 0 ]
	[ ! -e half-seal.key ]
	[ ! -s half-open.key ]
}

@test "a protected open key opens with its passphrase" {
	open locked --open-key locked-open.key --passphrase-file pass
	same_databases source target
}

@test "a protected open key does not open with another passphrase" {
	refuses 7 'passphrase' open locked --open-key locked-open.key \
	    --passphrase-file badpass
	untouched target
}

@test "a protected open key does not open without a passphrase" {
	refuses 7 'passphrase' open locked --open-key locked-open.key
	untouched target
}

@test "a passphrase alone seals and opens" {
	open pass --passphrase-file pass
	same_databases source target
}

@test "another passphrase does not open" {
	refuses 7 'passphrase' open pass --passphrase-file badpass
	untouched target
}

@test "a key does not open an archive that only a passphrase opens" {
	refuses 7 'key|passphrase' open pass --open-key k-open.key
	untouched target
}

@test "a further recipient opens, when told which signer to trust" {
	refuses 6 'sign' open two --open-key third-open.key
	untouched target
	signer=$("$PGCASK" show latest:two -r "$REPO" --json |
	    grep -o 'cask-signer-[0-9a-f]*' | head -n 1)
	[ -n "$signer" ]
	open two --open-key third-open.key --signer "$signer"
	same_databases source target
}

@test "the first recipient still opens" {
	open two --open-key k-open.key
	same_databases source target
}

@test "a wrong open key does not open" {
	refuses 7 'key' open source --open-key other-open.key
	untouched target
}

@test "a seal key does not open" {
	refuses 7 'key' open source --open-key k-seal.key
	untouched target
}

@test "an open key does not seal" {
	mkdir "$T/none"
	refuses 7 'key' "$PGCASK" backup -d source -r "$T/none" \
	    --seal-key k-open.key
	no_archive "$T/none"
}

@test "no key at all is a usage error" {
	refuses 2 'key' open source
	refuses 2 'key' "$PGCASK" backup -d source -r "$REPO"
	untouched target
}

@test "a key file that others can read is refused" {
	cp k-open.key loose-open.key
	cp k-seal.key loose-seal.key
	cp pass loosepass
	mkdir -p "$T/loose"
	for mode in 640 604 660 644; do
		chmod $mode loose-open.key loose-seal.key loosepass
		refuses 7 'loose-open\.key' open source \
		    --open-key loose-open.key
		refuses 7 'loose-seal\.key' "$PGCASK" backup -d source \
		    -r "$T/loose" --seal-key loose-seal.key
		refuses 7 'loosepass' open pass --passphrase-file loosepass
	done
	untouched target
	no_archive "$T/loose"
}

@test "a missing, empty or cut key file is named" {
	refuses 5 'nokey' open source --open-key nokey ||
	    refuses 7 'nokey' open source --open-key nokey
	(umask 077 && : >empty.key && head -c 40 k-open.key >cut.key)
	refuses 7 'empty\.key' open source --open-key empty.key
	refuses 7 'cut\.key' open source --open-key cut.key
	untouched target
}

@test "an archive forged with the public recipient alone is refused" {
	recipient=$("$PGCASK" show latest:source -r "$REPO" --json |
	    grep -o 'cask-recipient-[0-9a-f]*' | head -n 1)
	[ -n "$recipient" ]
	mkdir "$T/forged"
	# Sealed for the victim and signed by somebody else.
	"$PGCASK" backup -d source -r "$T/forged" --name foreign \
	    --seal-key other-seal.key --recipient "$recipient"
	# Sealed for the victim and signed by nobody.
	refuses 3 'nobody signs' "$PGCASK" backup -d source -r "$T/forged" \
	    --name unsigned --recipient "$recipient"
	REPO=$T/forged
	refuses 6 'sign' open foreign --open-key k-open.key
	untouched target
	refuses 6 'sign' open unsigned --open-key k-open.key
	untouched target
	for entry in schema public.t; do
		refuses 6 'sign' "$PGCASK" cat latest:foreign $entry \
		    -r "$REPO" --open-key k-open.key
	done
	# Unless the user asks for it by name.
	open unsigned --open-key k-open.key --signer none
	same_databases source target
}

@test "the signer of one archive does not vouch for another" {
	mkdir "$T/signer"
	"$PGCASK" backup -d source -r "$T/signer" --seal-key other-seal.key
	third=$(grep -o 'cask-signer-[0-9a-f]*' third.out | head -n 1)
	[ -n "$third" ]
	REPO=$T/signer
	refuses 6 'sign' open source --open-key other-open.key \
	    --signer "$third"
	untouched target
}

@test "secrets are in no message and no list of processes" {
	secret=$(cat pass)
	run "$PGCASK" restore latest:locked -r "$REPO" -d target -vv \
	    --open-key locked-open.key --passphrase-file pass
	[ "$status" -eq 0 ]
	[[ $output != *$secret* ]]
	PGPASSWORD=hush-hush-hush "$PGCASK" backup -vv -d source \
	    -o "$BATS_TEST_TMPDIR/x.cask" --seal-key k-seal.key \
	    >"$BATS_TEST_TMPDIR/log" 2>&1
	lacks 'hush-hush' "$BATS_TEST_TMPDIR/log"
}
