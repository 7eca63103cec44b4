#!/usr/bin/env bats
# builds: asan
# What is different between an archive and another, or a live database.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new shop
	pg_sql shop <"$BATS_TEST_DIRNAME/diff.sql" >/dev/null
	cask_backup shop "$REPO" -q
	export ARCHIVE
	ARCHIVE=$(the_archive "$REPO")
	cask_restore "$ARCHIVE" copy --create -q
}

teardown_file() {
	pg_stop "$SERVER"
}

teardown() {
	pg_stop ${OLD:+"$OLD"} ${NEW:+"$NEW"}
}

setup() {
	unset PGDATABASE
	export PGCASK_OPEN_KEY=$KEYS/k-open.key
	cd "$BATS_TEST_TMPDIR" || exit
}

# same WORD...: nothing is different.  differs WORD...: something is; what was
# printed is in the file out.
same() {
	timeout -k 5 120 "$PGCASK" diff "$@" >out
	[ "$(wc -l <out)" -eq 1 ]
	grep '^same: ' out
}
differs() {
	local status=0

	timeout -k 5 120 "$PGCASK" diff "$@" >out || status=$?
	cat out
	[ "$status" -eq 1 ]
}

# change NAME SQL...: a database NAME as the archive has it, then changed.
change() {
	local name=$1

	shift
	pg_drop "$name"
	pg_sql postgres "CREATE DATABASE $name TEMPLATE copy"
	pg_sql "$name" "$@" >/dev/null
}

# holds DATABASE SQL: whether that is true there.
holds() {
	[ "$(pg_sql "$1" "$2")" = t ]
}

@test "an archive is the same as its source, as a copy and as itself" {
	same "$ARCHIVE" -d shop
	grep -q ' 7 tables with 1,1[0-9]* rows, 2 sequences, 1 large object,' out
	same "$ARCHIVE" -d copy -j 3
	same "$ARCHIVE" "$ARCHIVE"
	[ -z "$("$PGCASK" diff -q "$ARCHIVE" -d copy)" ]
}

@test "one bit of one row is found, live and between archives" {
	change bit "UPDATE shop.customer SET mask = set_bit(mask, 5, 1)
	    WHERE id = 501"
	differs "$ARCHIVE" -d bit
	grep -Ex 'shop\.customer +1,000 +1,000 +different' out
	grep -x 'different: 1 of 7 tables' out
	cask_backup bit "$T" --name bit -q
	differs "$ARCHIVE" "$(the_archive "$T/bit")"
	grep -x 'different: 1 of 7 tables' out
	# And back again.
	pg_sql bit "UPDATE shop.customer SET mask = set_bit(mask, 5, 0)
	    WHERE id = 501"
	same "$ARCHIVE" -d bit
}

@test "what a migration changed is told table by table" {
	change migrated "ALTER TABLE shop.product ADD note text DEFAULT 'x'" \
	    "ALTER TABLE shop.customer DROP score" \
	    "ALTER TABLE shop.change ALTER id TYPE bigint" \
	    "DROP TABLE shop.gone" "CREATE TABLE shop.new (a) AS SELECT 1" \
	    "INSERT INTO shop.product (name) VALUES ('one more')" \
	    "CREATE OR REPLACE VIEW shop.v AS
		SELECT id, email FROM shop.customer WHERE NOT ok" \
	    "SELECT lo_from_bytea(0, 'more')"
	# Of the customers it can't be told; that they differ is known.
	differs "$ARCHIVE" -d migrated 2>err
	grep -q 'shop\.customer (a column is gone)' err
	grep -Ex 'shop\.product +50 +51 +different +\+note text' out
	grep -Eq '^shop\.customer +1,000 +1,000 +not known.* -score numeric' out
	grep -Eq '^shop\.change .*not known.* id: integer -> bigint' out
	grep -Ex 'shop\.gone +3 +removed' out
	grep -Ex 'shop\.new +1 +added' out
	grep -Eq '^shop\.product_id_seq +50 +51 +different' out
	grep -qx 'large objects: 1 before, 2 after, different' out
	# The definitions, as patch(1) would take them.
	grep -q '^--- shop of ' out
	grep -q '^+++ migrated, live' out
	grep -Eq '^@@ .* @@ TABLE shop\.product$' out
	grep -qx "+    note text DEFAULT 'x'::text" out
	grep -Eq '^-.*WHERE .*ok;' out
	lacks '^[-+ ].*(SET |restrict|Dumped)' out
	# Between archives the columns that were added can't be left out.
	cask_backup migrated "$T" --name migrated -q
	differs "$ARCHIVE" "$(the_archive "$T/migrated")" 2>err
	grep -Ex 'shop\.product +50 +51 +different +\+note text' out
}

