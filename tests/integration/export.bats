#!/usr/bin/env bats
# builds: asan
# servers: since 15
# An archive as an SQL script, which psql runs into an empty database.  A pg_dump
# of 15 leaves the privileges of "public" on older servers as they were not.

load ../lib/cask
. "$PG_TOP/tests/lib/everything.bash"

setup_file() {
	cask_files
	everything_start SERVER "${PG_MAJOR:-15}"
	everything_make every "$SERVER/spaces"
	cask_backup every "$REPO" --format text
	pg_new shop
	sed -e 's/150000/5000/' -e 's/30000/3000/g' \
	    "$PG_TOP/packaging/sample.sql" | pg_sql shop
	cask_backup shop "$REPO"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
	pg_stop ${OTHER:+"$OTHER"}
}

# script ARCHIVE OPTION...: its script, on standard output without -o.
script() {
	timeout -k 5 300 "$PGCASK" export "$@" -r "$REPO" \
	    --open-key "$KEYS/k-open.key"
}

from_pipe() {
	script - "${@:2}" <"$1"
}

# run_script DATABASE [OPTION...]: from standard input; the first error ends it.
run_script() {
	psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d "$@" 2>said ||
	    { grep -v WARNING said; return 1; }
}

# new_every DATABASE: an empty one, with what belongs to the database itself.
new_every() {
	pg_new "$1" "LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'
	    TEMPLATE template0 TABLESPACE \"Every \"\"odd\"\" space\""
}

# same_every DATABASE: it is what the everything database is.
same_every() {
	local query

	same_databases every "$1"
	for query in large-objects states; do
		pg_sql every "$(everything_query "$query")" >one
		[ -s one ]
		pg_sql "$1" "$(everything_query "$query")" | diff one -
	done
}

@test "everything there is comes back, in one transaction" {
	new_every copy
	script latest:every -o every.sql
	[ "$(stat -c %a every.sql)" = 600 ]
	tail -n 2 every.sql | grep -q 'The script is whole'
	# As pg_dump makes it: COPY, not INSERT, and in its order.
	[ "$(grep -c '^COPY ' every.sql)" -gt 30 ]
	lacks '^INSERT' every.sql
	[ "$(grep -n '^CREATE SUBSCRIPTION' every.sql | cut -d : -f 1 |
	    head -n 1)" -gt "$(grep -n '^COPY ' every.sql | cut -d : -f 1 |
	    tail -n 1)" ]
	run_script copy -1 <every.sql
	same_every copy
	refuses 5 'exists already' script latest:every -o every.sql
}

@test "the same from a pipe, whose parts are mixed, into another pipe" {
	new_every copy_2
	script - <"$(find "$REPO/every" -name '*.cask')" | run_script copy_2
	same_every copy_2
}

@test "large tables, whose parts several workers wrote in turns" {
	pg_new large
	pg_sql large "CREATE TABLE a AS SELECT i, repeat(md5(i::text), 20) AS t
		FROM generate_series(1, 60000) AS i" \
	    "CREATE TABLE b AS SELECT i, repeat(md5((i * 3)::text), 20) AS t
		FROM generate_series(1, 60000) AS i"
	cask_backup large "$REPO" --format text -j 2
	# Of a file a table has one COPY, and no more memory is needed for it.
	script latest:large -o large.sql
	[ "$(grep -c '^COPY ' large.sql)" -eq 2 ]
	for file in large.sql -; do
		pg_new copy_3
		if [ "$file" = - ]; then
			script - <"$(find "$REPO/large" -name '*.cask')"
		else
			cat "$file"
		fi | run_script copy_3
		same_databases large copy_3
	done
	pg_drop copy_3
	pg_drop large
}

