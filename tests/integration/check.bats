#!/usr/bin/env bats
# builds: asan
# check: whole and genuine, without a key and with one.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new source
	pg_sql source "CREATE TABLE a AS SELECT i, 'row ' || i AS v
		FROM generate_series(1, 300) i" \
	    "CREATE TABLE b AS SELECT i, point(i, i) FROM generate_series(1, 70) i" \
	    "CREATE TABLE c (i integer PRIMARY KEY)" \
	    "CREATE TABLE d AS SELECT repeat(i::text, 100000) AS v
		FROM generate_series(1, 60) i" \
	    "SELECT lo_from_bytea(77, decode(repeat('cafe', 700000), 'hex'))"
	cask_backup source "$REPO" -j 1
	export GOOD ONE TWO LARGE
	GOOD=$(the_archive "$REPO/source")
	{
		read -r ONE
		read -r TWO
	} < <(tar tf "$GOOD" | grep ^data/)
	LARGE=$(tar tf "$GOOD" | grep ^lo/)
	"$PGCASK" keygen -q -o "$KEYS/other"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	A=$BATS_TEST_TMPDIR/a.cask
	cp "$GOOD" "$A"
}

check() {
	timeout 60 "$PGCASK" check "$@"
}

# ends STATUS COMMAND...: it does; what it said is in "output" and "lines".
ends() {
	local want=$1 status=0

	shift
	output=$("$@" 2>&1 </dev/null) || status=$?
	mapfile -t lines <<<"$output"
	if [ "$status" -ne "$want" ]; then
		echo "status $status instead of $want: $*"
		echo "$output"
		return 1
	fi
}

# tamper WHAT...: from GOOD into A.
tamper() {
	perl "$PG_TOP/tests/tools/tamper.pl" "$@" "$GOOD" "$A"
}

# entry_of NAME: its number.
entry_of() {
	perl "$PG_TOP/tests/tools/tamper.pl" list "$GOOD" |
	    awk -v name="$1" '$2 == name { print $1 }'
}

# spoil NAME: flip a byte amid the entry's body.
spoil() {
	local offset

	offset=$(perl "$PG_TOP/tests/tools/tamper.pl" list "$GOOD" |
	    awk -v name="$1" '
		$2 == name { print at + 512 + int($3 / 2) }
		{ at += 512 + 512 * int(($3 + 511) / 512) }')
	tamper flip "$offset"
}

@test "a good one, without any key" {
	ends 0 check "$A"
	[[ ${lines[0]} =~ a.cask:\ good:\ [0-9]+\ parts,\ .*\ in\  ]]
	[[ ${lines[1]} == *"whose signature"* ]]
	# With somebody to expect, nothing is left to say.
	for signer in "--seal-key=$KEYS/k-seal.key" \
	    "--open-key=$KEYS/k-open.key" "--signer=$KEYS/k-seal.key"; do
		ends 0 check "$A" "$signer"
		[ "${#lines[@]}" -eq 1 ]
	done
	# None is no signer, and what was said is not asked for.
	ends 0 check "$A" --signer none
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == '"--signer none" does not say whose signature'* ]]
	ends 0 check "$A" --signer none --seal-key "$KEYS/k-seal.key"
	[ "${#lines[@]}" -eq 1 ]
	ends 0 check -q "$A"
	[ -z "$output" ]
	# Who is named on the command line may be public.
	signer=$(grep -o 'cask-signer-[0-9a-f]*' "$KEYS/k-seal.key" ||
	    "$PGCASK" show "$A" | sed -n 's/^signer  *//p')
	check "$A" --signer "$signer"
}

@test "all of its rows" {
	ends 0 check "$A" --read-data --open-key "$KEYS/k-open.key"
	[[ $output == *" 430 rows, "* ]]
	refuses 2 'no key was given' check "$A" --read-data
	refuses 7 'open' check "$A" --read-data \
	    --open-key "$KEYS/other-open.key"
}

