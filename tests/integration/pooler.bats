#!/usr/bin/env bats
# builds: asan
# A connection pooler between pgcask and the server: PgBouncer.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new shop
	pg_sql shop "CREATE TABLE t AS SELECT generate_series(1, 1000) AS i" \
	    "CREATE TABLE u AS SELECT * FROM t" "CREATE INDEX ON t (i)"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
	POOL=$(server_folder)
}

teardown() {
	pooler_stop
	rm -rf "$POOL"
}

# ask SQL...: through the pooler, which takes no PGOPTIONS.
ask() {
	local arg args=()

	for arg in "$@"; do
		args+=(-c "$arg")
	done
	psql -X -q -A -t -v ON_ERROR_STOP=1 -d shop "${args[@]}"
}

# pooler_stop: the one that runs, if there is one.
pooler_stop() {
	[ -n "${POOLER-}" ] || return 0
	# The job is the shell that changed its user.
	kill "$(<"$POOL/s/pid")"
	wait "$POOLER" || :
	POOLER=
}

# pooler LINE...: PgBouncer with those settings, to which PG* points.
pooler() {
	local i

	pooler_stop
	printf '"postgres" ""\n' >"$POOL/users"
	printf '%s\n' "[databases]" "* = host=$SERVER/s port=5432" \
	    "[pgbouncer]" "listen_addr =" "listen_port = 6432" \
	    "unix_socket_dir = $POOL/s" "pidfile = $POOL/s/pid" "auth_type = trust" \
	    "auth_file = $POOL/users" "$@" >"$POOL/ini"
	chmod 644 "$POOL/ini" "$POOL/users"
	rm -f "$POOL/s/.s.PGSQL.6432"
	server_as pgbouncer -q "$POOL/ini" >"$T/pooler.log" 2>&1 3>&- &
	POOLER=$!
	for ((i = 0; i < 500; i++)); do
		[ ! -S "$POOL/s/.s.PGSQL.6432" ] || break
		sleep 0.02
	done
	export PGHOST=$POOL/s PGPORT=6432
	ask "SELECT 1" >/dev/null
}

@test "a pooler in transaction mode is recognised and refused" {
	cask_backup shop "$REPO"
	for how in "pool_mode = transaction" "pool_mode = statement"; do
		for more in "default_pool_size = 20" "default_pool_size = 1" \
		    "server_round_robin = 1"; do
			echo "$how, $more"
			pooler "$how" "$more"
			refuses 4 'pooler.*transaction mode' \
			    cask_backup shop "$REPO" --name pooled
			refuses 4 'pooler.*transaction mode' \
			    cask_restore latest:shop postgres -r "$REPO"
		done
	done
	cask_backup shop "$REPO" --name pooled 2>&1 |
	    grep 'pool_mode = session'
	[ ! -e "$REPO/pooled" ]
}

@test "among other clients, too, whose sessions are left as they were" {
	for more in "server_round_robin = 0" "server_round_robin = 1"; do
		pooler "pool_mode = transaction" "$more"
		# Several sessions of the server in the pool, some of them busy.
		for _ in 1 2 3 4; do
			ask "BEGIN" "SELECT pg_sleep(0.3)" "COMMIT" \
			    >/dev/null 3>&- &
		done
		for ((i = 0; i < 250; i++)); do
			[ "$(ask "SELECT count(*) FROM pg_stat_activity
			    WHERE query LIKE '%pg_sleep(%' AND state = 'active'
			    AND pid <> pg_backend_pid()")" -lt 4 ] || break
			sleep 0.01
		done
		refuses 4 'pooler.*transaction mode' cask_backup shop "$REPO"
		wait -n
		refuses 4 'pooler.*transaction mode' cask_backup shop "$REPO"
		for pid in $(jobs -p | grep -vx "$POOLER"); do
			wait "$pid" || :
		done
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ "$(ask "SHOW search_path")" = '"$user", public' ]
		done
	done
}

@test "a pooler in session mode serves as the server itself" {
	pooler "pool_mode = session"
	cask_backup shop "$REPO" -j 3
	cask_restore latest:shop copy -r "$REPO" --create -j 3 --verify
	pg_use "$SERVER"
	same_databases shop copy
}
