#!/usr/bin/env bats
# builds: test
# servers: its own
# Every supported version of PostgreSQL as the source and as the target.

load ../lib/cask

setup_file() {
	cask_files
	# One pg_dump for all of them.
	export CLIENTS
	CLIENTS=$(pg_clients)
	PATH=$CLIENTS:$PATH
}

teardown() {
	pg_use_none
	pg_stop ${SOURCE:+"$SOURCE"} ${TARGET:+"$TARGET"}
}

pg_use_none() {
	unset PGHOST PGPORT PGUSER PGDATABASE
}

# a_shop: make a small sample database, with types of this version.
a_shop() {
	pg_new shop
	sed -e 's/150000/5000/' -e 's/30000/3000/g' \
	    -e 's/(1, 1000) i;/(1, 100) i;/' "$PG_TOP/packaging/sample.sql" |
	    pg_sql shop
	pg_sql shop <"$PG_TOP/tests/integration/types.sql" >/dev/null
}

# backup_of MAJOR: by a pg_dump that fits, which of 15 is the system's own.
backup_of() {
	if [ "$1" -eq 15 ]; then
		cask_backup shop "$REPO" --name "v$1" \
		    --pg-bindir "$(pg_bindir 15)"
	else
		cask_backup shop "$REPO" --name "v$1" --pg-bindir "$CLIENTS"
	fi
}

# same_version MAJOR: from that version to itself.
same_version() {
	pg_start SOURCE "$1"
	a_shop
	backup_of "$1"
	cask_restore "latest:v$1" copy -r "$REPO" --create -j 2 --verify
	same_databases shop copy
	[ "$(pg_contents copy | wc -l)" -gt 75 ]
}

@test "12 to 12" {
	same_version 12
}

@test "13 to 13" {
	same_version 13
}

@test "14 to 14" {
	same_version 14
}

@test "16 to 16" {
	same_version 16
}

@test "17 to 17" {
	same_version 17
}

@test "18 to 18" {
	same_version 18
}

# upgrade FROM TO: rows and definitions go over; --create makes a locale of
# the old server on the new one.
upgrade() {
	pg_start SOURCE "$1"
	a_shop
	backup_of "$1"
	pg_contents shop >"$BATS_TEST_TMPDIR/source"
	definitions shop >"$BATS_TEST_TMPDIR/definitions"
	pg_start TARGET "$2"
	cask_restore "latest:v$1" copy -r "$REPO" --create --verify
	pg_contents copy | diff "$BATS_TEST_TMPDIR/source" -
	definitions copy | diff "$BATS_TEST_TMPDIR/definitions" -
}

# definitions DATABASE: those that versions write alike.
definitions() {
	pg_sql "$1" "SELECT indexdef FROM pg_indexes
		WHERE schemaname NOT LIKE 'pg%' ORDER BY 1" \
	    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
		FROM pg_constraint WHERE contype IN ('p', 'f', 'u', 'c')
		AND connamespace NOT IN ('pg_catalog'::regnamespace,
			'information_schema'::regnamespace) ORDER BY 1, 2" \
	    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger
		WHERE NOT tgisinternal ORDER BY 1, 2"
}

@test "12 to 18" {
	upgrade 12 18
}

@test "14 to 15" {
	upgrade 14 15
}

@test "15 to 17" {
	upgrade 15 17
}

# downgrade FROM TO: onto an older server, which is said; all rows arrive.
downgrade() {
	pg_start SOURCE "$1"
	a_shop
	backup_of "$1"
	pg_contents shop >"$BATS_TEST_TMPDIR/source"
	definitions shop >"$BATS_TEST_TMPDIR/definitions"
	pg_start TARGET "$2"
	status=0
	cask_restore "latest:v$1" copy -r "$REPO" --create --verify \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -le "$SCREEN" ]
	grep "$1" "$BATS_TEST_TMPDIR/out" | grep "$2"
	pg_contents copy | diff "$BATS_TEST_TMPDIR/source" -
	definitions copy | diff "$BATS_TEST_TMPDIR/definitions" -
}

@test "15 to 14, which is older" {
	downgrade 15 14
}

@test "18 to 15, which is older" {
	downgrade 18 15
}

@test "--statistics: the planner's, where pg_dump and the server know how" {
	pg_start SOURCE 18
	a_shop
	pg_sql shop "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM shop.product" \
	    "CREATE INDEX ON shop.purchase_2025 ((id * 2))" "ANALYZE"
	cask_backup shop "$REPO" --name stats --statistics \
	    --pg-bindir "$CLIENTS"
	cask_restore latest:stats copy -r "$REPO" --create
	statistics shop >"$BATS_TEST_TMPDIR/shop"
	[ "$(grep -c pg_restore_attribute_stats "$BATS_TEST_TMPDIR/shop")" -gt 50 ]
	statistics copy | diff "$BATS_TEST_TMPDIR/shop" -
	# Not asked for, they are not there.
	cask_backup shop "$REPO" --name stats --pg-bindir "$CLIENTS"
	"$PGCASK" cat latest:stats catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | jq -e '.statistics == null'
}

