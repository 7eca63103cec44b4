#!/usr/bin/env bats
# builds: asan
# Parameters that several servers fit: whichever the first session reaches is
# where all others go, and pg_dump.

load ../lib/cask

# Two servers with a database of the same name, and of other rows.  The first
# is down when a test begins.
setup_file() {
	export PORT=$((20000 + RANDOM % 20000))
	cask_begin
	export RIGHT=$SERVER
	pg_start WRONG
	certificate "$RIGHT" right
	certificate "$WRONG" wrong
	pg_configure "$WRONG" "log_connections = on" "port = $PORT" \
	    "listen_addresses = '127.0.0.1'"
	pg_configure "$RIGHT" "log_connections = on" "port = $PORT" \
	    "listen_addresses = '127.0.0.2'"
	for server in "$WRONG" "$RIGHT"; do
		pg_ctl "$server" restart
		at "$server" pg_new shop
		at "$server" pg_sql shop "CREATE TABLE t (i integer)" \
		    "INSERT INTO t SELECT generate_series(1, 1000)" \
		    "CREATE TABLE u AS SELECT i::text AS v FROM t"
	done
	at "$WRONG" pg_sql shop "DELETE FROM t WHERE i > 10" "DROP TABLE u"
}

teardown_file() {
	pg_stop "$RIGHT" "$WRONG"
}

setup() {
	export PGPORT=$PORT PGUSER=postgres PGDATABASE=postgres
	server_stop "$WRONG" "$(cat "$WRONG/bindir")" fast
	server_as truncate -s 0 "$WRONG/server.log" "$RIGHT/server.log"
	HOSTS=$WRONG/s,$RIGHT/s
}

# at SERVER COMMAND...
at() {
	local server=$1

	shift
	PGHOST=$server/s PGPORT=$PORT "$@"
}

# certificate SERVER NAME: it speaks TLS by a certificate of its own, of the
# name shop.test.
certificate() {
	server_as openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
	    -subj /CN=shop.test -addext subjectAltName=DNS:shop.test \
	    -keyout "$1/data/server.key" -out "$1/data/server.crt" 2>/dev/null
	server_as cat "$1/data/server.crt" >"$T/$2.crt"
	pg_configure "$1" "ssl = on"
}

# meanwhile DATABASE RELATION COMMAND...: it runs while the right server holds
# it up at that relation, the wrong one comes up, and then is let go.
meanwhile() {
	local db=$1 relation=$2 command holder status=0

	shift 2
	mkfifo "$BATS_TEST_TMPDIR/hold"
	at "$RIGHT" pg_sql "$db" <"$BATS_TEST_TMPDIR/hold" 3>&- &
	holder=$!
	exec 7>"$BATS_TEST_TMPDIR/hold"
	echo "BEGIN; LOCK TABLE $relation;" >&7
	await waiting "SELECT FROM pg_locks WHERE granted
	    AND relation::regclass::text = '$relation'
	    AND mode = 'AccessExclusiveLock'" "$db"
	"$@" 3>&- 7>&- &
	command=$!
	await waiting "SELECT FROM pg_stat_activity WHERE wait_event_type =
	    'Lock' AND application_name = 'pgcask'" "$db"
	pg_ctl "$WRONG" start 7>&-
	exec 7>&-
	wait "$holder"
	wait "$command" || status=$?
	return "$status"
}

# waiting QUERY DATABASE: it has a row.
waiting() {
	[ -n "$(at "$RIGHT" pg_sql "$2" "SELECT 'yes' WHERE EXISTS ($1)")" ]
}

# all_right OWN CHILDREN: at least so many sessions of pgcask's own and of its
# children went to the right server, and none to the wrong one, which does run.
all_right() {
	at "$WRONG" pg_sql shop "SELECT" >/dev/null
	grep -q 'authorized: .*application_name=psql' "$WRONG/server.log"
	lacks 'application_name=pgcask' "$WRONG/server.log"
	[ "$(grep -cE 'authorized: .*=pgcask( SSL|$)' \
	    "$RIGHT/server.log")" -ge "$1" ]
	[ "$(grep -c 'authorized: .*=pgcask child of ' \
	    "$RIGHT/server.log")" -ge "$2" ]
}

@test "a backup, when a host comes up that was to be tried first" {
	meanwhile shop t cask_backup shop "$REPO" -h "$HOSTS" -j 2 --name first
	all_right 4 2
	cask_restore latest:first copy -r "$REPO" -h "$RIGHT/s" --create \
	    --verify
	export PGHOST=$RIGHT/s
	same_databases shop copy
}

@test "a restore, when a host comes up that was to be tried first" {
	cask_backup shop "$REPO" -h "$RIGHT/s" --name second
	at "$RIGHT" pg_new empty
	server_as truncate -s 0 "$RIGHT/server.log"
	meanwhile empty pg_publication cask_restore latest:second empty \
	    -r "$REPO" -h "$HOSTS" -j 2 --verify
	all_right 3 0
	export PGHOST=$RIGHT/s
	same_databases shop empty
	PGHOST=$WRONG/s lacks empty <<<"$(at "$WRONG" pg_databases)"
}

# The name's certificate, password and service are found by the name all the
# same.
@test "a name with several addresses, by TLS, service and passfile" {
	[ -n "$(at "$RIGHT" pg_sql shop "SHOW ssl_library")" ] ||
	    skip "a server without TLS"
	at "$RIGHT" pg_sql postgres "SET password_encryption = 'scram-sha-256'" \
	    "CREATE ROLE far SUPERUSER LOGIN PASSWORD 'a ''secret'"
	pg_hba "$RIGHT" "local all all trust" \
	    "hostssl all far 127.0.0.0/8 scram-sha-256"
	cat >"$BATS_TEST_TMPDIR/service" <<-END
		[far]
		host=shop.test,shop.test
		hostaddr=127.0.0.1,127.0.0.2
		port=$PORT
		user=far
		dbname=shop
		target_session_attrs=read-write
		sslmode=verify-full
		sslrootcert=$T/right.crt
	END
	echo "shop.test:$PORT:*:far:a 'secret" >"$BATS_TEST_TMPDIR/pass"
	chmod 600 "$BATS_TEST_TMPDIR/pass"
	far() {
		unset PGHOST PGPORT PGUSER PGDATABASE
		PGSERVICEFILE=$BATS_TEST_TMPDIR/service PGSERVICE=far \
		    PGPASSFILE=$BATS_TEST_TMPDIR/pass "$@"
	}
	meanwhile shop t far "$PGCASK" backup -w -r "$REPO" --name third -j 2 \
	    --seal-key "$KEYS/k-seal.key"
	all_right 4 2
	# No line of theirs but ends with what TLS is like.
	lacks 'authorized: user=far .*pgcask[^(]*$' "$RIGHT/server.log"
	cask_restore latest:third again -r "$REPO" -h "$RIGHT/s" --create \
	    --verify
	export PGHOST=$RIGHT/s
	same_databases shop again
}
