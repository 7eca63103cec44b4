#!/usr/bin/env bats
# builds: asan
# Every database of a server, one archive each; and the globals alone.

load ../lib/cask

# One whose name is no folder's, and one that looks like a conninfo string.
ODD='a "b"/c'
TRAP='dbname=shop'

setup_file() {
	local db

	cask_begin
	pg_sql postgres "CREATE ROLE reader LOGIN" \
	    "CREATE ROLE app LOGIN PASSWORD 'geheim' CONNECTION LIMIT 7"
	for db in shop closed half "${ODD//\"/\"\"}" "$TRAP"; do
		pg_sql postgres "CREATE DATABASE \"$db\""
	done
	for db in shop closed half "$ODD" "$TRAP"; do
		pg_sql "dbname='$db'" "CREATE TABLE here AS
			SELECT current_database()::text AS name" \
		    "GRANT SELECT ON here TO reader"
	done
	# As restore marks a database that it is filling.
	pg_sql postgres "COMMENT ON DATABASE half IS
		'pgcask is restoring into this database; it is incomplete'" \
	    "CREATE DATABASE shut ALLOW_CONNECTIONS false"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
}

# all OPTION...: of the whole server; its words are in $out and $said.
all() {
	status=0
	timeout -k 5 300 "$PGCASK" backup --all -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key" "$@" \
	    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	out=$(cat "$BATS_TEST_TMPDIR/out")
	said=$(cat "$BATS_TEST_TMPDIR/err")
	printf 'status %s\n%s\n%s\n' "$status" "$out" "$said"
}

# databases: those that the archives tell they are of.
databases() {
	"$PGCASK" list -r "$REPO" --open-key "$KEYS/k-open.key" --json |
	    sed -n 's/^    "database": "\(.*\)",\{0,1\}$/\1/p' | sort
}

@test "--all seals every database that lets somebody in, one archive each" {
	all
	[ "$status" -eq 0 ]
	[ -z "$said" ]
	[ "$(wc -l <<<"$out")" -eq 7 ]
	[ "$(grep -c '\.cask: ' <<<"$out")" -eq 6 ]
	[ "$(tail -n 1 <<<"$out")" = "6 databases, all saved" ]
	diff <(databases) <(sort <<-'END'
		a \"b\"/c
		closed
		dbname=shop
		postgres
		shop
		template1
	END
	)
	[ "$(find "$REPO" -regex ".*/a__b__c-[0-9a-f]+" | wc -l)" -eq 1 ]
	# Each holds what was in its own.
	pg_new copy
	cask_restore "latest:$(basename "$REPO"/dbname_*)" copy -r "$REPO"
	[ "$(pg_sql copy "SELECT name FROM here")" = "$TRAP" ]
	cask_restore latest:shop copy_2 -r "$REPO" --create
	same_databases shop copy_2
	pg_drop copy
	pg_drop copy_2
}

@test "--all with one that fails: it is named, the others are taken" {
	pg_sql postgres "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"
	PGUSER=reader all --no-role-passwords
	pg_sql postgres "GRANT CONNECT ON DATABASE closed TO PUBLIC"
	[ "$status" -eq 4 ]
	[ "$(wc -l <<<"$out")" -eq 5 ]
	grep -q '^pgcask: database "closed": .*permission denied' <<<"$said"
	grep -qx 'pgcask: 1 of 6 databases failed: closed' <<<"$said"
	[ "$(databases | wc -l)" -eq 5 ]
	lacks 'closed' <(databases)
}

@test "--all with failures of two kinds has the status 1" {
	pg_sql postgres "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"
	# Not a folder.
	touch "$REPO/shop"
	PGUSER=reader all --no-role-passwords
	pg_sql postgres "GRANT CONNECT ON DATABASE closed TO PUBLIC"
	[ "$status" -eq 1 ]
	grep -qx 'pgcask: 2 of 6 databases failed: closed, shop' <<<"$said"
	[ "$(databases | wc -l)" -eq 4 ]
}