@test "rows that did not change are the same beside a column that was added" {
	change wider "ALTER TABLE shop.product ADD note text"
	differs "$ARCHIVE" -d wider
	grep -Ex 'shop\.product +50 +50 +same +\+note text' out
}

@test "choosing holds for both sides" {
	change chosen "UPDATE shop.product SET name = 'x' WHERE id = 1"
	same "$ARCHIVE" -d chosen -t 'shop.c*'
	same "$ARCHIVE" -d chosen --exclude-table=shop.product
	same "$ARCHIVE" -d chosen --schema-only
	differs "$ARCHIVE" -d chosen -n shop --data-only
	refuses 2 'no table of the archive matches "shop.produt"' \
	    "$PGCASK" diff "$ARCHIVE" -d chosen -t shop.produt
	# What was left out of an archive is of no concern.
	cask_backup copy "$T" --name some -q -t 'shop.p*' -t shop.customer \
	    --exclude-table-data shop.product
	same "$(the_archive "$T/some")" -d chosen
	grep -q 'the rows of 1 table left out' out
	same "$(the_archive "$T/some")" "$ARCHIVE"
}

@test "rows that may belong to other partitions are one table" {
	"$PGCASK" diff "$ARCHIVE" -d copy --tables >out
	grep -Ex 'shop\.mood +30 +30 +same' out
	change moved "DELETE FROM shop.mood WHERE n = 7"
	differs "$ARCHIVE" -d moved
	grep -Ex 'shop\.mood +30 +29 +different' out
}

@test "what may not be read is named, and is not called the same" {
	pg_sql postgres "CREATE ROLE peeper LOGIN"
	change hidden "GRANT USAGE ON SCHEMA shop TO peeper" \
	    "GRANT SELECT ON ALL TABLES IN SCHEMA shop TO peeper" \
	    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO peeper" \
	    "REVOKE SELECT ON shop.gone FROM peeper" \
	    "REVOKE SELECT ON shop.product_id_seq FROM peeper" \
	    "ALTER TABLE shop.change ENABLE ROW LEVEL SECURITY"
	refuses 3 'shop\.change \(row security.*shop\.gone \(you may not.*_id_seq \(you may not.*large objects' \
	    "$PGCASK" diff "$ARCHIVE" -d hidden -U peeper --data-only
	# pg_dump has to read the sequences of tables that it describes.
	refuses 4 'product_id_seq' "$PGCASK" diff "$ARCHIVE" -d hidden -U peeper
	pg_sql hidden "GRANT SELECT ON shop.product_id_seq TO peeper"
	refuses 1 'shop\.gone \(you may not read it' \
	    "$PGCASK" diff "$ARCHIVE" -d hidden -U peeper
}

@test "equal digests of columns that are not the same tell nothing" {
	pg_new swapped
	pg_sql swapped "CREATE TABLE t (id int, a int, b int)" \
	    "INSERT INTO t SELECT i, i, 2 * i FROM generate_series(1, 9) AS i" \
	    "CREATE TABLE f (f real)" "INSERT INTO f VALUES (1)" \
	    "CREATE TABLE none (a int, b int)"
	cask_backup swapped "$T" --name swapped0 -q
	pg_sql swapped "ALTER TABLE t RENAME a TO x" \
	    "ALTER TABLE t RENAME b TO a" "ALTER TABLE t RENAME x TO b" \
	    "DROP TABLE f" "CREATE TABLE f (f int)" \
	    "INSERT INTO f VALUES (1065353216)" \
	    "ALTER TABLE none RENAME b TO x" "ALTER TABLE none RENAME a TO b" \
	    "ALTER TABLE none RENAME x TO a"
	cask_backup swapped "$T" --name swapped1 -q
	old=$(the_archive "$T/swapped0") new=$(the_archive "$T/swapped1")
	differs "$old" "$new" --data-only 2>err
	grep -Ex 'public\.f +1 +1 +not known: .* another type +f: real -> integer' out
	grep -Ex 'public\.t +9 +9 +not known: .* another order' out
	lacks 'public\.none' out
	# Nothing else is different: what is not known is not the same, either.
	"$PGCASK" diff "$old" "$new" --data-only -T f >out 2>err || [ $? -eq 3 ]
	grep 'public\.t (the columns have another order)' err
	grep -x 'same as far as is known: .*, 1 of 2 tables not known' out
}

