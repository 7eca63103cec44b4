#!/usr/bin/env bats
# builds: asan
# What doctor finds of a restore's target, each finding provoked; and that a
# restore then does what it said.

load ../lib/cask
load ../lib/doctor
load ../lib/everything

setup_file() {
	cask_files
	# The source has an extension, a locale, a role and a tablespace that
	# the target lacks.
	LOCPATH=$(pg_locale de_DE.UTF-8)
	export LOCPATH
	major=$("$(pg_bindir)/postgres" --version | sed "s|[^0-9]*\([0-9]*\).*|\1|")
	everything_start SOURCE "$major"
	unset LOCPATH
	server_as mkdir "$SOURCE/space"
	pg_sql postgres "CREATE ROLE clerk" \
	    "CREATE TABLESPACE far LOCATION '$SOURCE/space'"
	pg_new plain
	pg_sql plain "CREATE TABLE item AS
		SELECT i, md5(i::text) AS t FROM generate_series(1, 1000) AS i"
	pg_new rich "LC_COLLATE 'de_DE.UTF-8' LC_CTYPE 'de_DE.UTF-8'
		ENCODING 'UTF8' TEMPLATE template0"
	pg_sql rich "CREATE SCHEMA ours" "CREATE EXTENSION every" \
	    "CREATE TABLE ours.item (i integer) TABLESPACE far" \
	    "ALTER TABLE ours.item OWNER TO clerk" \
	    "CREATE TABLE note (t text)"
	cask_backup plain "$REPO"
	cask_backup rich "$REPO"
	pg_start TARGET
	pg_sql postgres "CREATE ROLE app LOGIN"
}

teardown_file() {
	pg_stop "$SOURCE" "$TARGET"
}

setup() {
	pg_use "$TARGET"
	unset PGDATABASE
	pg_new copy
}

teardown() {
	pg_use "$TARGET"
	pg_drop copy
	pg_drop new
}

# doctor STATUS NAME DATABASE [OPTION...]
doctor() {
	examine "$1" "latest:$2" -d "$3" -r "$REPO" \
	    --open-key "$KEYS/k-open.key" "${@:4}"
}

# restores STATUS NAME DATABASE [OPTION...]
restores() {
	exits "$1" cask_restore "latest:$2" "${@:3}" -r "$REPO"
}

@test "all is well, and nothing is changed" {
	doctor 0 plain copy
	for check in archive target rights extensions roles tablespaces \
	    version server-clock connections disk; do
		finds "$check" ok .
	done
	untouched copy
	doctor 0 plain new --create
	finds locale ok 'encoding UTF8 and the locale C'
	[ -z "$(pg_databases | grep -v -e postgres -e copy)" ]
	restores 0 plain new --create
	restores 0 plain copy
	# What is there now is in the way, as it would be.
	doctor 1 plain copy
	finds target bad 'not empty' .
	restores 1 plain copy
	doctor 1 plain new --create
	finds target bad 'exists already' .
	doctor 1 plain copy -t item
	finds target bad 'item' .
	doctor 0 plain copy --clean
	refuses 2 'nothing to replace' "$PGCASK" doctor latest:plain -d copy \
	    -r "$REPO" --clean --create
}

@test "what the server lacks: extension, role, tablespace" {
	doctor 4 rich copy
	finds extensions bad 'every' 'packages'
	finds roles warn '1 role of the archive: clerk' '--globals'
	finds tablespaces warn far 'CREATE TABLESPACE'
	restores 3 rich copy
	grep -q every "$T/out"
	grep -q clerk "$T/out"
	grep -q 'far' "$T/out"
	pg_new copy
	doctor 4 rich copy --globals
	finds roles ok 'makes 1 role: clerk'
	finds tablespaces ok 'makes 1 tablespace.*: far'
	# Without what needs them.
	doctor 0 rich copy -t note --no-owner
	restores 0 rich copy -t note --no-owner
}

@test "a locale that the server's machine lacks" {
	doctor 4 rich new --create
	finds locale bad 'no locale "de_DE.UTF-8"' 'locale-gen'
	restores 4 rich new --create
	# Where it is there, it is found.
	pg_use "$SOURCE"
	doctor 0 rich new --create
	finds locale ok 'de_DE.UTF-8'
	restores 0 rich new --create
}

@test "rights, and other owners" {
	PGUSER=app doctor 4 plain new --create
	finds rights bad 'app may not make databases' 'CREATEDB'
	PGUSER=app restores 4 plain new --create
	pg_sql postgres "ALTER ROLE app CREATEDB"
	PGUSER=app doctor 3 plain new --create
	finds rights ok 'app, who is no superuser'
	finds owners warn 'may not give objects to postgres' 'no-owner'
	PGUSER=app doctor 0 plain new --create --no-owner
	PGUSER=app restores 0 plain new --create --no-owner
	pg_sql postgres "ALTER ROLE app NOCREATEDB"
	pg_sql copy "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
	PGUSER=app doctor 4 plain copy --no-owner
	finds rights bad 'schema public' \
	    'in the database "copy": GRANT CREATE ON SCHEMA public TO "app"'
	PGUSER=app restores 3 plain copy --no-owner
	grep -q 'rows are missing: public.item' "$T/out"
	pg_sql copy "GRANT CREATE ON SCHEMA public TO app"
	PGUSER=app doctor 0 plain copy --no-owner
	PGUSER=app restores 0 plain copy --no-owner
	# Of whatever name.
	pg_sql postgres 'CREATE ROLE "odd Role" LOGIN'
	pg_new copy
	pg_sql copy "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
	PGUSER='odd Role' doctor 4 plain copy --no-owner
	pg_sql copy "$(jq -r '.[] | select(.check == "rights") | .remedy |
	    sub("^in the database [^:]*: "; "")' "$T/json")"
	PGUSER='odd Role' doctor 0 plain copy --no-owner
	PGUSER='odd Role' doctor 4 plain other --create
	finds rights bad . "ALTER ROLE \"odd Role\" CREATEDB; .*-O 'odd Role' "
	pg_drop copy
	pg_sql postgres 'DROP ROLE "odd Role"'
}

@test "another encoding; an archive that does not open" {
	pg_new copy "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'
		TEMPLATE template0"
	doctor 3 plain copy
	finds encoding warn "the target's encoding is LATIN1" '--create'
	"$PGCASK" keygen -q -o "$BATS_TEST_TMPDIR/x"
	doctor 7 plain copy --open-key "$BATS_TEST_TMPDIR/x-open.key"
	finds archive bad 'does not open' .
	doctor 10 none copy
	finds archive bad 'none' .
	refuses 2 'standard input' "$PGCASK" doctor - -d copy
	refuses 2 'of a backup' "$PGCASK" doctor latest -d copy --all
	refuses 2 'of a restore' "$PGCASK" doctor -r "$REPO" --create
}