@test "rows that look like the end, in any dress, are rows" {
	pg_new odd
	pg_sql odd "CREATE TABLE odd (t text, u text, i serial)" \
	    "INSERT INTO odd (t, u) VALUES (E'\\\\.', E'\\\\.'), (E'\\n\\\\.\\n', ''),
		(E'a\\r\\n\\\\.\\r\\nb', NULL), (E'\\t\\b\\v\\f\\\\N', E'\\\\N'),
		('\\! false', E'\\r'), (':v', ':''v'''), ('\$\$', '--'), (NULL, NULL)" \
	    "CREATE TABLE none ()" "INSERT INTO none DEFAULT VALUES" \
	    "CREATE TABLE made (i int, j int GENERATED ALWAYS AS (i * 2) STORED,
		id int GENERATED ALWAYS AS IDENTITY)" \
	    "INSERT INTO made (i) SELECT generate_series(1, 9)" \
	    "CREATE SEQUENCE \"o\\\\'d\\\\\" START 7" "SELECT nextval('\"o\\\\''d\\\\\"')" \
	    "COMMENT ON TABLE odd IS E'a \\\\! b ''\\\\''';" >/dev/null
	cask_backup odd "$REPO" --format text
	pg_new copy_4
	script latest:odd | run_script copy_4 -1 -v v=wrong
	same_databases odd copy_4
	pg_drop copy_4
	pg_drop odd
}

@test "a database in another encoding, with backslashes in its literals" {
	pg_new latin "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
	PGCLIENTENCODING=UTF8 pg_sql latin "CREATE TABLE \"größe\" (\"maß\" text DEFAULT E'\\\\ü\\\\')" \
	    "INSERT INTO \"größe\" VALUES ('ä'), (DEFAULT)" \
	    "COMMENT ON TABLE \"größe\" IS E'\\\\ß\\\\'" \
	    "CREATE SEQUENCE \"b\\\\s\" START 5" \
	    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS E'SELECT ''\\\\\\\\'''" \
	    "SELECT lo_from_bytea(77, 'content')" \
	    "COMMENT ON LARGE OBJECT 77 IS E'\\\\'" \
	    "ALTER DATABASE latin SET standard_conforming_strings = off" >/dev/null
	PGOPTIONS="-c standard_conforming_strings=off" \
	    cask_backup latin "$REPO" --format text
	pg_new copy_5 "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
	script latest:latin -o latin.sql
	PGCLIENTENCODING=UTF8 run_script copy_5 <latin.sql
	pg_sql postgres \
	    "ALTER DATABASE copy_5 SET standard_conforming_strings = off"
	same_databases latin copy_5
	# Into another encoding, too: the server converts.
	pg_new copy_6 "ENCODING UTF8 LOCALE 'C' TEMPLATE template0"
	run_script copy_6 <latin.sql
	[ "$(pg_sql copy_6 'SELECT "maß" FROM "größe"' | paste -sd ' ')" = \
	    "ä \\ü\\" ]
	pg_drop copy_5
	pg_drop copy_6
	pg_drop latin
}

@test "binary tables are named, all of them, before anything is written" {
	run script latest:shop -o shop.sql
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"the rows of 5 tables are in PostgreSQL's binary"* ]]
	for table in manual purchase_2025 customer product change; do
		[[ $output == *"shop.$table"* ]]
	done
	[[ $output == *"scratch database"*"--without-binary"*"--format text"* ]]
	# It has none, so that needs none.
	lacks 'purchase_2026' <<<"$output"
	[ ! -e shop.sql ]
	[ -z "$(script latest:shop 2>/dev/null)" ]
	# Which they are is not known before they have passed.
	refuses 1 'rows of 6 tables .*purchase_2026' \
	    from_pipe "$(find "$REPO/shop" -name '*.cask')"
}

