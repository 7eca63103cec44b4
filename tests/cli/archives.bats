#!/usr/bin/env bats
# builds: asan
# What list, show and cat tell of archives, and the summary lines.

load ../lib/cask
load golden

setup_file() {
	export T=$BATS_FILE_TMPDIR
	mkdir "$T/repo"
	cask_keys "$T/keys"
	pg_start SERVER
	pg_new erp
	pg_sql erp <"$CLI_TOP/tests/cli/archives.sql"
	cd "$T" || exit
	cask_backup erp repo --jobs 2 >summary
	# Names tell seconds.
	first=$(date +%s)
	later() {
		[ "$(date +%s)" -gt "$first" ]
	}
	await later
	cask_backup erp repo --jobs 1 --level 3 --format text \
	    --label before-2.14 >/dev/null
	(umask 077 && echo "correct horse" >pass)
	"$PGCASK" backup -q -j 2 -d erp -r repo --name other \
	    --passphrase-file pass
	"$PGCASK" keygen -q -o foreign
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	cd "$T" || exit
	pg_use "$SERVER"
	export PGCASK_REPO=repo
	OPEN=keys/k-open.key
}

# What differs from run to run; widths stay.
mask() {
	sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/YYYY-MM-DDThh:mm:ssZ/g' \
	    -e 's/[0-9]{8}T[0-9]{6}Z/YYYYMMDDThhmmssZ/g' \
	    -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g' \
	    -e 's/(^|Z-)[0-9a-f]{8}( |\.|-|$)/\1XXXXXXXX\2/g' \
	    -e 's/(recipient|signer)-[0-9a-f]{64}/\1-KEY/g' \
	    -e 's/\b[0-9a-f]{32}\b/DIGEST/g' \
	    -e 's/in [0-9.]+ s \([0-9.]+ .B\/s\)/in TIME (RATE)/' \
	    -e 's/(taken in +)[0-9.]+ s/\1TIME/' -e 's/for [0-9.]+ s/for TIME/' \
	    -e 's/(seconds": )[0-9.]+/\1TIME/' \
	    -e 's/((size|-> |sealed)[ ":]*)[0-9.]+( .?B)?/\1SIZE/' \
	    -e 's/[0-9.]+ .?B sealed \(1 : [0-9.]+\)/SIZE sealed (RATIO)/' \
	    -e 's/ +[0-9.]+ kB/ SIZE/' \
	    -e 's/PostgreSQL [0-9.]+/PostgreSQL VERSION/' \
	    -e 's/(server_version": ")[0-9.]+/\1VERSION/' \
	    -e 's/pgcask [0-9]+\.[0-9]+\.[0-9]+/pgcask VERSION/'
}

@test "backup prints one line" {
	mask <summary | golden summary
	archive=$(sed 's/: .*//' summary)
	[ -f "$archive" ]
}

@test "backup -o - says it on standard error, -q nowhere" {
	keys=$T/keys
	cd "$BATS_TEST_TMPDIR"
	"$PGCASK" backup -d erp -o - --seal-key "$keys/k-seal.key" >a 2>err
	tar tf a | grep -qx pgcask.json
	grep -qE '^archive [0-9a-f]{8}: 6 tables, ' err
	[ "$(wc -l <err)" -eq 1 ]
	"$PGCASK" backup -q -j 2 -d erp -o - --seal-key "$keys/k-seal.key" >b 2>err
	[ ! -s err ]
	"$PGCASK" backup -q -j 2 -d erp -o c --seal-key "$keys/k-seal.key" >out
	[ ! -s out ]
	[ -s c ]
}

@test "list, without and with keys" {
	{
		say list
		say list --open-key $OPEN
		say list --open-key $OPEN --name other
		say list --passphrase-file pass --name other
		say list --name nobody
		say list --open-key $OPEN --name erp --json
		say list --json --name other
	} | mask | golden list
}

@test "show, without and with keys" {
	{
		say show latest:erp
		say show latest:erp --open-key $OPEN
		say show latest:erp --open-key $OPEN --tables
		say show latest:other
		say show latest:other --passphrase-file pass
		say show latest:erp --tables
		say show latest:erp --open-key foreign-open.key
	} | mask | golden show
}