@test "every kind of entry damaged" {
	for entry in catalog schema globals "$ONE" manifest; do
		spoil "$entry"
		refuses 6 "entry $(entry_of "$entry") .*is damaged" check "$A"
		refuses 6 "damaged" check "$A" --read-data \
		    --open-key "$KEYS/k-open.key"
	done
	refuses 6 '"pgcask salvage" brings back what is whole' check "$A"
	tamper swap "$(entry_of "$ONE")" "$(entry_of "$TWO")"
	refuses 6 'damaged' check "$A"
	tamper drop "$(entry_of "$TWO")"
	refuses 6 '' check "$A"
	head -c -1 "$GOOD" >"$A"
	refuses 6 '' check "$A"
	head -c 100 "$GOOD" >"$A"
	refuses 6 '' check "$A"
	: >"$A"
	refuses 6 '' check "$A"
	refuses 10 'there is no archive' check "$A.absent"
}

@test "something behind its end is told from a cut" {
	size=$(stat -c %s "$GOOD")
	for more in 1 512 5000 1024; do
		cp "$GOOD" "$A"
		head -c "$more" /dev/urandom >>"$A"
		refuses 6 "goes on behind its end: $more bytes" check "$A"
		refuses 6 "head -c $size " check "$A"
	done
	cat "$GOOD" "$GOOD" >"$A"
	refuses 6 "goes on behind its end: $size bytes" check "$A"
	head -c $((size - 512)) "$GOOD" >"$A"
	refuses 6 'it is cut' check "$A"
	head -c 1 /dev/urandom >>"$A"
	refuses 6 'it is cut' check "$A"
}

@test "the table and rows that a bad part holds" {
	spoil "$ONE"
	refuses 6 "it holds [0-9]+ of the [0-9]+ rows of public\.[abd]" \
	    check "$A" --read-data --open-key "$KEYS/k-open.key"
	lacks 'public|rows of' "$A.check.json"
	# A key tells without reading all data, too.
	refuses 6 "it holds [0-9]+ of the [0-9]+ rows of public\.[abd]" \
	    check "$A" --open-key "$KEYS/k-open.key"
	lacks 'public|rows of' "$A.check.json"
	spoil "$LARGE"
	refuses 6 "it holds large objects, 2 of 2 pieces" \
	    check "$A" --read-data --open-key "$KEYS/k-open.key"
}

@test "signed by somebody else" {
	refuses 6 'signed by|signer' check "$A" \
	    --seal-key "$KEYS/other-seal.key"
	# Salvage is for what is damaged.
	exits 6 check "$A" "$GOOD" --seal-key "$KEYS/other-seal.key"
	lacks salvage "$T/out"
	exits 6 check "$A" "$GOOD" --read-data --open-key "$KEYS/k-open.key" \
	    --seal-key "$KEYS/other-seal.key"
	lacks salvage "$T/out"
	recipient=$("$PGCASK" show "$A" | sed -n 's/^opened by  *//p')
	ends 3 "$PGCASK" backup -d source --recipient "$recipient" \
	    -o "$BATS_TEST_TMPDIR/unsigned.cask"
	refuses 7 'no signer' check "$BATS_TEST_TMPDIR/unsigned.cask"
	refuses 6 'nobody signed' check "$BATS_TEST_TMPDIR/unsigned.cask" \
	    --seal-key "$KEYS/k-seal.key"
	refuses 6 'signed' check "$BATS_TEST_TMPDIR/unsigned.cask" \
	    --open-key "$KEYS/k-open.key"
	check "$BATS_TEST_TMPDIR/unsigned.cask" --signer none \
	    --open-key "$KEYS/k-open.key"
}