@test "--without-binary: the script says where the rows are to be had" {
	pg_new copy_7
	status=0
	script latest:shop --without-binary >shop.sql 2>err || status=$?
	[ "$status" -eq 3 ]
	grep -q 'the rows of 5 binary tables are left out' err
	grep -q 'without the rows of 5 binary tables' shop.sql
	run_script copy_7 -1 <shop.sql
	same_databases shop copy_7 && return 1
	# What the comments say works.  Keys are there already, so in order.
	[ "$(grep -c "^-- pgcask cat ARCHIVE '" shop.sql)" -eq 5 ]
	sed -n 's/^-- pgcask cat ARCHIVE //p; s/^-- \\copy /\\copy /p' shop.sql |
	    while read -r line && read -r copy; do
		name=$(sed "s/^'//; s/' >FILE\$//" <<<"$line")
		"$PGCASK" cat latest:shop "$name" -r "$REPO" \
		    --open-key "$KEYS/k-open.key" >rows
		echo "SET session_replication_role = replica;" >one.sql
		echo "${copy/FILE/rows}" >>one.sql
		run_script copy_7 -f one.sql
	done
	same_databases shop copy_7
	pg_drop copy_7
}

@test "a part of a database, and rows alone" {
	cask_backup shop "$REPO" --name part --format text \
	    --schema shop --exclude-table-data shop.change
	pg_new copy_8
	script latest:part | run_script copy_8 -1
	[ "$(pg_sql copy_8 "SELECT count(*) FROM shop.purchase_2025")" = 5000 ]
	[ "$(pg_sql copy_8 "SELECT count(*) FROM shop.change")" = 0 ]
	cask_backup shop "$REPO" --name rows --format text --data-only
	pg_new copy_9
	# What a newer pg_dump sets, an older server may not know.
	pg_dump --schema-only shop | sed '/^SET transaction_timeout/d' |
	    run_script copy_9
	{
		echo "SET session_replication_role = replica;"
		script latest:rows
	} | run_script copy_9
	same_databases shop copy_9
	pg_drop copy_8
	pg_drop copy_9
}

@test "the schema public, chosen, becomes what it was" {
	pg_new home
	pg_sql home "REVOKE ALL ON SCHEMA public FROM PUBLIC" \
	    "COMMENT ON SCHEMA public IS 'home'" "CREATE TABLE t (i int)"
	cask_backup home "$REPO" --format text --schema public
	pg_new copy_11
	script latest:home | run_script copy_11 -1
	same_databases home copy_11
	pg_drop copy_11
	pg_drop home
}

# evil FILE: a view's definition, as a server would give it that is not what it
# was; the script of its database goes to evil.sql.
evil() {
	pg_new evil
	pg_sql evil "CREATE TABLE t (i int)" "CREATE VIEW v AS SELECT 1 AS i" \
	    "CREATE TABLE was (def text)" >/dev/null
	psql -X -q -d evil -c "\\copy was FROM '$1' CSV QUOTE E'\\x01' DELIMITER E'\\x02'"
	pg_sql evil "SET allow_system_table_mods = on;
	    ALTER FUNCTION pg_catalog.pg_get_viewdef(oid) RENAME TO was;
	    CREATE FUNCTION pg_catalog.pg_get_viewdef(oid) RETURNS text
		LANGUAGE sql AS
		\$\$ SELECT string_agg(def, E'\\n') FROM public.was \$\$"
	cask_backup evil "$REPO" --format text
	pg_drop evil
}

@test "a server that gives psql commands of its own finds no way into it" {
	printf 'SELECT 1 AS i;\n\\! touch %s\n;\n' "$PWD/came" >plain
	# What looks like a literal would be the end of rows, and a command.
	printf 'SELECT 1 AS i;\nCOPY public.t FROM stdin;\n%s\n%s\n\\! %s\n%s;\n' \
	    "SELECT \$a\$" '\.' "touch $PWD/came" "\$a\$" >rows
	# One word, or a number and a literal?
	printf "SELECT 1\$a\$ ' \$a\$ \\\\! %s\n'::text AS i;\n" \
	    "touch $PWD/came" >number
	for way in plain rows number; do
		evil "$PWD/$way"
		refuses 6 'VIEW public.v: psql would find more than SQL' \
		    script latest:evil -o evil.sql
		[ ! -e evil.sql ]
		# psql stops there, too.
		script latest:evil 2>/dev/null >evil.sql || :
		pg_new evil
		psql -X -q -d evil -o /dev/null -f evil.sql 2>/dev/null || :
		pg_drop evil
		[ ! -e came ]
		rm evil.sql
	done
}

@test "what changes the session on the way changes nothing of that" {
	pg_new sly
	cat >made <<-SQL
		CREATE FUNCTION f(int) RETURNS bool LANGUAGE plpgsql AS \$\$
		BEGIN
		    PERFORM set_config('standard_conforming_strings', 'off', false);
		    PERFORM set_config('client_encoding', 'SJIS', false);
		    RETURN true;
		END \$\$;
		CREATE TABLE t (i int CHECK (f(i)));
		CREATE INDEX a ON t (i);
		CREATE INDEX b ON t (i);
		COMMENT ON INDEX a IS 'x\303\201';
		COMMENT ON INDEX b IS 'a\\\\'' \\\\! touch $PWD/came
		';
	SQL
	printf '%b\n' "$(cat made)" | psql -X -q -d sly
	pg_sql sly "INSERT INTO t VALUES (1)"
	cask_backup sly "$REPO" --format text
	# A definition that does it itself, as a server may give it.
	printf '%s\n' "SELECT 1 AS i;SET standard_conforming_strings = off;" \
	    "SELECT 'a\\'' \\! touch $PWD/came" "';" >switch
	evil "$PWD/switch"
	for name in sly evil; do
		script "latest:$name" -o "$name.sql"
		pg_new copy_10
		psql -X -q -d copy_10 -o /dev/null -f "$name.sql" || :
		[ ! -e came ]
		[ "$name" != sly ] || same_databases sly copy_10
		pg_drop copy_10
	done
	pg_drop sly
}

@test "what the backup was told of owners holds for the script" {
	pg_new owned
	pg_sql postgres "CREATE ROLE \"nobody's\""
	pg_sql owned "CREATE TABLE t (i int)" "SELECT lo_create(7)" \
	    "ALTER TABLE t OWNER TO \"nobody's\"" \
	    "ALTER LARGE OBJECT 7 OWNER TO \"nobody's\"" \
	    "GRANT SELECT ON t TO \"nobody's\"" >/dev/null
	cask_backup owned "$REPO" --format text --no-owner --no-privileges \
	    --no-tablespaces
	script latest:owned -o owned.sql
	lacks "^[^-].*nobody's" owned.sql
	pg_drop owned
	pg_sql postgres "DROP ROLE \"nobody's\""
}

# of_version MAJOR OPTION...: a copy on a server of that version, by a script.
of_version() {
	pg_start OTHER "$1"
	PATH=$(pg_clients):$PATH
	pg_new shop
	sed -e 's/150000/5000/' -e 's/30000/3000/g' \
	    "$PG_TOP/packaging/sample.sql" | pg_sql shop
	pg_sql shop "SELECT lo_from_bytea(77, 'content'), lo_create(78)" \
	    "COMMENT ON LARGE OBJECT 78 IS 'none'" "ANALYZE" >/dev/null
	cask_backup shop "$REPO" --name "v$1" --format text \
	    --pg-bindir "$(pg_clients)" "${@:2}"
	pg_new copy
	script "latest:v$1" -o copy.sql
	run_script copy -1 <copy.sql
	same_databases shop copy
}

@test "version 12" {
	of_version 12
}

@test "version 18, with the planner's statistics" {
	of_version 18 --statistics
	[ "$(pg_sql copy "SELECT count(*) FROM pg_stats
	    WHERE schemaname = 'shop'")" -gt 10 ]
	[ "$(pg_sql copy "SELECT reltuples FROM pg_class
	    WHERE relname = 'purchase_2025'")" = 5000 ]
}

@test "a damaged archive, and one without a database" {
	archive=$(find "$REPO/every" -name '*.cask')
	head -c $(($(stat -c %s "$archive") * 2 / 3)) "$archive" >cut.cask
	refuses 6 "ends|cut" from_pipe cut.cask -o cut.sql
	[ ! -e cut.sql ]
	[ -z "$(find . -name '*.partial')" ]
	script - <cut.cask 2>/dev/null >cut.sql || :
	lacks 'The script is whole' cut.sql
	"$PGCASK" backup --globals-only -o globals.cask -q \
	    --seal-key "$KEYS/k-seal.key"
	refuses 2 'no database.*|cat ARCHIVE globals' script globals.cask
}