@test "--all says once that passwords may not be read, but in every archive" {
	local archive

	PGUSER=reader all
	[ "$status" -eq 3 ]
	[ "$(tail -n 1 <<<"$out")" = "6 databases, all saved" ]
	[ "$(wc -l <<<"$said")" -eq 1 ]
	grep 'warning: reader may not read pg_authid' <<<"$said"
	for archive in "$REPO"/*/*.cask; do
		"$PGCASK" show "$archive" --open-key "$KEYS/k-open.key" |
		    grep "without the roles' passwords"
	done
}

@test "--exclude-database: those that nobody may enter, or that are not wanted" {
	pg_sql postgres "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"
	PGUSER=reader all --no-role-passwords --exclude-database CLOSED
	pg_sql postgres "GRANT CONNECT ON DATABASE closed TO PUBLIC"
	[ "$status" -eq 0 ]
	[ -z "$said" ]
	[ "$(tail -n 1 <<<"$out")" = "5 databases, all saved" ]
	[ "$(databases | wc -l)" -eq 5 ]
	lacks 'closed' <(databases)
	# Each counts; what is not saved anyway may be named, too.
	all --exclude-database='t*1' --exclude-database='"a ""b""/c"' \
	    --exclude-database='shut|half' -v
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 <<<"$out")" = "4 databases, all saved" ]
	grep -qx 'pgcask: database "template1" is left out' <<<"$said"
	[ "$(grep -c 'is left out' <<<"$said")" -eq 2 ]
}

@test "--exclude-database: what matches nothing, or leaves nothing, is refused" {
	local seal=(-r "$REPO" --seal-key "$KEYS/k-seal.key")

	refuses 2 'no database of the server matches "close"' \
	    "$PGCASK" backup --all "${seal[@]}" --exclude-database=shop \
	    --exclude-database=close
	"$PGCASK" backup --all "${seal[@]}" --exclude-database=close 2>&1 |
	    grep -x 'pgcask: did you mean "closed"?'
	# Letters are folded but within quotes.
	refuses 2 'no database of the server matches ""SHOP""' \
	    "$PGCASK" backup --all "${seal[@]}" --exclude-database='"SHOP"'
	refuses 2 '--exclude-database: the pattern "a.b" has too many dots' \
	    "$PGCASK" backup --all "${seal[@]}" --exclude-database=a.b
	refuses 2 '--exclude-database leaves no database' \
	    "$PGCASK" backup --all "${seal[@]}" --exclude-database='*'
	refuses 2 '"--exclude-database" needs "--all"' \
	    "$PGCASK" backup -d shop "${seal[@]}" --exclude-database=closed
	no_archive "$REPO"
}

@test "--all asks where -d says, and is told where nobody answers" {
	all -d 'dbname=shop application_name=x' -q
	[ "$status" -eq 0 ]
	[ -z "$out$said" ]
	[ "$(databases | wc -l)" -eq 6 ]
	PGHOST=$BATS_TEST_TMPDIR all
	[ "$status" -eq 4 ]
	grep -q 'cannot list the databases' <<<"$said"
	refuses 2 'each database has an archive of its own' \
	    "$PGCASK" backup --all -o x --seal-key "$KEYS/k-seal.key"
	refuses 2 'each database has an archive of its own' \
	    "$PGCASK" backup --all -r "$REPO" --name x
	refuses 2 'every archive has the globals' \
	    "$PGCASK" backup --all -r "$REPO" --globals-only
}

@test "--all ends at a signal, and does not go on with the next one" {
	local pid

	mkfifo "$BATS_TEST_TMPDIR/lock"
	pg_sql closed <"$BATS_TEST_TMPDIR/lock" 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/lock"
	echo "BEGIN; LOCK TABLE here;" >&7
	await asked "SELECT count(*) = 1 FROM pg_locks
		WHERE mode = 'AccessExclusiveLock' AND granted
		AND relation = 'here'::regclass"
	"$PGCASK" backup --all -r "$REPO" --seal-key "$KEYS/k-seal.key" \
	    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- 7>&- &
	pid=$!
	await asked "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted
		AND relation = 'here'::regclass"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	wait
	[ "$status" -eq 143 ]
	lacks 'databases failed' "$BATS_TEST_TMPDIR/err"
	diff <(databases) <(printf '%s\n' 'a \"b\"/c' template1)
	[ -z "$(find "$REPO" -name '*.partial')" ]
}

asked() {
	[ "$(pg_sql closed "$1")" = t ]
}

@test "--globals-only: an archive of roles, which bring another server's up" {
	local archive=$BATS_TEST_TMPDIR/g.cask
	local open=(--open-key "$KEYS/k-open.key")

	"$PGCASK" backup --globals-only -o "$archive" \
	    --seal-key "$KEYS/k-seal.key"
	refuses 2 'the archive has no database: it holds roles' \
	    "$PGCASK" cat "$archive" schema "${open[@]}"
	cat "$archive" | {
		"$PGCASK" cat - schema "${open[@]}" 2>&1 || [ $? -eq 2 ]
	} | grep 'the archive has no database'
	"$PGCASK" cat - globals "${open[@]}" <"$archive" >"$T/globals.sql"
	grep -q 'CREATE ROLE app' "$T/globals.sql"
	"$PGCASK" show "$archive" "${open[@]}" | grep '^holds .*globals alone'
	"$PGCASK" show - "${open[@]}" --json <"$archive" |
	    grep -q '"database": null'
	refuses 2 'the archive has no database: it holds roles' \
	    cask_restore "$archive" postgres
	refuses 2 'no database that could be created' \
	    cask_restore "$archive" new --create --globals
	refuses 2 'has no table' \
	    "$PGCASK" cat "$archive" x "${open[@]}"

	# What would be done.
	cask_restore "$archive" postgres --globals --list >"$T/list"
	grep -x 'globals  roles and tablespaces *' "$T/list"
	grep '^1 step, ' "$T/list"
	refuses 2 'the archive has no database' \
	    cask_restore "$archive" postgres --list
	refuses 2 'no database that could be created' \
	    cask_restore "$archive" new --create --globals --list

	pg_start OTHER
	run cask_restore "$archive" postgres --globals
	[ "$status" -eq 0 ]
	[ "$output" = "globals: roles and tablespaces are restored" ]
	pg_sql postgres "DROP ROLE app" "ALTER ROLE reader NOLOGIN"
	cask_restore - postgres --globals <"$archive"
	[ "$(pg_sql postgres "SELECT rolconnlimit FROM pg_roles
	    WHERE rolname = 'app'")" = 7 ]
	diff <(PGHOST=$SERVER/s pg_dumpall --globals-only | grep -v restrict) \
	    <(pg_dumpall --globals-only | grep -v restrict)
	# Whoever restores stays able to.
	pg_sql postgres "ALTER ROLE app SUPERUSER LOGIN" "DROP ROLE reader"
	PGUSER=app refuses 3 'ALTER ROLE app: left out: .* role that is at work' \
	    cask_restore "$archive" postgres --globals
	[ "$(pg_sql postgres "SELECT string_agg(rolname || rolsuper, ' '
	    ORDER BY 1) FROM pg_roles WHERE rolname IN ('app', 'reader')")" = \
	    "apptrue readerfalse" ]
	pg_stop "$OTHER"
}

@test "a database called globals is not taken for the globals" {
	local seal=(--seal-key "$KEYS/k-seal.key") folder

	pg_new globals
	pg_sql globals "CREATE TABLE here AS SELECT 1 AS i"
	"$PGCASK" backup --globals-only -r "$REPO" -q "${seal[@]}"
	refuses 2 'give another --name' cask_backup globals "$REPO"
	refuses 2 'under the name "globals" .* no database' \
	    cask_backup shop "$REPO" --name globals
	[ "$(find "$REPO" -name '*.cask' | wc -l)" -eq 1 ]
	# Outside of a repository nothing has a name.
	"$PGCASK" backup -d globals -o "$BATS_TEST_TMPDIR/x.cask" "${seal[@]}"
	"$PGCASK" backup -d "dbname='$ODD'" -o "$BATS_TEST_TMPDIR/y.cask" \
	    "${seal[@]}"
	cask_backup globals "$REPO" --name globals_db
	cask_restore latest:globals_db copy -r "$REPO" --create
	pg_drop copy
	all --exclude-database='closed|half|t*|postgres|shop'
	[ "$status" -eq 0 ]
	folder=$(find "$REPO" -mindepth 1 -regex '.*/globals-[0-9a-f]+')
	cask_restore "latest:${folder##*/}" copy -r "$REPO" --create
	same_databases globals copy
	"$PGCASK" show latest:globals -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | grep '^holds .*globals alone'
	pg_drop copy
	pg_drop globals
}

