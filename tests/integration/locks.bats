#!/usr/bin/env bats
# builds: asan
# A backup next to DDL, and next to a lock table that is nearly full.

load ../lib/cask

setup_file() {
	cask_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

# A worker must not wait behind a session that waits for the leader: that
# would never end, and the server would see no deadlock.
@test "DDL that waits for the backup does not stop it" {
	local backup alter

	pg_new ddl
	pg_sql ddl "CREATE TABLE early AS SELECT i, repeat(md5(i::text), 8) AS t
			FROM generate_series(1, 150000) AS i" \
	    "CREATE TABLE late AS SELECT i, repeat(md5(i::text), 2) AS t
			FROM generate_series(1, 100000) AS i"
	cask_dump "$T/bin"
	cask_backup ddl "$REPO" -v -j1 --pg-bindir "$T/bin" >"$T/out" \
	    2>"$T/err" 3>&- &
	backup=$!
	# The leader has its locks, and pg_dump is done, which would wait behind
	# who comes now: somebody wants the table for himself.
	await [ -e "$T/bin/dumped" ]
	pg_sql ddl "ALTER TABLE late ADD COLUMN more integer" 3>&- &
	alter=$!
	status=0
	wait "$backup" || status=$?
	cat "$T/err"
	# It may have been seen waiting, which is a warning.
	[ "$status" -eq 0 ] || { [ "$status" -eq 3 ] &&
	    grep 'warning: .*waits for this backup.*public.late' "$T/err"; }
	wait "$alter"
	"$PGCASK" show latest:ddl -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --tables >"$T/show"
	grep -q 'public.late  *100,000 ' "$T/show"
	# The column of the later transaction is not in the snapshot.
	"$PGCASK" cat latest:ddl catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$T/catalog"
	lacks '"more"' "$T/catalog"
}

# Tables and sequences that fill the server's locks once, but not twice.
@test "as many tables and sequences as the server has locks for" {
	pg_configure "$SERVER" "max_connections = 20" \
	    "max_locks_per_transaction = 24" "max_wal_senders = 0" \
	    "max_worker_processes = 2" "autovacuum_max_workers = 1"
	pg_ctl "$SERVER" restart
	pg_new crowd
	for i in $(seq 0 20 240); do
		pg_sql crowd "DO \$\$ BEGIN
			FOR i IN $i + 1..$i + 20 LOOP
				EXECUTE format('CREATE TABLE t%s
					(id serial, v text)', i);
				EXECUTE format('INSERT INTO t%s (v)
					VALUES (%L)', i, i);
			END LOOP; END \$\$"
	done
	run cask_backup crowd "$REPO" -v -j4
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"locking them when pg_dump has"* ]]
	[[ $output == *"260 tables, 260 rows"* ]]
}
