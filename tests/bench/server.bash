# The bench's own server, and the databases in it.  Sourced by run.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # run.sh's variables

# bench_conf: one server for all; what differs from PostgreSQL's defaults.
# Memory and WAL are sized so that no checkpoint falls into a timed run, and
# autovacuum is off for the same reason; what keeps data safe stays on.
bench_conf()
{
	cat <<-END
		unix_socket_directories = '$socket_dir'
		fsync = on
		full_page_writes = on
		synchronous_commit = on
		shared_buffers = 512MB
		max_wal_size = 8GB
		min_wal_size = 5GB
		checkpoint_timeout = 1d
		autovacuum = off
		log_checkpoints = off
		timezone = 'UTC'
	END
}

# bench_server_start: start it, made first if need be, and point PG* at it.
bench_server_start()
{
	server_dir=$BENCH_DIR/server
	bindir=$(server_bindir)
	if [ ! -f "$server_dir/data/bench.conf" ]; then
		rm -rf "$server_dir"
		mkdir -p "$server_dir"
		[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$server_dir"
		server_as test -w "$server_dir" ||
		    die "user $(server_user) can't reach $server_dir:" \
			"set BENCH_DIR to a folder that everyone can enter"
		server_init "$server_dir" "$bindir" --encoding=UTF8 \
		    --locale=C.UTF-8
		echo "include 'bench.conf'" |
		    server_as tee -a "$server_dir/data/postgresql.conf" >/dev/null
	fi
	socket_dir=$(mktemp -d /tmp/pgcask-bench.XXXXXX)
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$socket_dir"
	trap bench_server_stop EXIT
	bench_conf | server_as tee "$server_dir/data/bench.conf" >/dev/null
	server_start "$server_dir" "$bindir" ||
	    die "the server did not start; is another run using $BENCH_DIR?"
	server_mine=yes
	targets=0
	postmaster=$(head -n 1 "$server_dir/data/postmaster.pid")
	export PGHOST=$socket_dir PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

bench_server_stop()
{
	[ -z "${server_mine-}" ] || server_stop "$server_dir" "$bindir" fast
	rm -rf "$socket_dir"
}

# data_files DATABASE: the SQL that it is made of, in order.
data_files()
{
	case $1 in
	gb)
		echo "$here/data/large.sql $here/data/gb.sql" ;;
	*)
		echo "$here/data/$1.sql" ;;
	esac
}

# data_build DATABASE: make it, unless the one that is there came from the
# same SQL at the same scale.
data_build()
{
	local db=$1 files file mark there start=$SECONDS

	read -ra files <<<"$(data_files "$db")"
	mark="scale $BENCH_SCALE of $(cat "${files[@]}" | sha256sum)"
	there=$(pg_sql postgres "SELECT shobj_description(oid, 'pg_database')
	    FROM pg_database WHERE datname = '$db'")
	[ "$there" != "$mark" ] || return 0
	rm -rf "$BENCH_DIR/made/$db".*
	pg_sql postgres "DROP DATABASE IF EXISTS $db" \
	    "CREATE DATABASE $db TEMPLATE template0"
	for file in "${files[@]}"; do
		psql -X -q -v scale="$BENCH_SCALE" -d "$db" -f "$file" >/dev/null ||
		    die "could not build $db from $file"
	done
	pg_sql postgres "COMMENT ON DATABASE $db IS '$mark'" CHECKPOINT
	say "built $db: $(pg_sql "$db" "SELECT pg_size_pretty(
	    pg_database_size('$db'))") in $((SECONDS - start)) s"
}

# data_objects DATABASE: how many of each kind of relation and constraint it
# has.  A restore that leaves some out would be fast.
data_objects()
{
	pg_sql "$1" "SELECT string_agg(kind || n, ' ' ORDER BY kind) FROM (
	    SELECT relkind::text AS kind, count(*) AS n FROM pg_class
	    WHERE relnamespace = 'public'::regnamespace GROUP BY 1
	    UNION ALL SELECT 'constraint-' || contype::text, count(*)
	    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
	    AND contype IN ('f', 'p', 'u') GROUP BY 1) AS counted"
}

# target_make DATABASE: a new, empty database to restore that one into; its
# name is then in "target".  Those of before are dropped, but not the 5,000
# tables: a file system that has just deleted their files takes longer to make
# new ones.
target_make()
{
	[ "$1" = small ] || targets_drop
	target=target_$((++targets))
	pg_sql postgres "CREATE DATABASE $target TEMPLATE template0"
}

targets_drop()
{
	local name

	for name in $(pg_sql postgres "SELECT datname FROM pg_database
	    WHERE datname LIKE 'target%'"); do
		pg_sql postgres "DROP DATABASE $name WITH (FORCE)"
	done
}