# new_encoded NAME ENCODING: a database in that.
new_encoded() {
	pg_new "$1" ENCODING "$2" TEMPLATE template0 \
	    LC_COLLATE "'C'" LC_CTYPE "'C'"
}

@test "what is not compared has any name, where encodings differ" {
	local pair before after

	export PGCLIENTENCODING=UTF8
	for db in l0 l1 u0 u1; do
		case $db in
		l?) new_encoded "$db" LATIN1 ;;
		*) pg_new "$db" ;;
		esac
		pg_sql "$db" 'CREATE TABLE "tä" (id int, "ü" text, gone int)' \
		    "INSERT INTO \"tä\" VALUES (1, 'é')" \
		    'CREATE TABLE same ("ö" text)' \
		    "INSERT INTO same VALUES ('ö')" \
		    "CREATE TYPE k AS ENUM ('ä')" \
		    'CREATE TABLE p (k k) PARTITION BY HASH (k)' \
		    'CREATE TABLE "pä" PARTITION OF p FOR VALUES
			WITH (MODULUS 1, REMAINDER 0)' \
		    "INSERT INTO p VALUES ('ä')"
	done
	for db in l1 u1; do
		pg_sql "$db" 'ALTER TABLE "tä" DROP gone' \
		    'ALTER TABLE "pä" RENAME TO "pü"' \
		    'CREATE TABLE "neü" AS SELECT * FROM same'
	done
	for pair in 'l0 u1' 'u0 l1'; do
		read -r before after <<<"$pair"
		cask_backup "$before" "$T" --name "$before" -q
		old=$(the_archive "$T/$before")
		differs "$old" -d "$after" 2>err
		grep -Ex 'public\.neü +1 +added' out
		grep -Ex 'public\.tä +1 +1 +not known: .*-gone integer' out
		grep -x 'different: 2 of 4 tables, definitions, .*' out
		"$PGCASK" diff "$old" -d "$after" --rows p
		# The digests are those that archives would have.
		cask_backup "$after" "$T" --name "$after" -q
		"$PGCASK" diff "$old" -d "$after" --json >live.json 2>err ||
		    [ $? -eq 1 ]
		"$PGCASK" diff "$(the_archive "$T/$after")" -d "$after" --json |
		    jq '.tables[] | select(.name == "neü").digest_after' >want
		jq '.tables[] | select(.name == "neü").digest_after' live.json |
		    diff want -
		jq -e '.tables[] | select(.name == "same") |
		    .digest_before == .digest_after' live.json
	done
}