@test "--statistics: a chosen part brings its own" {
	pg_start SOURCE 18
	pg_new shop
	pg_sql shop <<-'SQL'
		CREATE SCHEMA "o dd'x\y";
		CREATE TABLE "o dd'x\y"."a 'b\c" (i integer CONSTRAINT "k e'y"
			PRIMARY KEY, t text);
		CREATE INDEX "b 'y" ON "o dd'x\y"."a 'b\c" (lower(t));
		CREATE TABLE part (i integer, t text) PARTITION BY LIST (t);
		CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('A', 'B');
		CREATE TABLE bare (LIKE part);
		CREATE INDEX ON bare (upper(t));
		CREATE TABLE other (LIKE part);
		INSERT INTO other SELECT i, chr(65 + i % 2)
			FROM generate_series(1, 5000) AS i;
		INSERT INTO part TABLE other;
		INSERT INTO bare TABLE other;
		INSERT INTO "o dd'x\y"."a 'b\c" TABLE other;
		CREATE MATERIALIZED VIEW view AS
			SELECT t, count(*) FROM other GROUP BY t;
		ANALYZE;
	SQL
	cask_backup shop "$REPO" --name part --statistics \
	    --pg-bindir "$CLIENTS"
	statistics shop | tables_of 'o dd|part|view' >"$BATS_TEST_TMPDIR/shop"
	[ "$(grep -c . "$BATS_TEST_TMPDIR/shop")" -gt 50 ]
	# Another table of a name that the archive has stays as it is.
	pg_new copy
	pg_sql copy "CREATE TABLE other AS SELECT 1 AS i, 'x' AS t" "ANALYZE"
	statistics copy >"$BATS_TEST_TMPDIR/other"
	cask_restore latest:part copy -r "$REPO" -t 'o dd*.*' -t 'part*' \
	    -t bare --exclude-table-data bare -t view 2>&1 |
	    tee "$BATS_TEST_TMPDIR/out"
	lacks warning "$BATS_TEST_TMPDIR/out"
	statistics copy | tables_of 'o dd|part|view' |
	    diff "$BATS_TEST_TMPDIR/shop" -
	statistics copy | tables_of other |
	    diff <(tables_of other <"$BATS_TEST_TMPDIR/other") -
	statistics copy | tables_of bare | lacks pg_restore_attribute -
}

@test "--statistics: none where tables are not as they were" {
	pg_start SOURCE 18
	pg_new shop
	pg_sql shop "CREATE TABLE t AS SELECT generate_series(1, 500) AS i" \
	    "ANALYZE"
	cask_backup shop "$REPO" --name none --statistics \
	    --pg-bindir "$CLIENTS"
	for how in "--create --schema-only" "-t t --as public.u" "--data-only"; do
		echo "$how"
		[[ $how == *create* ]] || pg_new copy
		[[ $how != *data-only* ]] || pg_sql copy "CREATE TABLE t (i int)"
		# shellcheck disable=SC2086
		cask_restore latest:none copy -r "$REPO" -v $how \
		    >"$BATS_TEST_TMPDIR/out" 2>&1
		grep 'statistics are left out.*ANALYZE' "$BATS_TEST_TMPDIR/out"
		statistics copy | lacks pg_restore_attribute -
		pg_drop copy
	done
}

# tables_of PATTERN: of such statements, those about relations of that schema
# or name, but for what a VACUUM at any time changes.
tables_of() {
	perl -00 -ne 'print if /^SELECT/m &&
	    /.(schemaname|relname)., .(?:'"$1"')/' | grep -v relallvisible
}

# statistics DATABASE
statistics() {
	# How many ranges are empty is not taken by the server itself, where
	# few are not.
	pg_dump --statistics-only "$1" |
	    sed -e '/^\\\(un\)\{0,1\}restrict /d' \
	    -e '/range_empty_frac/d' -e 's/,$//'
}

@test "--statistics: those of tables that may not be maintained are told" {
	pg_start SOURCE 18
	# Who owns the database may set all of them.
	pg_sql postgres "CREATE ROLE app LOGIN" "CREATE DATABASE mine OWNER app" \
	    "CREATE DATABASE copy"
	pg_sql copy "GRANT CREATE ON DATABASE copy TO app" \
	    "ALTER SCHEMA public OWNER TO app"
	PGUSER=app pg_sql mine "CREATE SCHEMA s" \
	    "CREATE TABLE s.kept AS SELECT generate_series(1, 9) AS i" \
	    "CREATE TABLE other AS TABLE s.kept" "ANALYZE s.kept, other" \
	    "REVOKE MAINTAIN ON s.kept FROM app"
	cask_backup mine "$REPO" --statistics --pg-bindir "$CLIENTS"
	status=0
	PGUSER=app cask_restore latest:mine copy -r "$REPO" \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep 'warning: app is no superuser' "$BATS_TEST_TMPDIR/out" |
	    grep -F '2 sets of statistics (s.kept)'
	lacks 'database propert' "$BATS_TEST_TMPDIR/out"
	[ "$(pg_sql copy "SELECT reltuples FROM pg_class
	    WHERE relname = 'other'")" -eq 9 ]
}

@test "--statistics: an older pg_dump is refused, an older server told" {
	pg_start SOURCE 15
	a_shop
	pg_sql shop "ANALYZE"
	refuses 2 'version 15.*--statistics' cask_backup shop "$REPO" \
	    --statistics --pg-bindir "$(pg_bindir 15)"
	cask_backup shop "$REPO" --name older --statistics \
	    --pg-bindir "$CLIENTS"
	status=0
	cask_restore latest:older copy -r "$REPO" --create --verify \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep -q 'statistics are left out.*ANALYZE' "$BATS_TEST_TMPDIR/out"
	same_databases shop copy
}