@test "a seal key that is named counts, whatever open key is beside it" {
	(umask 077 && echo "correct horse" >"$BATS_TEST_TMPDIR/pass")
	"$PGCASK" backup -q -d source -o "$BATS_TEST_TMPDIR/p.cask" \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass"
	for depth in "" --read-data; do
		ends 0 check "$BATS_TEST_TMPDIR/p.cask" $depth \
		    --passphrase-file "$BATS_TEST_TMPDIR/pass" \
		    --open-key "$KEYS/k-open.key"
		refuses 6 'nobody signed' check "$BATS_TEST_TMPDIR/p.cask" \
		    --passphrase-file "$BATS_TEST_TMPDIR/pass" $depth \
		    --open-key "$KEYS/k-open.key" \
		    --seal-key "$KEYS/k-seal.key"
		refuses 6 'signed by somebody else' check "$A" $depth \
		    --open-key "$KEYS/k-open.key" \
		    --seal-key "$KEYS/other-seal.key"
		refuses 6 'signed by somebody else' env \
		    PGCASK_OPEN_KEY="$KEYS/k-open.key" "$PGCASK" check "$A" \
		    --seal-key "$KEYS/other-seal.key" $depth
	done
	# It is good by the one that was named, not by those that were not.
	ends 0 env PGCASK_OPEN_KEY="$KEYS/other-open.key" "$PGCASK" check "$A" \
	    --seal-key "$KEYS/k-seal.key"
	ends 0 env PGCASK_SEAL_KEY="$KEYS/other-seal.key" "$PGCASK" check "$A" \
	    --open-key "$KEYS/k-open.key"
	refuses 6 'signed by somebody else' env \
	    PGCASK_SEAL_KEY="$KEYS/k-seal.key" "$PGCASK" check "$A" \
	    --open-key "$KEYS/other-open.key"
	ends 0 check "$A" --signer "$KEYS/k-seal.key" \
	    --seal-key "$KEYS/other-seal.key"
	ends 0 env PGCASK_OPEN_KEY="$KEYS/k-open.key" \
	    PGCASK_SEAL_KEY="$KEYS/other-seal.key" "$PGCASK" check "$A"
	# The key that opens it may know another.
	recipient=$("$PGCASK" show "$A" | sed -n 's/^opened by  *//p')
	"$PGCASK" backup -q -d source -o "$BATS_TEST_TMPDIR/o.cask" \
	    --recipient "$recipient" --seal-key "$KEYS/other-seal.key"
	refuses 6 'signed by somebody else' \
	    check "$BATS_TEST_TMPDIR/o.cask" --read-data \
	    --open-key "$KEYS/k-open.key"
	ends 0 check "$BATS_TEST_TMPDIR/o.cask" --read-data \
	    --open-key "$KEYS/k-open.key" --seal-key "$KEYS/other-seal.key"
}

@test "sealed with a passphrase" {
	(umask 077 && echo "correct horse" >"$BATS_TEST_TMPDIR/pass")
	"$PGCASK" backup -q -d source -o "$BATS_TEST_TMPDIR/p.cask" \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass"
	refuses 7 'no signer' check "$BATS_TEST_TMPDIR/p.cask"
	"$PGCASK" backup -q -d source -o "$BATS_TEST_TMPDIR/o.cask" \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass" \
	    --seal-key "$KEYS/other-seal.key"
	for depth in "" --read-data; do
		check "$BATS_TEST_TMPDIR/p.cask" $depth \
		    --passphrase-file "$BATS_TEST_TMPDIR/pass"
		# Who knows the passphrase is not whose signature is expected.
		for archive in p o; do
			refuses 6 'sign' check "$BATS_TEST_TMPDIR/$archive.cask" \
			    --passphrase-file "$BATS_TEST_TMPDIR/pass" \
			    --seal-key "$KEYS/k-seal.key" $depth
		done
		check "$BATS_TEST_TMPDIR/o.cask" $depth \
		    --passphrase-file "$BATS_TEST_TMPDIR/pass" \
		    --seal-key "$KEYS/other-seal.key"
	done
	check "$BATS_TEST_TMPDIR/p.cask" --signer none \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass" \
	    --seal-key "$KEYS/k-seal.key"
	ends 0 check "$BATS_TEST_TMPDIR/p.cask" --signer none \
	    --passphrase-file "$BATS_TEST_TMPDIR/pass"
	[ "${#lines[@]}" -eq 1 ]
}

@test "of a name the newest, and nothing of others" {
	r=$BATS_TEST_TMPDIR/r
	mkdir -p "$r/x" "$r/y"
	name=$(basename "$GOOD")
	cp "$GOOD" "$r/x/$name"
	spoil manifest
	cp "$A" "$r/y/$name"
	ends 0 check --name x -r "$r"
	[[ ${lines[0]} == *"/x/$name: good: "* ]]
	refuses 6 "/y/$name: entry .* is damaged" check --name y -r "$r"
	refuses 10 'no archive of "z"' check --name z -r "$r"
	refuses 2 'needs a repository' check --name x
	refuses 2 '"latest:x" is named already' check latest:x --name y -r "$r"
	refuses 2 'leave --name out' check "$GOOD" --name x
}

