# The programs that are compared, and how each is told to do the same work.
# Sourced by run.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # run.sh's variables

# peers_fetch: pg_dump and pg_restore 18 next to the system's own.
peers_fetch()
{
	command -v mmdebstrap >/dev/null || "$top/packaging/deps.sh" test
	peer18=$(pg_clients) ||
	    die "could not fetch pg_dump 18; BENCH_PEERS=15 leaves it out"
}

# peer MAJOR PROGRAM: put how to run it into the array "program".
peer()
{
	if [ "$1" = 18 ]; then
		program=("$peer18/$2")
	else
		program=("$(server_bindir)/$2")
	fi
}

# peer_level MAJOR: its fastest useful compression.
peer_level()
{
	if [ "$1" = 18 ]; then
		echo --compress=zstd:1
	else
		echo --compress=1
	fi
}

# dump_command TOOL DATABASE JOBS OUT: put the command into "command".
dump_command()
{
	local tool=$1 db=$2 jobs=$3 out=$4 major

	case $tool in
	pgcask | pgcask-*)
		command=("$PGCASK" backup -q -d "$db" -j "$jobs" --level 1
		    --seal-key "$BENCH_DIR/made/bench-seal.key" -o "$out")
		[ "$tool" = pgcask ] ||
		    command+=(--read-back "${tool#pgcask-}") ;;
	floor)
		command=(floor_run "$db" "$jobs") ;;
	pg_dump*)
		major=${tool#pg_dump}
		major=${major%%-*}
		peer "$major" pg_dump
		command=("${program[@]}" -f "$out")
		case $tool in
		*-plain)
			command+=(--compress=0) ;;
		*)
			command+=("$(peer_level "$major")") ;;
		esac
		case $tool in
		*-Fc)
			command+=(-Fc "$db") ;;
		*)
			command+=(-Fd -j "$jobs" "$db") ;;
		esac ;;
	esac
}

# restore_command TOOL FROM JOBS: likewise, into the database that target_make
# made.
restore_command()
{
	local tool=$1 from=$2 jobs=$3 major

	case $tool in
	pgcask)
		command=("$PGCASK" restore -q "$from" -d "$target" -j "$jobs"
		    --open-key "$BENCH_DIR/made/bench-open.key") ;;
	pg_restore*)
		major=${tool#pg_restore}
		peer "${major%%-*}" pg_restore
		command=("${program[@]}" -j "$jobs" -d "$target" "$from") ;;
	esac
}

# drill_command TOOL FROM JOBS: likewise, but each makes its own server.
drill_command()
{
	case $1 in
	pgcask)
		mkdir -p "$BENCH_DIR/drill" && chmod 1777 "$BENCH_DIR/drill"
		command=("$PGCASK" drill -q "$2" -j "$3"
		    --open-key "$BENCH_DIR/made/bench-open.key"
		    --work-dir "$BENCH_DIR/drill") ;;
	pg_restore-throwaway)
		command=(throwaway_restore "$2" "$3") ;;
	esac
}

# throwaway_restore FROM JOBS: the settings are those of a drill's server.
throwaway_restore()
{
	local dir bin status=0

	bin=$(server_bindir)
	dir=$(mktemp -d "$BENCH_DIR/drill/t.XXXXXX")
	chmod 711 "$dir"
	mkdir "$dir/s"
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$dir" "$dir/s"
	server_init "$dir" "$bin" --encoding=UTF8 --locale=C
	server_as tee -a "$dir/data/postgresql.conf" >/dev/null <<-END
		wal_level = minimal
		max_wal_senders = 0
		autovacuum = off
		max_wal_size = 2GB
		checkpoint_timeout = 1h
		bgwriter_lru_maxpages = 0
		shared_buffers = 512MB
		maintenance_work_mem = 256MB
	END
	server_start "$dir" "$bin" &&
	    PGHOST=$dir/s createdb -U postgres drill &&
	    PGHOST=$dir/s "$bin/pg_restore" -U postgres -j "$2" -d drill \
	    "$1" || status=1
	server_stop "$dir" "$bin" || status=1
	rm -rf "$dir"
	return "$status"
}

# keys_make: a seal key and an open key.  Neither they nor archives from an
# earlier run are used: that may have been another build of pgcask.
keys_make()
{
	rm -rf "$BENCH_DIR/made"/bench-*.key "$BENCH_DIR/made"/*.pgcask
	"$PGCASK" keygen -o "$BENCH_DIR/made/bench" >/dev/null ||
	    die "pgcask keygen failed"
}

# floor_prepare DATABASE: the COPY statements that pgcask runs, runs of 2,048
# pages and the largest tables first, as a script that any number of sessions
# can run at once: an advisory lock gives each statement to one of them.  A
# session keeps its locks until the other ones are through.
floor_prepare()
{
	pg_sql "$1" "
	WITH heap AS (
		SELECT oid::regclass AS name, greatest(1, ceil(
			pg_relation_size(oid) / 8192.0 / 2048))::integer AS ranges,
			pg_table_size(oid) AS size
		FROM pg_class WHERE relkind = 'r'
			AND relnamespace = 'public'::regnamespace
	), work AS (
		SELECT row_number() OVER (ORDER BY size / ranges DESC, name::text, r)
			AS n, format('COPY (SELECT * FROM ONLY %s WHERE '
			'ctid >= ''(%s,0)''%s) TO STDOUT (FORMAT binary);', name,
			r * 2048, CASE WHEN r < ranges - 1 THEN
			format(' AND ctid < ''(%s,0)''', (r + 1) * 2048) END) AS copy
		FROM heap, generate_series(0, ranges - 1) AS r
	)
	SELECT format(E'SELECT pg_try_advisory_lock(%s) AS mine \\\\gset\n'
		'\\\\if :mine\n%s\n\\\\endif', n, copy) FROM work ORDER BY n" \
	    >"$BENCH_DIR/made/$1.floor"
}

# floor_run DATABASE: two sessions, to /dev/null.
floor_run()
{
	floor_session "$1" 1 2 &
	floor_session "$1" 2 1
	wait $!
}

# floor_session DATABASE SELF OTHER
floor_session()
{
	psql -X -q -v ON_ERROR_STOP=1 -d "$1" -o /dev/null \
	    -c "SELECT pg_advisory_lock(-$2)" \
	    -f "$BENCH_DIR/made/$1.floor" \
	    -c "SELECT pg_advisory_unlock(-$2)" \
	    -c "SELECT pg_advisory_lock(-$3)"
}
