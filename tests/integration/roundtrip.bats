#!/usr/bin/env bats
# builds: asan tsan
# A database with everything in it goes into an archive and comes back.

load ../lib/cask

setup_file() {
	cask_begin
	pg_sql postgres <"$BATS_TEST_DIRNAME/roles.sql"
	pg_new rich "LOCALE 'C.UTF-8' TEMPLATE template0"
	psql -X -q -v ON_ERROR_STOP=1 -d rich -o /dev/null \
	    -f "$BATS_TEST_DIRNAME/rich.sql"
	# Settings and privileges of the database itself.
	pg_sql postgres \
	    "ALTER DATABASE rich SET search_path = app, public" \
	    "ALTER DATABASE rich SET statement_timeout = '10min'" \
	    "ALTER ROLE rich_reader IN DATABASE rich SET work_mem = '8MB'" \
	    "ALTER DATABASE rich CONNECTION LIMIT 77" \
	    "ALTER DATABASE rich OWNER TO rich_owner" \
	    "REVOKE CONNECT ON DATABASE rich FROM PUBLIC" \
	    "GRANT CONNECT, TEMP ON DATABASE rich TO rich_reader" \
	    "COMMENT ON DATABASE rich IS 'rich and strange'"
	cask_backup rich "$REPO" -j 2 >"$T/summary"
	export ARCHIVE
	ARCHIVE=$(the_archive "$REPO")
}

teardown_file() {
	pg_stop "$SERVER"
}

# database_line DATABASE: all that belongs to a database itself.
database_line() {
	pg_sql postgres "SELECT pg_get_userbyid(datdba), encoding, datcollate,
		datctype, datconnlimit, datacl,
		shobj_description(d.oid, 'pg_database'),
		(SELECT array_agg(pg_get_userbyid(setrole) || ' ' ||
			array_to_string(setconfig, ',') ORDER BY setrole)
		FROM pg_db_role_setting WHERE setdatabase = d.oid)
	    FROM pg_database d WHERE datname = '$1'"
}

@test "the archive has its documented name and mode, and is a tar" {
	[[ $ARCHIVE =~ ^$REPO/rich/[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}\.cask$ ]]
	tar tf "$ARCHIVE" >"$BATS_TEST_TMPDIR/names"
	[ "$(head -n 4 "$BATS_TEST_TMPDIR/names" | paste -sd ' ')" = \
	    "pgcask.json catalog schema globals" ]
	[ "$(tail -n 2 "$BATS_TEST_TMPDIR/names" | paste -sd ' ')" = \
	    "manifest index" ]
	grep -qx 'data/00000001' "$BATS_TEST_TMPDIR/names"
	grep -q '^lo/' "$BATS_TEST_TMPDIR/names"
}

@test "the archive tells no name of anything in it" {
	lacks 'rich_owner|measure_2026|Person 17|CREATE TABLE' "$ARCHIVE"
	tar xOf "$ARCHIVE" pgcask.json >"$BATS_TEST_TMPDIR/header"
	lacks 'rich|postgres' "$BATS_TEST_TMPDIR/header"
}

@test "the summary is one line that counts tables and rows" {
	[ "$(wc -l <"$T/summary")" -eq 1 ]
	rows=$(pg_contents rich | grep -v -e '^sequence' -e '^large' \
	    -e 'per_team' |
	    awk -F '|' 'NF > 3 { n += $(NF - 2) } END { print n }')
	tr -d ', ' <"$T/summary" | grep -q "$rows"
}

@test "restore with --create brings all of it back" {
	cask_restore "$ARCHIVE" copy_a --create -j 2 --verify
	same_databases rich copy_a
	[ "$(database_line rich)" = "$(database_line copy_a)" ]
}

@test "restore into an empty database brings all of it back" {
	pg_new copy_b "LOCALE 'C.UTF-8' TEMPLATE template0"
	cask_restore "$ARCHIVE" copy_b -j 1
	same_databases rich copy_b
}

@test "eight jobs both ways give the same" {
	mkdir "$T/repo8"
	cask_backup rich "$T/repo8" -j 8
	cask_restore "$(the_archive "$T/repo8")" copy_8 --create -j 8 --verify
	same_databases rich copy_8
}

@test "one job both ways, in text, gives the same" {
	mkdir "$T/repo1"
	cask_backup rich "$T/repo1" -j 1 --format text --level 5
	cask_restore latest copy_1 -r "$T/repo1" --create -j 1 --verify
	same_databases rich copy_1
}

@test "binary is not forced on types that have no stable binary form" {
	mkdir "$T/repob"
	refuses 2 'app\.person' cask_backup rich "$T/repob" --format binary
	no_archive "$T/repob"
}