@test "show --json has what show has, and from a pipe the same" {
	"$PGCASK" show latest:erp --open-key $OPEN --tables --json >a
	mask <a | golden show-json
	"$PGCASK" show - --open-key $OPEN --tables --json \
	    <"$(ls repo/erp/*-before-2.14.cask)" >b
	diff <(grep -v '"size"' a) <(grep -v '"size"' b)
}

@test "an archive is found by name, id, path and place" {
	path=$(ls repo/erp/*-before-2.14.cask)
	key=${path#repo/}
	id=$("$PGCASK" list --json | grep -A 3 -B 3 before-2.14 |
	    sed -n 's/.*"id": "\(.*\)",/\1/p')
	"$PGCASK" show "$path" >want
	grep -q "$id" want
	upper=$(tr a-f A-F <<<"$id")
	for name in latest:erp "$id" "${id:0:8}" "$upper" "${id//-/}" \
	    before-2.14 "$key" "./$path"; do
		"$PGCASK" show "$name" | cmp - want
	done
	(cd repo/erp && "$PGCASK" show "${key#erp/}") | cmp - want
	newest=$(ls repo/other/*.cask)
	"$PGCASK" show latest | cmp - <("$PGCASK" show "$newest")
}

@test "folders that may not be read do not make archives vanish" {
	closed=$(server_folder)
	cp -r repo "$closed/m"
	cp "$PGCASK" "$closed/pgcask"
	mkdir -m 0 "$closed/m/lost+found"
	chmod -R a+rX "$closed/m/erp" "$closed/m/other" "$closed/pgcask"
	chmod 755 "$closed/m"
	cd "$closed"
	export PGCASK_REPO=m
	pgcask() {
		server_as env PGCASK_REPO="$PGCASK_REPO" ./pgcask "$@"
	}
	id=$(basename "$(ls m/erp/*-before-2.14.cask)" -before-2.14.cask)
	id=${id#*-}
	recipient=$(pgcask show "$id" | grep -o 'cask-recipient-[0-9a-f]*')
	# A lost+found is on every disk.
	pgcask show latest
	pgcask list >all 2>&1
	[ "$(wc -l <all)" -eq 5 ]
	chmod 0 m/erp
	refuses 3 'user [a-z0-9_-]+ may not read m/erp: the archives there are' \
	    pgcask list
	pgcask list >rest 2>/dev/null || [ $? -eq 3 ]
	grep -q '^[0-9a-f]* *other ' rest
	refuses 3 'may not read m/erp' pgcask list --name erp
	[ -z "$(pgcask list --name erp 2>/dev/null)" ]
	pgcask list --name other
	refuses 5 'may not read m/erp' pgcask show latest
	pgcask show latest 2>&1 | grep 'latest:NAME looks into one folder'
	refuses 5 'may not read m/erp' pgcask show latest:erp
	refuses 5 'may not read m/erp' pgcask show "$id"
	pgcask show latest:other
	# Nor may it write, or read a key: what is there to be looked at is named.
	chmod 555 m
	refuses 5 'check who may write there \("ls -ld m"\)' pgcask backup \
	    --globals-only --name new --recipient "$recipient"
	: >shut
	chmod 0 shut
	refuses 7 'this runs as user [a-z0-9_-]+: give it' pgcask show \
	    latest:other --open-key shut
	refuses 10 'no archive of "nobody"' pgcask show latest:nobody
	refuses 10 'no archive of "nobody"' pgcask list --name nobody
	# Nor is a label known to be of one archive alone.
	refuses 5 'the archive may be there' pgcask show before-2.14
	cp "$(ls m/other/*.cask)" m/other/29991231T235959Z-c0ffee01-before-2.14.cask
	chmod a+r m/other/2999*
	refuses 5 'may have the label "before-2.14"' pgcask show before-2.14
	chmod 755 m/erp
	rm -rf "$closed"
}

@test "an id that fits several archives is refused" {
	cp -r repo "$BATS_TEST_TMPDIR/twice"
	cd "$BATS_TEST_TMPDIR/twice/erp"
	for file in *.cask; do
		cp "$file" "again-$file"
	done
	id=$("$PGCASK" list -r .. --json | sed -n 's/.*"id": "\(.*\)",/\1/p' |
	    head -n 1)
	run "$PGCASK" show -r .. "$id"
	[ "$status" -eq 2 ]
	[[ $output == *"2 archives"* ]]
}

@test "a label names an archive where no other has it" {
	cp -r repo "$BATS_TEST_TMPDIR/labels"
	cd "$BATS_TEST_TMPDIR/labels"
	first=$(ls erp/*.cask | head -n 1)
	want=$("$PGCASK" show "$first")
	export PGCASK_REPO=.
	# A folder of that name is no archive.
	mkdir before-2.14
	"$PGCASK" show erp/*-before-2.14.cask >a
	"$PGCASK" show before-2.14 | cmp - a
	# One that could be an id is both.
	mv "$first" "${first%.cask}-beef.cask"
	[ "$("$PGCASK" show beef)" = "$want" ]
	cp "${first%.cask}-beef.cask" \
	    erp/29991231T235957Z-beef0001-again.cask
	: >other/29991231T235957Z-beef0002.cask
	run "$PGCASK" show beef
	[ "$status" -eq 2 ]
	[[ $output == *'2 archives in . have the label or the id "beef"'* ]]
	cp "${first%.cask}-beef.cask" \
	    other/29991231T235958Z-c0ffee01-before-2.14.cask
	run "$PGCASK" show before-2.14
	[ "$status" -eq 2 ]
	[[ $output == *'2 archives in . have the label "before-2.14"'* ]]
	[[ $output == *'name one by its id'* ]]
}

@test "what names no archive gets the nearest name" {
	{
		say show befor-2.14
		say show 1234abcd
		say show erp
		say show latest:epr
		say show latest:nobody
		say list --name opther
		say list --name nobody --json
		say list -r repo/erp
		say show latest -r repo/erp
		say show before-2.14 -r repo/erp
	} | golden absent
	# One that was put beside the folders hides none of them.
	cp -a repo "$BATS_TEST_TMPDIR/loose"
	cp "$(ls repo/erp/*.cask | head -n 1)" "$BATS_TEST_TMPDIR/loose/a.cask"
	"$PGCASK" list -r "$BATS_TEST_TMPDIR/loose" >a
	"$PGCASK" list | cmp - a
}

@test "cat writes documents, the same from a pipe" {
	path=$(ls repo/erp/*-before-2.14.cask)
	for entry in catalog manifest schema globals; do
		"$PGCASK" cat latest:erp $entry --open-key $OPEN >a
		[ -s a ]
		"$PGCASK" cat - $entry --open-key $OPEN <"$path" | cmp - a
	done
	"$PGCASK" cat latest:erp catalog --open-key $OPEN |
	    python3 -c 'import json, sys; json.load(sys.stdin)'
	"$PGCASK" cat latest:erp schema --open-key $OPEN | pg_restore -f - |
	    grep -q 'CREATE TABLE public.orders'
	"$PGCASK" cat latest:erp globals --open-key $OPEN |
	    grep -q 'CREATE ROLE'
}

@test "cat writes tables that COPY reads again, text and binary" {
	first=$(ls repo/erp/*.cask | head -n 1)
	pg_new copy
	pg_sql copy <"$CLI_TOP/tests/cli/archives.sql"
	for archive in "$first" latest:erp; do
		for table in orders '"Audit"."My Log"' parts_1; do
			format=text
			[ "$archive" != "$first" ] || format=binary
			"$PGCASK" cat "$archive" "$table" --open-key $OPEN >rows
			"$PGCASK" cat - "$table" --open-key $OPEN \
			    <"$([ -f "$archive" ] && echo "$archive" ||
				ls repo/erp/*-before-2.14.cask)" | cmp - rows
			pg_sql copy "TRUNCATE $table CASCADE"
			pg_sql copy "\\copy $table FROM rows WITH (FORMAT $format)"
			query="SELECT * FROM $table ORDER BY 1"
			[ -n "$(pg_sql erp "$query")" ]
			diff <(pg_sql erp "$query") <(pg_sql copy "$query")
		done
	done
}

@test "cat of what is not there or not one table" {
	{
		say cat latest:erp ordres --open-key $OPEN
		say cat latest:erp users --open-key $OPEN
		say cat latest:erp parts --open-key $OPEN
		say cat latest:erp '"my log"' --open-key $OPEN
		say cat latest:erp shcema --open-key $OPEN
		say cat latest:erp schema
	} | golden cat
}

@test "cat writes nothing binary to a terminal" {
	first=$PWD/$(ls repo/erp/*.cask | head -n 1)
	key=$PWD/$OPEN
	cd "$BATS_TEST_TMPDIR"
	for entry in orders schema; do
		TERM=xterm on_terminal "$PGCASK cat $first $entry" \
		    "--open-key $key; echo status \$?"
		grep 'is binary, and would be written to a terminal' shown
		grep 'status 2' shown
		[ "$(wc -l <shown)" -eq 3 ]
	done
	TERM=xterm on_terminal "$PGCASK cat $first catalog --open-key $key"
	grep -q '"tables"' shown
	PGCASK_REPO=$T/repo on_terminal "$PGCASK cat latest:erp orders" \
	    "--open-key $key"
	grep -q 'note 1000' shown
}

@test "restore says what came back, and what was compared" {
	pg_new target
	{
		say restore latest:erp -d target --open-key $OPEN -j 2
		say restore latest:erp -d target --open-key $OPEN
		pg_new target
		say restore latest:erp -d target --open-key $OPEN --verify
		pg_new target
		say restore latest:erp -d target --open-key $OPEN -q
		say restore latest:erp -d nowhere --open-key $OPEN
	} | sed "s|$PGHOST|HOST|g" | mask |
	    sed -E 's/\([0-9a-f]{8}\)/(XXXXXXXX)/' | golden restore
}

@test "what is there is not changed by whatever came last" {
	local way

	pg_new other
	pg_sql other <"$CLI_TOP/tests/cli/archives.sql"
	for way in --clean --data-only; do
		refuses 2 'archives of 2 names, and the newest is of other$' \
		    "$PGCASK" restore latest -d erp --open-key $OPEN $way
		"$PGCASK" restore latest -d erp --open-key $OPEN $way 2>&1 |
		    grep -x 'pgcask: say which: latest:erp'
		"$PGCASK" restore latest -d x --open-key $OPEN $way 2>&1 |
		    grep -x 'pgcask: say which: latest:erp, latest:other'
	done
	"$PGCASK" restore latest -d erp --passphrase-file pass --clean --list
	"$PGCASK" restore latest:erp -d erp --open-key $OPEN --clean >out
	grep '^erp: 6 tables' out
	cp -r repo/erp "$BATS_TEST_TMPDIR/erp"
	"$PGCASK" restore latest -r "$BATS_TEST_TMPDIR" -d erp \
	    --open-key $OPEN --clean
}

@test "damaged archives are listed, named, and not passed over" {
	cp -r repo "$BATS_TEST_TMPDIR/bad"
	cd "$BATS_TEST_TMPDIR"
	export PGCASK_REPO=bad
	cp "$T/$OPEN" k
	first=$(ls bad/erp/*.cask | head -n 1)
	size=$(stat -c %s "$first")
	head -c $((size - size % 512 - 1024)) "$first" \
	    >bad/erp/29991231T235957Z-c0ffee01-cut.cask
	: >bad/erp/29991231T235958Z-c0ffee02-empty.cask
	echo nonsense >bad/erp/29991231T235959Z-c0ffee03.cask
	{
		say list --name erp
		say list --name erp --open-key k
		say list --name erp --json
		say show latest
		say show c0ffee02
	} | mask | golden damaged
	# Half-written files are no archives.
	rm bad/erp/2999*
	touch bad/erp/.x.cask.partial bad/erp/notes.txt
	"$PGCASK" list --name erp | mask >a
	(cd "$T" && "$PGCASK" list -r repo --name erp) | mask | cmp - a
}

@test "archives that were cut are told without a key, whoever signed them" {
	local name file size

	for name in erp other; do
		file=$(find repo/$name -name '*.cask' | head -n 1)
		size=$(stat -c %s "$file")
		mkdir -p "$BATS_TEST_TMPDIR/$name/$name"
		for cut in 1 1024 4096; do
			head -c $((size - cut)) "$file" \
			    >"$BATS_TEST_TMPDIR/$name/$name/${file##*/}"
			refuses 6 '1 of 1 archives .* damaged' \
			    "$PGCASK" list -r "$BATS_TEST_TMPDIR/$name"
			refuses 6 "${file##*/}: the file .* cut" "$PGCASK" \
			    show latest -r "$BATS_TEST_TMPDIR/$name"
		done
		run "$PGCASK" show latest -r "$BATS_TEST_TMPDIR/$name"
		[[ $output == *"opened by "* ]]
		cp "$file" "$BATS_TEST_TMPDIR/$name/$name/"
		"$PGCASK" list -r "$BATS_TEST_TMPDIR/$name"
		"$PGCASK" show latest -r "$BATS_TEST_TMPDIR/$name"
	done
}