@test "what the archive's encoding has not is not known, and the rest is" {
	export PGCLIENTENCODING=UTF8
	new_encoded latin LATIN1
	pg_sql latin 'CREATE TABLE "tä" (id int PRIMARY KEY, "ö" text)' \
	    "INSERT INTO \"tä\" VALUES (1, 'é')" \
	    'CREATE TABLE other AS SELECT 1 AS a'
	cask_backup latin "$T" --name latin -q
	old=$(the_archive "$T/latin")
	pg_drop latin
	pg_new latin
	pg_sql latin 'CREATE TABLE "tä" (id int PRIMARY KEY, "ö" text)' \
	    "INSERT INTO \"tä\" VALUES (1, 'e')" \
	    'CREATE TABLE other AS SELECT 1 AS a'
	"$PGCASK" diff "$old" -d latin --rows 'tä' >out || [ $? -eq 1 ]
	grep -x '! 1  ö: é -> e' out
	pg_sql latin "UPDATE \"tä\" SET \"ö\" = '€'"
	refuses 3 'public\.tä \(it has characters' \
	    "$PGCASK" diff "$old" -d latin --data-only -j 1
	"$PGCASK" diff "$old" -d latin --rows tä >out || [ $? -eq 1 ]
	grep -x "not compared: ö: characters that the archive's encoding has not" out
	lacks '^[-+!]' out
	pg_sql latin 'INSERT INTO "tä" VALUES (2)'
	"$PGCASK" diff "$old" -d latin --rows tä --json >out || [ $? -eq 1 ]
	jq -e '.columns_omitted[0] == {"name": "ö", "type_before": "text",
	    "type_after": "text", "foreign": true} and
	    [.rows[].key] == ["2"]' out
	# A database without an encoding may have what is text in none.
	new_encoded ascii SQL_ASCII
	PGCLIENTENCODING=SQL_ASCII pg_sql ascii \
	    'CREATE TABLE "tä" (id int PRIMARY KEY, "ö" text)' \
	    "INSERT INTO \"tä\" VALUES (1, E'\\xe9')"
	cask_backup latin "$T" --name utf8 -q
	refuses 3 'public\.tä \(it has characters' "$PGCASK" diff \
	    "$(the_archive "$T/utf8")" -d ascii --data-only -T other
	"$PGCASK" diff "$(the_archive "$T/utf8")" -d ascii --rows tä >out ||
	    [ $? -eq 1 ]
	grep -x '\- 2' out
	pg_sql latin 'ALTER TABLE "tä" DROP id'
	refuses 2 "public\.tä can't be compared: it has characters" \
	    "$PGCASK" diff "$old" -d latin --rows tä
	pg_sql latin 'UPDATE other SET a = 2'
	differs "$old" -d latin --data-only -j 1 2>err
	grep -Ex 'public\.other +1 +1 +different' out
}