@test "the newest is found by its name though its header is not read" {
	r=$BATS_TEST_TMPDIR/r
	name=$(basename "$GOOD")
	mkdir -p "$r/x"
	: >"$r/x/$name"
	id=${name#*-}
	for spec in latest latest:x "${id%%.*}"; do
		exits 6 check "$spec" -r "$r" --json
		[ "$(sed '/^pgcask: /,$d' "$T/out" |
		    jq -r '.[0] | [.path, .result] | join(" ")')" = \
		    "$r/x/$name bad" ]
	done
	exits 6 check -r "$r" --name x --json
	[ "$(sed '/^pgcask: /,$d' "$T/out" | jq -r '.[0].path')" = \
	    "$r/x/$name" ]
	refuses 6 'the latest archive: .*/x/.* is empty' check -r "$r"
}

@test "one that is not there keeps none from being checked" {
	r=$BATS_TEST_TMPDIR/r
	mkdir -p "$r/x"
	cp "$GOOD" "$r/x"
	good=$r/x/$(basename "$GOOD")
	ends 10 check "$good" nosuch latest -r "$r"
	[[ ${lines[0]} == "$good: good: "* ]]
	[[ ${lines[1]} == "nosuch: not checked: there is no archive"* ]]
	[[ ${lines[2]} == "$good: good: "* ]]
	[[ $output == *"1 of 3 archives could not be checked"* ]]
	[[ $output != *salvage* ]]
	# What is damaged weighs more, wherever it stands.
	spoil manifest
	ends 6 check nosuch "$A" "$good" -r "$r"
	[[ ${lines[1]} == "$A: bad: entry "* ]]
	[[ ${lines[2]} == "$good: good: "* ]]
	exits 10 check "$good" nosuch "$good" -r "$r" --json
	sed '/^pgcask: /,$d' "$T/out" | jq -e '[.[] | .result] ==
	    ["good", "unchecked", "good"] and .[1].path == "nosuch" and
	    (.[1].error | startswith("there is no archive")) and
	    (.[1] | has("id") | not)'
	# Alone it is told as ever, with what to do, and once.
	refuses 10 'lists them' check nosuch -r "$r"
	[ -z "$(check nosuch -r "$r" 2>/dev/null)" ]
}

@test "samples cover the whole in time" {
	parts=$(tar tf "$GOOD" | grep -c /)
	[ "$parts" -ge 4 ]
	# One part each time; the last round has had all.
	for ((i = 1; i < parts; i++)); do
		ends 0 check "$A" --sample 1%
		[[ $output == *"1 part of $parts, $i so far"* ]]
	done
	ends 0 check "$A" --sample 1%
	[[ $output == *"$parts so far"* ]]
	# So does a part that is bad come to light, whichever it is.
	spoil "$TWO"
	found=
	for ((i = 1; i <= parts; i++)); do
		check "$A" --sample 0.1% || found=$?
	done
	[ "$found" = 6 ]
	refuses 2 'share' check "$A" --sample 0%
	refuses 2 'share' check "$A" --sample 101%
	refuses 2 'share' check "$A" --sample x
}

@test "what is remembered" {
	[ ! -e "$A.check.json" ]
	check "$A"
	[ "$(stat -c %a "$A.check.json")" = 600 ]
	perl -MJSON::PP -0777 -ne '
		my $d = decode_json($_);
		exit !($d->{depth} eq "hashes" && !defined $d->{fault} &&
		    $d->{at} =~ /^\d{4}-/);' "$A.check.json"
	spoil catalog
	refuses 6 '' check "$A"
	grep -q '"fault":".*damaged' "$A.check.json"
	# It may say anything, and need not be there.
	echo '{' >"$A.check.json"
	cp "$GOOD" "$A"
	ends 0 check "$A"
	rm "$A.check.json"
	mkdir "$A.check.json"
	check "$A"
	# Of a fault, somebody must hear.
	spoil catalog
	refuses 6 'it is bad is not remembered, and prune may' check "$A"
}

@test "a fault is known until somebody looks there again" {
	spoil "$TWO"
	refuses 6 "entry $(entry_of "$TWO")" check "$A"
	# Others are no proof of it, and each sample looks there.
	refuses 6 "entry $(entry_of "$TWO")" check "$A" --sample 0.1%
	cp "$GOOD" "$A"
	ends 0 check "$A" --sample 0.1%
	[[ $(<"$A.check.json") == *'"fault":null'* ]]
	# What a deeper look found is not for one without a key to take back.
	spoil "$TWO"
	refuses 6 'damaged' check "$A" --read-data --open-key "$KEYS/k-open.key"
	cp "$GOOD" "$A"
	ends 3 check "$A"
	[[ $output == *"earlier check found a fault"* ]]
	grep -q '"fault":".*damaged' "$A.check.json"
	ends 0 check "$A" --read-data --open-key "$KEYS/k-open.key"
	grep -q '"fault":null' "$A.check.json"
}

@test "all archives of a repository, a line each" {
	mkdir -p "$BATS_TEST_TMPDIR/r/x" "$BATS_TEST_TMPDIR/r/y"
	name=$(basename "$GOOD")
	cp "$GOOD" "$BATS_TEST_TMPDIR/r/x/$name"
	cp "$GOOD" "$BATS_TEST_TMPDIR/r/y/$name"
	ends 0 check --all -r "$BATS_TEST_TMPDIR/r" \
	    --seal-key "$KEYS/k-seal.key"
	[ "${#lines[@]}" -eq 2 ]
	spoil manifest
	cp "$A" "$BATS_TEST_TMPDIR/r/y/$name"
	ends 6 check --all -r "$BATS_TEST_TMPDIR/r" \
	    --seal-key "$KEYS/k-seal.key"
	[[ ${lines[0]} == *"/x/"*": good: "* ]]
	[[ ${lines[1]} == *"/y/"*": bad: entry "* ]]
	[[ ${lines[2]} == *"1 of 2 archives"* ]]
	[[ $output == *'"pgcask salvage" brings back'* ]]
	check --all --name x -r "$BATS_TEST_TMPDIR/r"
	refuses 6 'entry' check --all --name y -r "$BATS_TEST_TMPDIR/r"
	refuses 10 'did you mean|there is no archive' \
	    check --all --name z -r "$BATS_TEST_TMPDIR/r"
	ends 6 check --all --json -r "$BATS_TEST_TMPDIR/r"
	sed '/^pgcask: /,$d' <<<"$output" | perl -MJSON::PP -0777 -ne '
		my $d = decode_json($_);
		exit !(@$d == 2 && $d->[0]{result} eq "good" &&
		    $d->[1]{result} eq "bad" && $d->[0]{parts} >= 4 &&
		    $d->[1]{error} =~ /damaged/ && !$d->[0]{signer_expected});'
	# list tells when, and what came of it.
	ends 0 "$PGCASK" list -r "$BATS_TEST_TMPDIR/r" --name x
	[[ $output == *CHECKED* && $output == *" hashes"* &&
	    $output != *" hashes "[0-9]* ]]
	ends 0 check --sample 1% "$BATS_TEST_TMPDIR/r/x/$name"
	ends 0 "$PGCASK" list -r "$BATS_TEST_TMPDIR/r" --name x
	[[ $output == *" hashes 1/"* ]]
	ends 6 "$PGCASK" list -r "$BATS_TEST_TMPDIR/r" --name y
	[[ $output == *" bad "*" damaged"*": the last check found: "* ]]
}

@test "a folder that may not be read: the others are checked, and it is said" {
	closed=$(server_folder)
	name=$(basename "$GOOD")
	mkdir -p "$closed/r/x" "$closed/r/y"
	cp "$GOOD" "$closed/r/x/$name"
	cp "$PGCASK" "$closed/pgcask"
	chmod -R a+rX "$closed"
	chmod 0 "$closed/r/y"
	cd "$closed"
	checks() {
		server_as ./pgcask check -r r --all "$@"
	}
	refuses 5 'may not read r/y' checks
	refuses 5 'may not read r/y' checks --json
	checks --json 2>/dev/null >"$T/out" || true
	[ "$(jq -c 'map(.result)' "$T/out")" = '["good"]' ]
	# What is bad weighs more.
	spoil manifest
	cp "$A" "$closed/r/x/$name"
	refuses 6 'may not read r/y' checks
	refuses 6 "^pgcask: r/x/$name: entry .* is damaged" checks
	# Nothing at all is a document, too.
	mkdir "$BATS_TEST_TMPDIR/none"
	exits 10 check --all --json -r "$BATS_TEST_TMPDIR/none"
	[ "$(check --all --json -r "$BATS_TEST_TMPDIR/none" 2>/dev/null |
	    jq -c .)" = "[]" ]
}

@test "no name forges a line, or moves a terminal" {
	r=$BATS_TEST_TMPDIR/r
	name=$(basename "$GOOD")
	a=$'a\nb: good: 9\e[31m'
	y=$'y\nb: good: 9\e[31m'
	mkdir -p "$r/$a" "$r/x" "$r/$y"
	spoil manifest
	cp "$GOOD" "$r/$a"
	cp "$A" "$r/$y/$name"
	cp "$GOOD" "$r/x"
	exits 6 check --all -r "$r" --seal-key "$KEYS/k-seal.key"
	[ "$(grep -vc '^pgcask: \|^hint: ' "$T/out")" -eq 3 ]
	grep -q '/a?b: good: 9?\[31m/.*: good: [0-9]* parts, ' "$T/out"
	grep -q '/y?b: good: 9?\[31m/[^/]*: bad: entry ' "$T/out"
	exits 6 check --name "$y" -r "$r"
	lacks $'\e|^b: ' "$T/out"
}

# meanwhile COMMAND...: while a check of all in $r is at the first of its two
# archives, $name under x and y; how it ended is in $status and the files said
# and lines.
meanwhile() {
	local checking drain

	r=$BATS_TEST_TMPDIR/r
	name=$(basename "$GOOD")
	mkdir -p "$r/x" "$r/y"
	# The first has a fault noted of which a check without a key warns.
	spoil "$TWO"
	refuses 6 'damaged' check "$A" --read-data --open-key "$KEYS/k-open.key"
	cp "$GOOD" "$r/x/$name"
	mv "$A.check.json" "$r/x/$name.check.json"
	touch -d yesterday "$r/x/$name"
	cp "$GOOD" "$r/y/$name"
	# It writes that into a pipe that is full, and waits before the second.
	cask_pipe
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/pipe" oflag=nonblock bs=4096 \
	    2>/dev/null || true
	ln "$r/x/$name.check.json" "$BATS_TEST_TMPDIR/before"
	check --all -r "$r" --seal-key "$KEYS/k-seal.key" \
	    >"$BATS_TEST_TMPDIR/lines" 2>"$BATS_TEST_TMPDIR/pipe" 7<&- 3>&- &
	checking=$!
	noted() {
		! [ "$r/x/$name.check.json" -ef "$BATS_TEST_TMPDIR/before" ]
	}
	await noted
	"$@"
	cask_drain "$BATS_TEST_TMPDIR/said"
	drain=$!
	status=0
	wait "$checking" || status=$?
	wait "$drain"
	grep -q "/x/$name: good: " "$BATS_TEST_TMPDIR/lines"
}

@test "one that a prune removes meanwhile is passed over" {
	meanwhile rm "$BATS_TEST_TMPDIR/r/y/$(basename "$GOOD")"
	[ "$status" -eq 3 ]
	grep -a "/y/$name was removed meanwhile" "$BATS_TEST_TMPDIR/said"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -eq 1 ]
}

@test "one that goes with its folder is not checked" {
	folder_goes() {
		mv "$BATS_TEST_TMPDIR/r/y" "$BATS_TEST_TMPDIR/y"
		mkdir "$BATS_TEST_TMPDIR/r/y"
	}
	meanwhile folder_goes
	[ "$status" -eq 10 ]
	grep "/y/$name: not checked: .*No such file" "$BATS_TEST_TMPDIR/lines"
}