@test "unsigned and foreign archives are told apart from damaged ones" {
	cd "$BATS_TEST_TMPDIR"
	mkdir trust
	cp "$T/$OPEN" k
	export PGCASK_REPO=trust
	recipient=$(grep -o 'cask-recipient-[0-9a-f]*' k)
	{
		say backup -j 2 -d erp --name unsigned --recipient "$recipient"
		"$PGCASK" backup -q -j 2 -d erp --name foreign \
		    --seal-key "$T/foreign-seal.key" --recipient "$recipient"
		say list
		say list --open-key k
		say list --open-key k --signer none --name unsigned
		say list --open-key k --signer "$T/foreign-seal.key" \
		    --name foreign
		say show latest:unsigned --open-key k
		say show latest:unsigned --open-key k --signer none
		say show latest:foreign --open-key k
		say show latest:foreign --open-key k \
		    --signer "$T/foreign-seal.key"
	} | sed "s|$T|T|g" | mask | golden trust
}

@test "a header that another wrote is not believed" {
	cp "$(ls repo/erp/*.cask | head -n 1)" "$BATS_TEST_TMPDIR/a"
	cd "$BATS_TEST_TMPDIR"
	LC_ALL=C sed -i 's/"tool":"pgcask [0-9]/"tool":"pgcask 9/' a
	never cmp -s a "$(ls "$T"/repo/erp/*.cask | head -n 1)"
	run "$PGCASK" show a --open-key "$T/$OPEN"
	[ "$status" -eq 6 ]
}