@test "Markdown and JSON say the same" {
	change told "UPDATE shop.product SET name = 'a|b' WHERE id = 1" \
	    'CREATE TABLE shop."odd|`name" (a int)'
	"$PGCASK" diff "$ARCHIVE" -d told --markdown >told.md || [ $? -eq 1 ]
	digest=$("$PGCASK" show "$ARCHIVE" --json --tables | jq -r '.. |
	    objects | select(.name? == "product" and .digest?).digest')
	grep -E "^\| shop\.product \| 50 \| 50 \| different \| \`$digest\` \| \`[0-9a-f]{32}\` \|$" told.md
	grep -F '| shop.odd\|\`name |' told.md
	[ "$(grep -c '^| shop' told.md)" -eq 8 ]
	"$PGCASK" diff "$ARCHIVE" -d told --json >told.json || [ $? -eq 1 ]
	jq -e '.same == false and .unknown == 0 and
	    (.tables | length) == 8 and
	    ([.tables[] | select(.content != "same").name] | sort) ==
		["odd|`name", "product"] and
	    .before.live == false and .after.live and
	    .large_objects.content == "same" and
	    (.schema | contains("+CREATE TABLE"))' told.json
}

@test "trouble is never taken for a difference" {
	refuses 2 'nothing was named' "$PGCASK" diff "$ARCHIVE"
	refuses 2 'two archives were named, and a database' \
	    "$PGCASK" diff "$ARCHIVE" "$ARCHIVE" -d copy
	refuses 2 'not from standard input' "$PGCASK" diff - -d copy
	refuses 4 'nowhere' "$PGCASK" diff "$ARCHIVE" -d nowhere
	refuses 10 'absent' "$PGCASK" diff "$ARCHIVE" absent.cask
	cp "$ARCHIVE" bad.cask
	printf 'xxxx' | dd of=bad.cask conv=notrunc bs=1 seek=3000 status=none
	refuses 6 'bad\.cask' "$PGCASK" diff bad.cask "$ARCHIVE"
	cp "$ARCHIVE" bad.cask
	at=$(tar -tRf bad.cask | sed -n 's/^block \([0-9]*\): schema.*/\1/p')
	printf 'xxxx' | dd of=bad.cask conv=notrunc bs=1 \
	    seek=$((at * 512 + 600)) status=none
	refuses 6 '^pgcask: bad\.cask: entry 2' \
	    "$PGCASK" diff bad.cask "$ARCHIVE"
	"$PGCASK" keygen -q -o other
	PGCASK_OPEN_KEY=other-open.key refuses 7 \
	    '^pgcask: [^ ]*\.cask: this open key does' \
	    "$PGCASK" diff "$ARCHIVE" "$ARCHIVE"
	PGCASK_OPEN_KEY='' refuses 2 'no key was given' \
	    "$PGCASK" diff "$ARCHIVE" -d copy
}

@test "a live database is seen as it was at one moment" {
	change busy "SELECT 1"
	# Half of a change that comes meanwhile is none.
	mkfifo go
	{
		echo "BEGIN; LOCK TABLE shop.product;"
		read -r _ <go
		echo "UPDATE shop.product SET name = 'x';"
		echo "UPDATE shop.customer SET email = NULL; COMMIT;"
	} | pg_sql busy &
	await holds busy "SELECT count(*) = 1 FROM pg_locks
	    WHERE mode = 'AccessExclusiveLock' AND relation =
	    'shop.product'::regclass"
	"$PGCASK" diff "$ARCHIVE" -d busy --data-only -j 1 >out 3>&- &
	differ=$!
	await holds busy "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
	# Whoever waits less is told for whom.
	refuses 4 'keeps readers from table shop.product' "$PGCASK" diff \
	    "$ARCHIVE" -d busy --data-only --lock-timeout 1
	echo >go
	wait "$differ"
	grep '^same: ' out
	wait
}

# meanwhile NAME TABLE SQL [OPTION...]: that happens to the table of a database
# NAME while diff waits for it, which fails then; what it says is in the file
# err.
meanwhile() {
	local name=$1 table=$2 sql=$3 status=0

	shift 3
	change "$name" "SELECT 1"
	mkfifo go
	{
		echo "BEGIN; $sql;"
		read -r _ <go
		echo "COMMIT;"
	} | pg_sql "$name" &
	await holds "$name" "SELECT count(*) = 1 FROM pg_locks
	    WHERE mode = 'AccessExclusiveLock' AND relation =
	    '$table'::regclass"
	"$PGCASK" diff "$ARCHIVE" -d "$name" -j 1 "$@" >out 2>err 3>&- &
	differ=$!
	await holds "$name" "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
	echo >go
	wait "$differ" || status=$?
	cat err
	[ "$status" -eq 4 ]
}

@test "a table that is emptied meanwhile is not told as a difference" {
	meanwhile emptied shop.product "TRUNCATE shop.product" --data-only
	grep -q 'shop.product was altered, truncated or dropped' err
}

@test "a table that is dropped meanwhile gets a fitting hint" {
	meanwhile dropped shop.gone "DROP TABLE shop.gone"
	grep -q 'migration, wants a table for itself: run this before it' err
}

@test "an archive of 12 is the same as its copy on 18" {
	pg_start OLD 12
	pg_new shop
	pg_sql shop <"$BATS_TEST_DIRNAME/diff.sql" >/dev/null
	cask_backup shop "$T" --name old -q
	old=$(the_archive "$T/old")
	pg_start NEW 18
	cask_restore "$old" shop --create -q
	PATH=$(pg_clients):$PATH same "$old" -d shop
	# And what is not the same is found.
	pg_sql shop "UPDATE shop.plain SET note = 'x' WHERE id = 2" \
	    "CREATE OR REPLACE VIEW shop.v AS
		SELECT id, email FROM shop.customer WHERE born IS NULL"
	PATH=$(pg_clients):$PATH differs "$old" -d shop
	grep -qx 'different: 1 of 7 tables, definitions' out
}

# rows_of TABLE DATABASE [OPTION...]: the rows that differ, in the file out.
rows_of() {
	local table=$1 db=$2 status=0

	shift 2
	timeout -k 5 120 "$PGCASK" diff "$ARCHIVE" -d "$db" --rows "$table" \
	    "$@" >out || status=$?
	cat out
	[ "$status" -eq 1 ]
}

@test "rows that differ are shown by primary key, with what changed" {
	change rows "UPDATE shop.customer SET email = 'new@x' WHERE id = 501" \
	    "UPDATE shop.customer SET score = score + 1, ok = NULL,
		born = '0044-03-15 BC' WHERE id = 7" \
	    "DELETE FROM shop.customer WHERE id = 1000" \
	    "INSERT INTO shop.customer (id, email) VALUES (2000, 'x')"
	rows_of shop.customer rows -j 2
	grep -qx 'shop\.customer, by id:' out
	sed -n '/^[-+!]/p' out >rows
	diff - rows <<-END
		! 7  born: 2000-01-08 -> 0044-03-15 BC; score: 1.00 -> 2.00; ok: f -> NULL
		! 501  email: c501@example.org -> new@x
		- 1000
		+ 2000
	END
	grep -qx 'different: 4 rows' out
	# Between archives it is the same.
	cask_backup rows "$T" --name rows -q
	"$PGCASK" diff "$ARCHIVE" "$(the_archive "$T/rows")" \
	    --rows customer >out || [ $? -eq 1 ]
	sed -n '/^[-+!]/p' out | diff rows -
	rows_of customer rows --json
	jq -e '.key == "id" and .more == false and (.rows | length) == 4 and
	    .rows[1].changes == [{"column": "email",
		"before": "c501@example.org", "after": "new@x"}]' out
	"$PGCASK" diff "$ARCHIVE" -d rows --rows shop.product |
	    grep -x 'same: the rows of shop.product'
}

@test "values are shown as the server writes them" {
	pg_new values
	pg_sql values "SET DateStyle = 'ISO'; SET TimeZone = 'UTC';
	    CREATE TABLE v (id int PRIMARY KEY, i2 smallint, i8 bigint, o oid,
		b bool, n numeric, m numeric(20, 4), t timestamp, z timestamptz,
		d date, h time, u uuid, j jsonb, f float8, r real, s text,
		y bytea);
	    INSERT INTO v VALUES
		(1, -2, -9000000000, 4000000000, true, -0.00012, 1234567890.5,
		'1999-12-31 23:59:59.5', '2024-02-29 12:00:00Z', '1969-12-31',
		'13:14:15.000001', '00112233-4455-6677-8899-aabbccddeeff',
		'{\"a\": [1, null]}', 1.5, -0.25, 'Ü', '\\x00ff'),
		(2, 32767, 1, 0, false, 'NaN', 10000, '4713-01-01 BC',
		'infinity', '-infinity', '24:00', md5('x')::uuid, 'null',
		'Infinity', 1e10, '', ''),
		(3, 0, 0, 0, NULL, 12345678901234567890.000100, -99999, NULL,
		'1900-03-01', '2100-03-01', '00:00', NULL, NULL, 0, 0, 'a  b\\c',
		NULL);"
	for format in binary text; do
		cask_backup values "$T" --name "values-$format" -q \
		    --format "$format"
	done
	columns=(i2 i8 o b n m t z d h u j f r s y)
	list=
	for column in "${columns[@]}"; do
		list+="'$column: ' || $column::text || ' -> NULL', "
	done
	pg_sql values "SET DateStyle = 'ISO'; SET TimeZone = 'UTC';
	    SELECT '! ' || id || '  ' || array_to_string(ARRAY[${list%, }], '; ')
	    FROM v ORDER BY id" |
	    sed -e 's/ b: true / b: t /' -e 's/ b: false / b: f /' \
		-e 's/a  b\\c/a  b\\\\c/' >want
	pg_sql values "UPDATE v SET $(printf '%s = NULL, ' "${columns[@]}" |
	    sed 's/, $//')"
	[ "$(wc -l <want)" -eq 3 ]
	for format in binary text; do
		"$PGCASK" diff "$(the_archive "$T/values-$format")" -d values \
		    --rows v >out || [ $? -eq 1 ]
		sed -n '/^!/p' out | diff want -
	done
}