@test "a pipe needs no file" {
	set -o pipefail
	"$PGCASK" backup -d rich -o - --seal-key "$KEYS/k-seal.key" -j 2 |
	    cask_restore - copy_pipe --create -j 2 --verify
	same_databases rich copy_pipe
}

@test "a file outside a repository is found by its path" {
	"$PGCASK" backup -d rich -o "$T/out.cask" --seal-key "$KEYS/k-seal.key"
	cask_restore "$T/out.cask" copy_out --create
	same_databases rich copy_out
	# It is never overwritten.
	sum=$(sha256sum "$T/out.cask")
	refuses 5 'out\.cask' "$PGCASK" backup -d rich -o "$T/out.cask" \
	    --seal-key "$KEYS/k-seal.key"
	[ "$sum" = "$(sha256sum "$T/out.cask")" ]
}

@test "a copy of a copy is still the same" {
	mkdir "$T/repo2"
	cask_restore "$ARCHIVE" first --create
	cask_backup first "$T/repo2"
	cask_restore latest second -r "$T/repo2" --create
	same_databases rich second
	[ "$(database_line rich)" = "$(database_line second)" ]
}

@test "list shows the archive by its id" {
	id=$(basename "$ARCHIVE" .cask)
	id=${id#*-}
	run "$PGCASK" list -r "$REPO" --open-key "$KEYS/k-open.key"
	[ "$status" -eq 0 ]
	[[ $output == *$id* ]]
	[[ $output == *rich* ]]
	"$PGCASK" list -r "$REPO" --json | jq -e 'length == 1'
}

@test "show tells tables and rows with the key, and less without" {
	"$PGCASK" show "$ARCHIVE" --open-key "$KEYS/k-open.key" --tables |
	    grep 'app\.person' | tr -d ', ' | grep -q 20000
	"$PGCASK" show "$ARCHIVE" --open-key "$KEYS/k-open.key" --json | jq -e .
	run "$PGCASK" show "$ARCHIVE"
	[ "$status" -eq 0 ]
	[[ $output != *app.person* ]]
	[[ $output == *key* ]]
}

@test "cat gives each entry" {
	cat_entry() {
		"$PGCASK" cat "$ARCHIVE" "$1" --open-key "$KEYS/k-open.key"
	}
	cat_entry catalog | jq -e . >/dev/null
	cat_entry manifest | jq -e . >/dev/null
	cat_entry globals | grep -q 'CREATE ROLE rich_owner'
	# What pg_restore reads in it is what pg_dump would have said.
	cat_entry schema | pg_restore -l | grep -q 'TABLE app person'
	cat_entry app.team >"$BATS_TEST_TMPDIR/team"
	[ -s "$BATS_TEST_TMPDIR/team" ]
	refuses 2 'nosuch' cat_entry app.nosuch
}

@test "a table's COPY stream loads by hand" {
	mkdir "$T/repot"
	cask_backup rich "$T/repot" --format text
	for table in app.team app.person; do
		"$PGCASK" cat latest "$table" -r "$T/repot" \
		    --open-key "$KEYS/k-open.key" | sort |
		    sha256sum >"$BATS_TEST_TMPDIR/theirs"
		columns=$(pg_sql rich "SELECT string_agg(quote_ident(attname),
			',' ORDER BY attnum) FROM pg_attribute
		    WHERE attrelid = '$table'::regclass AND attnum > 0
			AND NOT attisdropped AND attgenerated = ''")
		psql -X -d rich -c "COPY $table ($columns) TO STDOUT" | sort |
		    sha256sum | diff - "$BATS_TEST_TMPDIR/theirs"
	done
}

@test "latest, latest:NAME and an id's prefix name archives" {
	mkdir "$T/repon"
	cask_backup postgres "$T/repon" --name one
	cask_backup postgres "$T/repon" --name two --label before-2.14
	[[ $(the_archive "$T/repon/two") == *-before-2.14.cask ]]
	for spec in latest latest:one latest:two; do
		"$PGCASK" show "$spec" -r "$T/repon"
	done
	id=$(basename "$T/repon/one"/*.cask .cask)
	"$PGCASK" show "${id#*-}" -r "$T/repon"
	PGCASK_REPO=$T/repon "$PGCASK" show latest:two
	refuses 10 'three' "$PGCASK" show latest:three -r "$T/repon"
}

@test "an empty database comes back" {
	pg_new void
	mkdir "$T/repov"
	cask_backup void "$T/repov"
	cask_restore latest void_copy -r "$T/repov" --create --verify
	same_databases void void_copy
}