# slow SIGN COMMAND...: run it while another session locks a table, until it
# has waited for that and the command SIGN succeeds.
slow() {
	local sign=$1 status=0 holder

	shift
	{
		echo "BEGIN; LOCK TABLE users;"
		await is_waited_for
		await $sign
		echo "COMMIT;"
	} 3>&- | pg_sql erp 3>&- &
	holder=$!
	await is_locked
	"$@" || status=$?
	wait "$holder"
	return "$status"
}
is_locked() {
	[ "$(pg_sql erp "SELECT count(*) FROM pg_locks WHERE granted AND
	    relation = 'users'::regclass AND mode LIKE 'AccessExcl%'")" = 1 ]
}
is_waited_for() {
	[ "$(pg_sql erp "SELECT count(*) FROM pg_locks WHERE NOT granted AND
	    relation = 'users'::regclass")" -gt 0 ]
}

@test "on a terminal a bar is drawn, and gone in the end" {
	cd "$BATS_TEST_TMPDIR"
	TERM=xterm slow "grep -qs catalog shown" on_terminal "stty cols 70;" \
	    "$PGCASK backup -d erp -o a -v --seal-key $T/keys/k-seal.key"
	grep -q $'\r\033\\[Jcatalog' shown
	# Whatever was drawn was erased before a line was written.
	tr '\r' '\n' <shown | sed 's/\x1b\[J//g' | grep -q '^a: 6 tables, '
	never grep -aE 'catalog[^[]*tables' shown
}

@test "without a terminal, or a plain one, there is no bar" {
	cd "$BATS_TEST_TMPDIR"
	# There would have been one by then.
	slow "sleep 1" "$PGCASK" backup -d erp -o a \
	    --seal-key "$T/keys/k-seal.key" >out 2>err
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 1 ]
	TERM=dumb slow "sleep 1" on_terminal "$PGCASK backup -d erp -o b" \
	    "--seal-key $T/keys/k-seal.key"
	[ "$(wc -l <shown)" -eq 1 ]
	never grep -q $'\033' shown
	TERM=xterm slow "sleep 1" on_terminal "$PGCASK backup -q -j 2 -d erp" \
	    "-o c --seal-key $T/keys/k-seal.key"
	[ ! -s shown ]
}