@test "values are shown in UTF-8, whatever the encoding is" {
	export PGCLIENTENCODING=UTF8
	for encoding in LATIN1:é:å EUC_JP:表:あ; do
		IFS=: read -r encoding one two <<<"$encoding"
		new_encoded shown "$encoding"
		pg_sql shown "CREATE TYPE e AS ENUM ('$two')" \
		    "CREATE TABLE v (k text PRIMARY KEY, v varchar(900), j jsonb,
			e e, m macaddr)" \
		    "INSERT INTO v VALUES ('$one$two', 'x' || repeat('$two', 800),
			'[\"$one\"]', '$two', 'a4:a2:a4:a2:a4:a2')"
		for format in binary text; do
			cask_backup shown "$T" --name "$encoding-$format" -q \
			    --format "$format"
		done
		pg_sql shown "UPDATE v SET v = '$one', j = '[\"$two\"]',
		    e = NULL, m = NULL"
		for format in binary text; do
			"$PGCASK" diff "$(the_archive "$T/$encoding-$format")" \
			    -d shown --rows v >out || [ $? -eq 1 ]
			mac=a4:a2:a4:a2:a4:a2
			[ "$format" = text ] || mac="\\x${mac//:/}"
			grep -Fx "! $one$two  v: x$(printf "$two%.0s" {1..59})... -> $one; j: [\"$one\"] -> [\"$two\"]; e: $two -> NULL; m: $mac -> NULL" out
		done
		pg_drop shown
	done
}

