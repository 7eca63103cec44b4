#!/usr/bin/env bats
# builds: test
# Random damage to an archive, wherever it falls: each is noticed by a check
# without any key and by a restore, nothing of what was changed reaches a
# server, and pgcask stays within its time and memory.  tests/torture.sh runs
# thousands of each; SEED makes a run the same again.

load ../lib/cask
load ../lib/attack

setup_file() {
	attack_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

@test "what is to be attacked is good, and it is known where its rows are" {
	"$PGCASK" check "$GOOD" "$TWIN"
	cask_restore "$GOOD" good --create --verify
	same_databases source good
	pg_drop good
	cat "$PARTS"
	# Every table and the large objects; and one in several parts.
	[ "$(cut -d ' ' -f 2 "$PARTS" | sort -u | wc -l)" -ge 5 ]
	[ "$(pg_sql postgres "SHOW server_version_num")" -lt 140000 ] ||
	    [ "$(grep -c ' sparse ' "$PARTS")" -ge 3 ]
}

@test "any byte flipped: a check without a key notices" {
	attack check flips "${ATTACK_CHECKS:-150}"
}

@test "any byte flipped: a restore notices, and no such row arrives" {
	attack restore flips "${ATTACK_FLIPS:-20}" victim
}

@test "cut anywhere" {
	attack check cuts "${ATTACK_CUTS:-30}"
	attack restore cuts "${ATTACK_CUTS:-8}" victim
}

@test "entries swapped, repeated, removed and exchanged" {
	attack check swaps "${ATTACK_SWAPS:-40}"
	attack restore swaps "${ATTACK_SWAPS:-10}" victim
}

@test "one check of all finds the one good archive among the damaged" {
	mkdir -p "$T/all/source"
	for kind in flips cuts swaps; do
		attack files $kind 10 "$T/all/$kind"
	done
	cp "$GOOD" "$T/all/source"
	refuses 6 '^pgcask: 30 of 31 archives are not good' \
	    "$PGCASK" check --all -r "$T/all"
	"$PGCASK" check --all -r "$T/all" --json >"$T/all.json" || true
	jq -e 'map(select(.result != "bad")) | length == 1 and
	    .[0].result == "good"' "$T/all.json"
}

@test "a file without substance that claims an index of a gigabyte" {
	mkdir -p "$T/sparse/source"
	cp "$GOOD" "$T/sparse/source"
	sparse=$T/sparse/source/20200101T000000Z-00000000.cask
	perl -e '
		use strict;
		use warnings;
		my ($good, $sparse) = @ARGV;
		my $count = 20_000_000;
		my $offset = 1024 * ($count + 1024);
		my $records = int(($count * 48 + 511) / 512) * 512;
		open(my $in, "<:raw", $good) or die "$good: $!";
		open(my $out, ">:raw", $sparse) or die "$sparse: $!";
		read($in, my $head, 65536) or die "$good: $!";
		print $out $head;
		seek $out, $offset + 512 + $records, 0;
		print $out pack("x96 Q<Q< x384 a16 x1024", $count, $offset,
		    "pgcask index 1\n");
		close $out or die "$sparse: $!";
	' "$GOOD" "$sparse"
	[ "$(stat -c %s "$sparse")" -gt 20000000000 ]
	[ "$(du -k "$sparse" | cut -f 1)" -lt 1000 ]
	refuses 6 'index' "$BOUNDED" 20 "$KIB" "$PGCASK" check "$sparse"
	exits 3 "$BOUNDED" 20 "$KIB" "$PGCASK" prune -r "$T/sparse" \
	    --keep-last 1
	grep 'kept, and not counted: .* is damaged' "$T/out"
	[ -e "$sparse" ]
	refuses 6 '1 of 2 archives' "$BOUNDED" 20 "$KIB" "$PGCASK" list \
	    -r "$T/sparse"
	rm -r "$T/sparse"
}

@test "an archive forged with the public recipient alone is refused" {
	forged=$T/forged
	recipient=$(sed -n 's/.*\(cask-recipient-[0-9a-f]*\).*/\1/p' \
	    <("$PGCASK" show "$GOOD") | head -n 1)
	mkdir "$forged"
	"$PGCASK" keygen -q -o "$forged/evil"
	"$PGCASK" backup -d source -r "$forged" --name signed \
	    --recipient "$recipient" --seal-key "$forged/evil-seal.key"
	"$PGCASK" backup -d source -r "$forged" --name nobody \
	    --recipient "$recipient" 2>"$forged/warning" || [ $? -eq 3 ]
	for name in signed nobody; do
		bad=$(the_archive "$forged/$name")
		# Nothing is wrong with it but who made it.
		refuses 6 'sign' cask_restore "$bad" victim
		refuses 6 'sign' "$PGCASK" check "$bad" --signer "$SIGNER"
		refuses 6 'sign' "$PGCASK" check "$bad" \
		    --seal-key "$KEYS/k-seal.key"
		# Nor does it help to name the signer that is believed.
		perl -pe 'next if $. > 1;
		    s/"signer":\K(null|"[0-9a-f]*")/"$ENV{SIGNER}"/;
		    s/"cask-signer-/"/' "$bad" >"$forged/named.cask"
		refuses 6 . cask_restore "$forged/named.cask" victim
		refuses 6 . "$PGCASK" check "$forged/named.cask"
		untouched victim
	done
}
