#!/bin/bash
# Show the main job of pgcask on this machine: install what it needs, build it
# into build/, and with a throwaway PostgreSQL server seal a sample database,
# bring it back, and compare the two.  Everything but build/ and the installed
# packages is removed again, also after a failure or Ctrl-C.
# usage: packaging/quickstart.sh
set -eu
cd "$(dirname "$0")/.."
top=$PWD

failed()
{
	[ ! -s "$log" ] || tail -n 30 "$log" >&2
	echo "quickstart: $*" >&2
	exit 1
}

clean()
{
	trap '' INT TERM HUP
	[ -z "${SERVER-}" ] || pg_stop "$SERVER"
	rm -rf "$work" "$log"
}

# configure is there, and newer than all that it is made from.
configure_is_fresh()
{
	[ -f configure ] && [ -z "$(find configure.ac Makefile.am src tests \
	    man packaging \( -name '*.mk' -o -name Makefile.am \
	    -o -name configure.ac \) -newer configure)" ]
}

build()
{
	configure_is_fresh || autoreconf -fi >"$log" 2>&1 ||
		failed "autoreconf failed"
	mkdir -p build
	cd build
	[ -f Makefile ] || ../configure -q >"$log" 2>&1 ||
		failed "configure failed"
	make -s -j2 >"$log" 2>&1 || failed "make failed"
	cd "$top"
}

# run WORD...: show a command as the user would type it, and run it.
run()
{
	printf '\n$ %s\n' "$*"
	"$@" || failed "this command failed"
}

# run_part FILTER WORD...: the same, but show only what the filter lets by.
run_part()
{
	local filter=$1

	shift
	printf '\n$ %s | %s\n' "$*" "$filter"
	"$@" >"$work/said" || failed "this command failed"
	$filter "$work/said"
}

work='' log=$(mktemp)
trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

packaging/deps.sh build
# shellcheck source=tests/lib/pg.bash
. tests/lib/pg.bash
work=$(mktemp -d /tmp/pgcask-quickstart.XXXXXX)
echo "building in build/, which takes a minute ..."
build
PATH=$top/build:$PATH:$(server_bindir)
echo "built: build/pgcask, version $(pgcask --version | sed -n 's/^pgcask //p')"

pg_start SERVER >"$log" 2>&1 || failed "the server did not start"
pg_new shop
psql -X -q -v ON_ERROR_STOP=1 -d shop -f packaging/sample.sql >"$log" 2>&1 ||
	failed "the sample database could not be made"
echo "started: PostgreSQL $(pg_sql shop 'SHOW server_version')" \
    "on a private socket, with a sample database of" \
    "$(pg_sql shop "SELECT pg_size_pretty(pg_database_size('shop'))")"

cd "$work"
mkdir -m 700 repo
# Where it is removed with the rest.
export PGCASK_STATE=$work/state
run_part 'head -n 5' pgcask keygen -o shop
run pgcask backup -d shop -r repo --seal-key shop-seal.key
run pgcask list -r repo
run_part 'tail -n 8' pgcask show latest -r repo --open-key shop-open.key
run pgcask restore latest -r repo --open-key shop-open.key --create -d copy

echo
same_databases shop copy >"$log" 2>&1 || failed "the copy is not the same"
echo "compared: pg_dump --schema-only of both is the same to the letter, and" \
    "so are all $(pg_contents copy | wc -l) tables' and sequences' contents"
cd "$top"
cat <<'END'
The server, the keys and the archive are removed again. Next, on your own:
  export PATH=$PWD/build:$PATH; mkdir -m 700 repo
  pgcask keygen -o mykey             # keep mykey-open.key somewhere else
  pgcask backup -d "host=... dbname=..." -r repo --seal-key mykey-seal.key
  pgcask restore latest:NAME -r repo --open-key mykey-open.key --create -d NEW
  pgcask help backup                 # or: man build/man/pgcask.1
END