@test "rows without a key are counted, and few are shown of many" {
	change many "INSERT INTO shop.gone VALUES (1), (3)" \
	    "UPDATE shop.customer SET ok = NOT ok" \
	    "UPDATE shop.plain SET note = 'x' WHERE id = 1" \
	    "INSERT INTO shop.parted VALUES (0, 'new')" \
	    "UPDATE shop.mood SET n = 100 WHERE n = 3"
	rows_of shop.gone many
	grep -qx '+ 1  (2 before, 3 after)' out
	grep -qx '+ 3  (0 before, 1 after)' out
	rows_of shop.customer many --limit 5
	[ "$(grep -c '^! .*  ok: [tf] -> [tf]$' out)" -eq 5 ]
	grep -qx 'different: more than these 5 rows' out
	rows_of shop.plain many
	grep -Fqx '! 1  note: a\tb -> x' out
	rows_of shop.parted many
	grep -qx '+ 0, new  (0 before, 1 after)' out
	rows_of shop.mood_1 many
	grep -q '^shop\.mood, by whole rows:' out
	[ "$(grep -c '^[-+] ' out)" -eq 2 ]
	# One table is compared, so none is chosen without a word.
	refuses 2 '"--rows" and "--table" contradict each other: .*one table' \
	    "$PGCASK" diff "$ARCHIVE" -d many -t shop.gone --rows shop.customer
	for option in -Tx --exclude-table-data=x -nshop -Nshop --filter=x \
	    --schema-only; do
		refuses 2 'contradict each other' "$PGCASK" diff "$ARCHIVE" \
		    -d many --rows shop.customer $option
	done
	refuses 2 'no table "shop.nix"' \
	    "$PGCASK" diff "$ARCHIVE" -d many --rows shop.nix
	cask_backup many "$T" --name text -q --format text
	refuses 2 'saved in text format once' "$PGCASK" diff "$ARCHIVE" \
	    "$(the_archive "$T/text")" --rows shop.customer
}

@test "columns whose rows are not compared are named, and are a difference" {
	change columns "ALTER TABLE shop.customer DROP score" \
	    "ALTER TABLE shop.customer ALTER born TYPE text" \
	    "ALTER TABLE shop.customer ADD new text"
	rows_of shop.customer columns
	grep -x 'not compared: born: date -> text, -score numeric(10,2), +new text' out
	grep -qx 'different: columns; in all others the rows are the same' out
	rows_of shop.customer columns --json
	jq -e '.same == false and .rows == [] and .columns_omitted[:2] == [
	    {"name": "born", "type_before": "date", "type_after": "text"},
	    {"name": "score", "type_before": "numeric(10,2)",
		"type_after": null}]' out
	pg_sql columns "UPDATE shop.customer SET email = NULL WHERE id = 9"
	rows_of shop.customer columns
	grep -qx 'different: 1 row, columns' out
}

