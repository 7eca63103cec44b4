# Throwaway PostgreSQL servers: a private folder, a unix socket in it, nothing
# on the network.  To be sourced by bash scripts.  Started as root, a server
# runs as an unprivileged user, which owns its folder; whoever starts it
# connects as the superuser "postgres" without a password.

# server_bindir: where the newest installed PostgreSQL keeps its programs.
server_bindir()
{
	local newest

	newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb \
	    /usr/pgsql-*/bin/initdb | grep -v '\*' | sort -V | tail -n 1)
	if [ -x "$newest" ]; then
		dirname "$newest"
	elif command -v initdb >/dev/null; then
		dirname "$(readlink -f "$(command -v initdb)")"
	else
		pg_config --bindir
	fi
}

# server_user: whom a server runs as.
server_user()
{
	if [ "$(id -u)" -ne 0 ]; then
		id -un
	elif id -u postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

# server_as COMMAND...: run it as the server's user.
server_as()
{
	local user

	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	user=$(server_user)
	setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
	    -- env HOME=/nonexistent "$@"
}

# server_folder: a new folder, short enough for a socket's path, which
# belongs to the server's user and which the caller can enter.
server_folder()
{
	local dir

	dir=$(mktemp -d /tmp/pgcask.XXXXXX) || return
	chmod 711 "$dir"
	mkdir "$dir/s"
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$dir" "$dir/s"
	echo "$dir"
}

# server_init DIR BINDIR [INITDB-OPTION...]: make DIR/data.  Not for data that
# anybody needs: a crash of the machine may lose it.
server_init()
{
	server_initdb "$@" && server_settle "$1"
}

# server_initdb DIR BINDIR [INITDB-OPTION...]: the first half of it.
server_initdb()
{
	local dir=$1 bindir=$2
	shift 2

	(cd "$dir" && server_as "$bindir/initdb" -D "$dir/data" -U postgres \
	    --auth=trust --no-sync "$@" >"$dir/initdb.log" 2>&1) || {
		cat "$dir/initdb.log" >&2
		return 1
	}
}

# server_settle DIR: the second: how and where it runs.
server_settle()
{
	server_as tee -a "$1/data/postgresql.conf" >/dev/null <<-END
		listen_addresses = ''
		unix_socket_directories = '$1/s'
		fsync = off
		full_page_writes = off
		synchronous_commit = off
		max_wal_size = 256MB
		log_min_messages = warning
		logging_collector = off
	END
}

# server_start DIR BINDIR: start it and wait until it listens.
server_start()
{
	# Descriptor 3 is bats' own, which waits until nobody holds it.
	(cd "$1" && server_as "$2/pg_ctl" -D "$1/data" -l "$1/server.log" \
	    -w -t 60 -s start 3>&- >/dev/null 2>&1) || {
		tail -n 20 "$1/server.log" >&2
		return 1
	}
}

# server_stop DIR BINDIR [MODE]: stop it if it runs.
server_stop()
{
	[ -f "$1/data/postmaster.pid" ] || return 0
	(cd "$1" && server_as "$2/pg_ctl" -D "$1/data" -m "${3:-immediate}" \
	    -w -t 60 -s stop 3>&- >/dev/null 2>&1)
}
