# What bats files that run pgcask share: the program, keys, and what a refusal
# must look like.  PGCASK names the program under test.

# shellcheck source=tests/lib/pg.bash
. "$(dirname "${BASH_SOURCE[0]}")/pg.bash"
# shellcheck source=tests/lib/terminal.bash
. "$(dirname "${BASH_SOURCE[0]}")/terminal.bash"

: "${PGCASK:=$PG_TOP/build/pgcask}"
export PGCASK
unset PGCASK_REPO PGCASK_SEAL_KEY PGCASK_OPEN_KEY PGCASK_PASSPHRASE_FILE \
	PGCASK_STATE
# Databases change at will between the backups of most tests.
export PGCASK_GATE=off

# A message fits on one screen.
SCREEN=24

# cask_keys DIR: a pair DIR/k-seal.key and DIR/k-open.key for all that
# follows.
cask_keys()
{
	export KEYS=$1

	mkdir -p "$KEYS"
	"$PGCASK" keygen -q -o "$KEYS/k"
}

# cask_files: for setup_file: a folder T, keys in it and a repository REPO.
cask_files()
{
	export T=$BATS_FILE_TMPDIR REPO=$BATS_FILE_TMPDIR/repo

	mkdir "$REPO"
	cask_keys "$T/keys"
}

# cask_begin: what most files begin with: these, and a server SERVER, which
# teardown_file is to stop.
cask_begin()
{
	cask_files
	pg_start SERVER
}

# cask_backup DATABASE REPO [OPTION...]
cask_backup()
{
	local db=$1 repo=$2

	shift 2
	timeout -k 5 300 "$PGCASK" backup -d "$db" -r "$repo" \
	    --seal-key "$KEYS/k-seal.key" "$@"
}

# cask_restore ARCHIVE DATABASE [OPTION...]
cask_restore()
{
	local archive=$1 db=$2

	shift 2
	timeout -k 5 300 "$PGCASK" restore "$archive" -d "$db" \
	    --open-key "$KEYS/k-open.key" "$@"
}

# cask_dump DIR: pg_dump and pg_dumpall there, which fit the server; the former
# leaves DIR/dumped when it has written a schema.
cask_dump()
{
	local bin

	bin=$(pg_dump_bindir) || return
	mkdir -p "$1"
	cat >"$1/pg_dump" <<-EOF
		#!/bin/sh
		"$bin/pg_dump" "\$@"
		status=\$?
		case "\$*" in *--snapshot=*) : >"$1/dumped" ;; esac
		exit \$status
	EOF
	chmod 755 "$1/pg_dump"
	ln -s "$bin/pg_dumpall" "$1/pg_dumpall"
}

# cask_pipe: a pipe that nobody reads yet, at $BATS_TEST_TMPDIR/pipe.  Whoever is
# started next goes without descriptor 7, its two ends.
cask_pipe()
{
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# Both ends, so that neither waits for the other.
	exec 7<>"$BATS_TEST_TMPDIR/pipe"
}

# cask_drain FILE: read it to its end from here on; "wait $!" waits for who does.
cask_drain()
{
	# Opened while there is a reader, for a writer that is alone gives up.
	exec 8<"$BATS_TEST_TMPDIR/pipe"
	cat <&8 >"$1" 7<&- 8<&- 3>&- &
	exec 7<&- 8<&-
}

# cask_feed ARCHIVE BYTES GO: so many bytes of it, and the rest once the file GO
# is there.
cask_feed()
{
	head -c "$2" "$1"
	await [ -e "$3" ]
	tail -c +$(($2 + 1)) "$1"
}

# exits STATUS COMMAND...: it ends with that status; what it says is in $T/out,
# and is shown if not.
exits()
{
	local want=$1 status=0

	shift
	"$@" >"$T/out" 2>&1 || status=$?
	[ "$status" -eq "$want" ] || {
		cat "$T/out"
		echo "status $status instead of $want: $*"
		return 1
	}
}

# refuses STATUS PATTERN COMMAND...: it ends with that status, with a message
# that matches the extended regular expression and fits on one screen.
refuses()
{
	local want=$1 pattern=$2 out status=0

	shift 2
	out=$("$@" 2>&1 >/dev/null </dev/null) || status=$?
	if [ "$status" -ne "$want" ]; then
		echo "status $status instead of $want: $*"
	elif [ "$(wc -l <<<"$out")" -gt "$SCREEN" ]; then
		echo "more than one screen: $*"
	elif ! grep -qE -- "$pattern" <<<"$out"; then
		echo "does not say \"$pattern\": $*"
	else
		return 0
	fi
	head -n 40 <<<"$out"
	return 1
}

# lacks PATTERN [FILE]: no line of it matches.
lacks()
{
	local found

	found=$(grep -aE -m 3 -- "$@") || return 0
	echo "found: $found"
	return 1
}

# no_archive REPO: nothing under a final name, and nothing half-written.
no_archive()
{
	local left

	left=$(find "$1" -name '*.cask' -o -name '*.partial')
	[ -z "$left" ] || {
		echo "left behind: $left"
		return 1
	}
}

# the_archive REPO: the path of the only one.
the_archive()
{
	find "$1" -name '*.cask' | awk '{ print } END { exit NR != 1 }'
}

# untouched DATABASE: no object of a user's in it.
untouched()
{
	local count

	count=$(pg_sql "$1" "SELECT count(*) FROM pg_class
	    WHERE relnamespace = 'public'::regnamespace OR oid >= 16384
	    AND relnamespace <> 'pg_toast'::regnamespace")
	[ "$count" -eq 0 ] || {
		echo "$count relations in $1"
		return 1
	}
}

# small_disk FOLDER SIZE: mount a file system of that size there.
# small_disk_gone FOLDER: unmount it.
small_disk()
{
	as_superuser mount -t tmpfs -o "size=$2,mode=777" pgcask-test "$1"
}
small_disk_gone()
{
	! mountpoint -q "$1" || as_superuser umount "$1"
}
as_superuser()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}