@test "values that look the same are told apart" {
	pg_new apart
	pg_sql apart "CREATE TABLE v (k text PRIMARY KEY, v text)" \
	    "INSERT INTO v VALUES (E'a\\tb', E'x\\ty'), ('a b', E'x\\ny'),
		(E'a\\\\tb', E'\\\\x00'), (E'\\x1b', 'é')" \
	    "CREATE TABLE y (k bytea PRIMARY KEY)" \
	    "INSERT INTO y VALUES ('\\x5c00ff')"
	for format in binary text; do
		cask_backup apart "$T" --name "apart-$format" -q \
		    --format "$format"
	done
	pg_sql apart "UPDATE v SET v = 'x y'" "DELETE FROM y"
	for format in binary text; do
		old=$(the_archive "$T/apart-$format")
		"$PGCASK" diff "$old" -d apart --rows v >out || [ $? -eq 1 ]
		sed -n '/^!/p' out | LC_ALL=C sort | diff - <(cat <<-'END'
			! \x1b  v: é -> x y
			! a b  v: x\ny -> x y
			! a\\tb  v: \\x00 -> x y
			! a\tb  v: x\ty -> x y
		END
		)
		"$PGCASK" diff "$old" -d apart --rows v --json >out ||
		    [ $? -eq 1 ]
		jq -e '[.rows[] | [.key, .changes[0].before]] | sort ==
		    ([["a\tb", "x\ty"], ["a b", "x\ny"], ["a\\tb", "\\x00"],
			["\u001b", "é"]] | sort)' out
		"$PGCASK" diff "$old" -d apart --rows y >out || [ $? -eq 1 ]
		grep -Fx -- '- \x5c00ff' out
	done
}

@test "NULL is told from its name, names do no harm, and columns may lack" {
	esc=$(printf 'a\033[31m\nb')
	pg_new strange
	pg_sql strange "CREATE TABLE n (id int PRIMARY KEY, a text)" \
	    "INSERT INTO n VALUES (1, NULL), (2, 'NULL')" \
	    "CREATE TABLE bare (a int GENERATED ALWAYS AS (1) STORED)" \
	    "INSERT INTO bare DEFAULT VALUES" \
	    "CREATE TABLE \"$esc\" (\"$esc\" int PRIMARY KEY, w int)" \
	    "INSERT INTO \"$esc\" VALUES (1, 1)"
	cask_backup strange "$T" --name strange -q
	old=$(the_archive "$T/strange")
	pg_sql strange "UPDATE n SET a = CASE id WHEN 1 THEN 'NULL' END" \
	    "INSERT INTO bare DEFAULT VALUES" "INSERT INTO \"$esc\" VALUES (2, 2)"
	"$PGCASK" diff "$old" -d strange --rows n >out || [ $? -eq 1 ]
	grep -x "! 1  a: NULL -> 'NULL'" out
	grep -x "! 2  a: 'NULL' -> NULL" out
	"$PGCASK" diff "$old" -d strange --rows n --json >out || [ $? -eq 1 ]
	jq -e '[.rows[].changes[0] | .before, .after] ==
	    [null, "NULL", "NULL", null]' out
	"$PGCASK" diff "$old" -d strange --rows "$esc" >out || [ $? -eq 1 ]
	grep -Fx 'public.a?[31m?b, by a?[31m?b:' out
	# A line of a patch, and of a warning, is one whatever a table is called.
	pg_sql strange "DELETE FROM \"$esc\" WHERE w = 2" \
	    "ALTER TABLE \"$esc\" DROP \"$esc\" CASCADE"
	"$PGCASK" diff "$old" -d strange >out 2>err || [ $? -eq 1 ]
	grep -Eq '^@@ [^@]* @@ TABLE public\.a\?\[31m\?b$' out
	lacks '^b(_|$)' out
	grep -Fq 'same: public.a?[31m?b (a column is gone)' err
	"$PGCASK" diff "$old" -d strange --rows bare >out || [ $? -eq 1 ]
	grep -x '+ no column that is saved  (1 before, 2 after)' out
}
