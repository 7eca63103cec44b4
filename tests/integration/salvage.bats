#!/usr/bin/env bats
# builds: asan
# What is still whole of a damaged archive comes back, what is lost is named,
# and nothing that is not authentic is loaded.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new source
	pg_sql source <<-'END'
		CREATE SCHEMA "Odd one";
		CREATE TYPE mood AS ENUM ('sad', 'happy');
		CREATE TABLE parent (id integer PRIMARY KEY, v text);
		INSERT INTO parent SELECT i, 'row ' || i
			FROM generate_series(1, 300) i;
		CREATE TABLE child (id serial PRIMARY KEY,
			parent integer REFERENCES parent, v mood);
		INSERT INTO child (parent, v) SELECT i, 'happy'
			FROM generate_series(1, 200) i;
		-- Two parts: by its pages, of a row each, or before 14 by its
		-- bytes.
		CREATE TABLE big (id integer PRIMARY KEY, v text)
			WITH (fillfactor = 10);
		INSERT INTO big SELECT i, repeat(md5(i::text), 22)
			FROM generate_series(1, 2500) i;
		UPDATE big SET v = repeat(md5(id::text), 220)
			WHERE current_setting('server_version_num') < '140000';
		CREATE TABLE "Odd one"."A table" (i integer, v numeric);
		INSERT INTO "Odd one"."A table" SELECT i, i / 7.0
			FROM generate_series(1, 100) i;
		CREATE TABLE none (i integer);
		CREATE VIEW most AS SELECT * FROM parent WHERE id > 10;
		SELECT lo_from_bytea(77, 'large');
	END
	cask_backup source "$REPO" -j 1
	export GOOD
	GOOD=$(the_archive "$REPO/source")
	# What is to come back of each table, independent of the archive.
	sums source >"$T/sums"
	"$PGCASK" cat "$GOOD" manifest --open-key "$KEYS/k-open.key" \
	    >"$T/manifest"
	"$PGCASK" cat "$GOOD" catalog --open-key "$KEYS/k-open.key" \
	    >"$T/catalog"
	# "NUMBER TABLE ROWS" of each part, by the catalog and the manifest.
	jq -r --slurpfile c "$T/catalog" '.parts | to_entries[] |
	    "\(.key + 1) " + (if .value[0] == 1 then "lobjs" else
	    $c[0].tables[.value[1]].name end | gsub(" "; "_")) +
	    " \(.value[2])"' "$T/manifest" >"$T/parts"
	[ "$(grep -c ' big ' "$T/parts")" -ge 2 ]
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	BAD=$BATS_TEST_TMPDIR/bad.cask
	cp "$GOOD" "$BAD"
	chmod 600 "$BAD"
}

teardown() {
	pg_drop saved
}

tamper() {
	perl "$PG_TOP/tests/tools/tamper.pl" "$@"
}

# sums DATABASE: "TABLE ROWS DIGEST" of each table there.
sums() {
	local t

	for t in big child parent none '"Odd one"."A table"'; do
		printf '%s|' "$(tr -d '"' <<<"$t" | sed 's/.*\.//; s/ /_/')"
		pg_sql "$1" "SELECT count(*), md5(string_agg(t::text, ' '
		    ORDER BY t::text)) FROM $t t"
	done
}

# salvages STATUS [OPTION...]: BAD, told as JSON in SAID.
salvages() {
	local want=$1 status=0

	shift
	SAID=$BATS_TEST_TMPDIR/said
	timeout 200 "$PGCASK" salvage "$BAD" --open-key "$KEYS/k-open.key" \
	    -j 2 --json "$@" >"$SAID" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" -eq "$want" ] || {
		echo "status $status instead of $want: $*"
		head -c 3000 "$SAID" "$BATS_TEST_TMPDIR/err"
		return 1
	}
}

# offset ENTRY: where its tar header is.
offset() {
	tamper list "$GOOD" | awk -v want="$1" '
		$2 == want { print at + 0; found = 1 }
		{ at += 512 * (1 + int(($3 + 511) / 512)) }
		END { exit !found }'
}

# zero OFFSET LENGTH: of BAD.
zero() {
	dd if=/dev/zero of="$BAD" bs=1 seek="$1" count="$2" conv=notrunc \
	    status=none
}