@test "--globals-only into a repository, under its own name" {
	"$PGCASK" backup --globals-only -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key" | grep "^$REPO/globals/.*: roles and tablespaces"
	"$PGCASK" list -r "$REPO" --open-key "$KEYS/k-open.key" |
	    grep '(globals)'
	# From cron, nothing names a database.
	pg_sql postgres "CREATE ROLE night SUPERUSER LOGIN"
	env -u PGDATABASE PGUSER=night "$PGCASK" backup --globals-only \
	    -r "$REPO" --name roles -q --seal-key "$KEYS/k-seal.key"
	PGDATABASE=nowhere PGUSER=night refuses 4 '"nowhere" does not exist' \
	    "$PGCASK" backup --globals-only -r "$REPO" --name roles -q \
	    --seal-key "$KEYS/k-seal.key"
	pg_sql postgres "DROP ROLE night"
	[ -d "$REPO/roles" ]
	refuses 2 'those are of a database' \
	    "$PGCASK" backup --globals-only -r "$REPO" --statistics \
	    --seal-key "$KEYS/k-seal.key"
	refuses 2 'could be chosen' \
	    "$PGCASK" backup --globals-only -r "$REPO" --table t \
	    --seal-key "$KEYS/k-seal.key"
	head -c 3000 "$REPO"/roles/*.cask |
	    refuses 6 . cask_restore - postgres --globals
}