# lost_parts: "TABLE NUMBERS" of those that lost some.
lost_parts() {
	jq -r '.tables[] | select(.lost_parts != []) | (.table |
	    gsub(" "; "_")) + " " + (.lost_parts | map(tostring) | join(","))' \
	    "$SAID" | sort
}

# came TABLE...: all others are in database "saved" as they were, and these
# have just the rows that were told.
came() {
	local table rest

	sums saved >"$BATS_TEST_TMPDIR/sums"
	rest=$(printf '^%s\\|' "$@")
	diff <(grep -vE "${rest//|^/|^}" "$T/sums" || true) \
	    <(grep -vE "${rest//|^/|^}" "$BATS_TEST_TMPDIR/sums" || true)
	for table in "$@"; do
		[ "$(awk -F '|' -v t="$table" '$1 == t { print $2 }' \
		    "$BATS_TEST_TMPDIR/sums")" = "$(jq -r --arg t "$table" \
		    '.tables[] | select((.table | gsub(" "; "_")) == $t) |
		    .restored' "$SAID")" ]
	done
}

@test "a whole one: all of it, and status 0" {
	salvages 0 -d saved --create
	same_databases source saved
	[ "$(jq -c '[.complete, .rows_lost, .parts_known]' "$SAID")" = \
	    "[true,0,true]" ]
}

@test "one byte in one part: the others, and the table's other parts" {
	number=$(awk '$2 == "big" { print $1; exit }' "$T/parts")
	rows=$(awk '$2 == "big" { print $3; exit }' "$T/parts")
	at=$(offset "data/$(printf %08d "$number")")
	tamper flip $((at + 512 + 300)) "$GOOD" "$BAD"
	salvages 3 --list
	[ "$(lost_parts)" = "big $number" ]
	[ "$(jq .rows_lost "$SAID")" = "$rows" ]
	salvages 3 -d saved --create
	came big
	[ "$(pg_sql saved "SELECT count(*) FROM big")" -eq $((2500 - rows)) ]
	# What came is as it was.
	[ "$(pg_sql saved "SELECT count(*) FROM big
	    WHERE v NOT LIKE repeat(md5(id::text), 22) || '%'")" -eq 0 ]
	# Into tables that are there; large objects can't be there yet.
	pg_sql saved "TRUNCATE big, child, parent, \"Odd one\".\"A table\""
	refuses 1 'lo_unlink\(\) removes .*\(-d NEWNAME --create\)$' \
	    "$PGCASK" salvage "$BAD" -d saved --data-only \
	    --open-key "$KEYS/k-open.key"
	pg_sql saved "SELECT lo_unlink(77)"
	salvages 3 -d saved --data-only
	came big
	# Text tells the same.
	run "$PGCASK" salvage "$BAD" --list --open-key "$KEYS/k-open.key"
	[ "$status" -eq 3 ]
	[[ ${output//,/} == *"public.big"*"part $number ($rows rows)"* ]]
}

@test "a large object is lost: that is not all there was" {
	number=$(awk '$2 == "lobjs" { print $1; exit }' "$T/parts")
	at=$(offset "lo/$(printf %08d "$number")")
	tamper flip $((at + 512 + 60)) "$GOOD" "$BAD"
	run "$PGCASK" salvage "$BAD" --list --open-key "$KEYS/k-open.key"
	[ "$status" -eq 3 ]
	[[ $output == *"pieces of large objects"*" are whole, with "* ]]
	[[ $output != *"all there were"* ]]
}

@test "rows that others refer to: the foreign key is named, and the rest is" {
	number=$(awk '$2 == "parent" { print $1 }' "$T/parts")
	at=$(offset "data/$(printf %08d "$number")")
	zero $((at + 512)) 512
	salvages 3 -d saved --create
	came parent
	[ "$(pg_sql saved "SELECT count(*) FROM parent")" -eq 0 ]
	[ "$(jq .restored.refused "$SAID")" -eq 1 ]
	grep -q 'child_parent_fkey' "$BATS_TEST_TMPDIR/err"
	[ "$(pg_sql saved "SELECT count(*) FROM pg_constraint
	    WHERE conname = 'parent_pkey'")" -eq 1 ]
}

@test "a cut file: what lies before the cut, and no word too much" {
	size=$(stat -c %s "$GOOD")
	for at in $((size - 1)) "$(offset manifest)" \
	    $(($(offset "$(tamper list "$GOOD" | awk '
		$2 ~ /^data/ && n++ == 2 { print $2 }')") + 700)) \
	    "$(offset data/00000002)"; do
		head -c "$at" "$GOOD" >"$BAD"
		# Of the last byte nothing depends but that the file is whole.
		salvages $((at + 1 == size ? 0 : 3)) -d saved --create
		sums saved >"$BATS_TEST_TMPDIR/sums"
		# A table is told to be whole if it is.
		for table in $(jq -r '.tables[] | select(.complete) | .table |
		    gsub(" "; "_")' "$SAID"); do
			grep "^$table|" "$T/sums" |
			    diff - <(grep "^$table|" "$BATS_TEST_TMPDIR/sums")
		done
		tamper list "$GOOD" | awk -v cut="$at" '
			{ at += 512 * (1 + int(($3 + 511) / 512)) }
			$2 ~ /^data/ && at <= cut { print substr($2, 6) + 0 }' |
		    while read -r n; do
			awk -v n="$n" '$1 == n { print $3 }' "$T/parts"
		done | awk '{ n += $1 } END { print n + 0 }' \
		    >"$BATS_TEST_TMPDIR/want"
		[ "$(jq .restored.rows "$SAID")" = \
		    "$(cat "$BATS_TEST_TMPDIR/want")" ]
		pg_drop saved
	done
}

@test "no index, no manifest: nothing is lost but certainty" {
	at=$(offset index)
	zero "$at" $(($(stat -c %s "$GOOD") - at))
	salvages 0 -d saved --create
	same_databases source saved
	[ "$(jq -r '.index_error != null and .manifest' "$SAID")" = true ]
	pg_drop saved
	zero "$(offset manifest)" 1024
	salvages 3 -d saved --create
	came
	[ "$(jq -c '[.manifest, .parts_known]' "$SAID")" = "[false,false]" ]
	# Every table's last part is there, and says so.
	[ "$(jq '[.tables[].complete] | all' "$SAID")" = true ]
}

@test "parts that are not in the file at all: what the others know of them" {
	# The last ones, with what is behind them where they were.
	count=$(wc -l <"$T/parts")
	from=$(offset "$(tamper list "$GOOD" | awk '{ print $2 }' |
	    grep -E "/$(printf %08d $((count - 2)))\$")")
	{
		head -c "$from" "$GOOD"
		tail -c +$(($(offset manifest) + 1)) "$GOOD"
	} >"$BAD"
	salvages 3 --list
	[ "$(jq -c '[.manifest, .parts, .parts_known, .parts_whole]' "$SAID")" = \
	    "[true,$count,true,$((count - 3))]" ]
	[ "$(jq .rows_lost "$SAID")" = "$(tail -n 3 "$T/parts" | awk '
		$2 != "lobjs" { n += $3 } END { print n + 0 }')" ]
	# A table's first, without manifest: its last one is there to say so.
	first=$(awk '$2 == "big" { print $1; exit }' "$T/parts")
	from=$(offset "data/$(printf %08d "$first")")
	to=$(tamper list "$GOOD" | awk -v from="$from" '
		{ at += 512 * (1 + int(($3 + 511) / 512)) }
		at > from { print at; exit }')
	{
		head -c "$from" "$GOOD"
		head -c "$(offset manifest)" "$GOOD" | tail -c +$((to + 1))
	} >"$BAD"
	run "$PGCASK" salvage "$BAD" --list --open-key "$KEYS/k-open.key"
	[ "$status" -eq 3 ]
	grep -qE 'public\.big .* 1 of its [2-9] parts is not found' <<<"$output"
	# Nothing tells that of large objects.
	grep -q 'pieces of large objects may be lost' <<<"$output"
	grep -q '^pieces .* maybe: nobody knows how many' <<<"$output"
}

@test "the schema is gone: plain tables with all rows" {
	tamper flip $(($(offset schema) + 600)) "$GOOD" "$BAD"
	salvages 3 -d saved --create
	[ "$(jq -r .schema_error "$SAID")" = "schema is damaged" ]
	diff <(grep -v '^child' "$T/sums") <(sums saved | grep -v '^child')
	# The type is lost, the label is there.
	[ "$(pg_sql saved "SELECT count(*), min(convert_from(v, 'UTF8'))
	    FROM child")" = "200|happy" ]
	[ "$(pg_sql saved "SELECT last_value FROM child_id_seq")" -eq 200 ]
	[ "$(pg_sql saved "SELECT convert_from(lo_get(77), 'UTF8')")" = large ]
	grep -q 'the large objects are without owner and privileges: .*is lost$' \
	    "$BATS_TEST_TMPDIR/err"
	lacks 'pg_dump|missing' "$BATS_TEST_TMPDIR/err"
	pg_drop saved
	# Into tables that somebody else makes.
	pg_new saved
	pg_dump --schema-only source | pg_sql saved >/dev/null
	pg_sql saved "ALTER TABLE child DROP CONSTRAINT child_parent_fkey"
	refuses 1 'NEWNAME --create\); or into tables .* \(--data-only\)' \
	    "$PGCASK" salvage "$BAD" -d saved --open-key "$KEYS/k-open.key"
	salvages 3 -d saved --data-only
	came
}

@test "the catalog is gone: nothing can be named, and that is said" {
	zero $(($(offset catalog) + 512)) 24
	refuses 6 'names and columns are lost' "$PGCASK" salvage "$BAD" \
	    -d saved --create --open-key "$KEYS/k-open.key"
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

@test "the header is gone: no key, and another copy's is the way" {
	zero 600 100
	refuses 6 'another copy' "$PGCASK" salvage "$BAD" --list \
	    --open-key "$KEYS/k-open.key"
	refuses 6 'the header is damaged: ' "$PGCASK" show "$BAD"
	refuses 6 'if=GOODCOPY of=DAMAGED ' "$PGCASK" check "$BAD"
	dd if="$GOOD" of="$BAD" bs=64k count=1 conv=notrunc status=none
	salvages 0 --list
	# Its tar header alone is no loss.
	zero 0 512
	salvages 0 --list
	refuses 2 'standard input' "$PGCASK" salvage - --list \
	    --open-key "$KEYS/k-open.key"
}

@test "every tar header zeroed: nothing is lost" {
	tamper list "$GOOD" | awk '
		{ print at + 0; at += 512 * (1 + int(($3 + 511) / 512)) }' \
	    >"$BATS_TEST_TMPDIR/heads"
	head -n -1 "$BATS_TEST_TMPDIR/heads" | while read -r at; do
		zero "$at" 512
	done
	# The index knows where they are, the manifest how long.
	salvages 0 --list
	cp "$GOOD" "$BAD"
	zero "$(offset index)" 512
	while read -r at; do
		[ "$at" -lt "$(offset data/00000002)" ] || zero "$at" 512
	done <"$BATS_TEST_TMPDIR/heads"
	# Their seals alone know, where one follows another.
	salvages 3 --list
	[ "$(jq '.parts_whole' "$SAID")" -ge 2 ]
}

@test "blocks of zeros anywhere: all that they did not touch" {
	size=$(stat -c %s "$GOOD")
	for round in $(seq "${SALVAGE_ROUNDS:-6}"); do
		cp "$GOOD" "$BAD"
		for i in 1 2; do
			block=$(awk -v seed="$round$i" -v n=$((size / 4096)) '
				BEGIN { srand(seed); print 1 + int(rand() * n) }')
			dd if=/dev/zero of="$BAD" bs=4096 seek="$block" \
			    count=1 conv=notrunc status=none
		done
		truncate -s "$size" "$BAD"
		cmp -l "$GOOD" "$BAD" | awk '{ print $1 - 1 }' \
		    >"$BATS_TEST_TMPDIR/touched" || true
		status=0
		"$PGCASK" salvage "$BAD" --list --json \
		    --open-key "$KEYS/k-open.key" >"$BATS_TEST_TMPDIR/said" \
		    2>"$BATS_TEST_TMPDIR/err" || status=$?
		# Whether a body was touched decides about each.
		tamper list "$GOOD" | awk -v touched="$BATS_TEST_TMPDIR/touched" '
			BEGIN { while ((getline x < touched) > 0) t[n++] = x }
			{
				hit = 0
				for (i = 0; i < n; i++)
					if (t[i] >= at + 512 &&
					    t[i] < at + 512 + $3)
						hit = 1
				print $2, hit
				at += 512 * (1 + int(($3 + 511) / 512))
			}' >"$BATS_TEST_TMPDIR/hits"
		echo "round $round: status $status"
		if grep -qx 'catalog 1' "$BATS_TEST_TMPDIR/hits"; then
			[ "$status" -eq 6 ]
			continue
		fi
		whole=$(grep -cE '^(data|lo)/.* 0' "$BATS_TEST_TMPDIR/hits")
		[ "$(jq .parts_whole "$BATS_TEST_TMPDIR/said")" = "$whole" ]
	done
}

@test "bytes that are missing in the middle, and two copies in one file" {
	at=$(($(offset data/00000001) + 5000))
	{
		head -c "$at" "$GOOD"
		tail -c +$((at + 78)) "$GOOD"
	} >"$BAD"
	salvages 3 --list
	[ "$(jq .parts_whole "$SAID")" = "$(($(wc -l <"$T/parts") - 1))" ]
	# What one has lost the other has.
	cp "$GOOD" "$BATS_TEST_TMPDIR/one"
	tamper flip $(($(offset data/00000002) + 700)) "$GOOD" \
	    "$BATS_TEST_TMPDIR/two"
	cat "$BAD" "$BATS_TEST_TMPDIR/two" >"$BATS_TEST_TMPDIR/both"
	mv "$BATS_TEST_TMPDIR/both" "$BAD"
	salvages 0 -d saved --create
	same_databases source saved
}

@test "what a killed backup leaves" {
	# A policy that waits keeps it in the middle, once the first is out.
	pg_new halted
	pg_sql halted <<-'END'
		CREATE TABLE first AS SELECT i, repeat('x', 100) AS v
			FROM generate_series(1, 2000) i;
		CREATE TABLE second AS SELECT 1 AS i;
		CREATE FUNCTION hold() RETURNS boolean LANGUAGE plpgsql AS $$
			BEGIN PERFORM pg_advisory_lock_shared(4711);
			RETURN true; END $$;
		CREATE POLICY p ON second USING (hold());
		ALTER TABLE second ENABLE ROW LEVEL SECURITY;
		CREATE ROLE keeper LOGIN;
		GRANT SELECT ON first, second TO keeper;
	END
	mkfifo "$BATS_TEST_TMPDIR/go"
	exec 7<>"$BATS_TEST_TMPDIR/go"
	{
		echo "SELECT pg_advisory_lock(4711);"
		head -n 1 <&7 >/dev/null
	} | pg_sql halted >/dev/null 3>&- &
	holder=$!
	waiting() {
		[ "$(pg_sql halted "SELECT count(*) FROM pg_locks
		    WHERE locktype = 'advisory' AND granted = $1")" -ge 1 ]
	}
	await waiting true
	PGUSER=keeper "$PGCASK" backup -d halted -r "$REPO" -j 1 -q \
	    --seal-key "$KEYS/k-seal.key" --enable-row-security \
	    --no-role-passwords 3>&- 7>&- &
	backup=$!
	await waiting false
	partial=$(find "$REPO/halted" -name '.*.partial')
	written() {
		tamper list "$partial" | awk -v size="$(stat -c %s \
		    "$partial")" '
			{ at += 512 * (1 + int(($3 + 511) / 512)) }
			$2 == "data/00000001" && at <= size { found = 1 }
			END { exit !found }'
	}
	await written
	kill -9 "$backup"
	wait "$backup" || true
	echo go >&7
	exec 7>&-
	wait "$holder"
	mv "$partial" "$BAD"
	salvages 3 -d saved --create
	[ "$(pg_sql saved "SELECT count(*), sum(i) FROM first")" = \
	    "2000|2001000" ]
	[ "$(jq -c '[.tables[] | [.table, .complete, .restored]] | sort' \
	    "$SAID")" = '[["first",true,2000],["second",false,0]]' ]
	pg_drop saved
	pg_drop halted
	pg_sql postgres "DROP ROLE keeper"
}

@test "a forged part does not get in" {
	# An archive of the same keys: its parts are authentic there, not here.
	cask_backup source "$REPO" -j 1 --name twin
	twin=$(the_archive "$REPO/twin")
	for ((n = 4; n < 4 + $(wc -l <"$T/parts"); n++)); do
		tamper replace $n "$twin" "$BAD" "$BATS_TEST_TMPDIR/next"
		mv "$BATS_TEST_TMPDIR/next" "$BAD"
	done
	zero "$(offset index)" 4096
	salvages 6 --list
	grep -q 'nothing can be saved' "$BATS_TEST_TMPDIR/err"
}
