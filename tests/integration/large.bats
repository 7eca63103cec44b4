#!/usr/bin/env bats
# builds: test
# Rows far larger than a part, tables of many parts, many tables; and the
# memory that they take.

load ../lib/cask

setup_file() {
	cask_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

# peak COMMAND...: run it, and put its peak of resident memory, in MiB and
# without its children's, into $mib.
peak() {
	local pid

	"$@" >"$BATS_TEST_TMPDIR/peak.out" 3>&- &
	pid=$!
	mib=0
	while grep '^VmHWM' "/proc/$pid/status" 2>/dev/null; do
		sleep 0.02
	done | awk '{ n = $2 } END { print int(n / 1024) }' \
	    >"$BATS_TEST_TMPDIR/peak"
	wait "$pid"
	read -r mib <"$BATS_TEST_TMPDIR/peak"
	[ "$mib" -gt 0 ]
}

@test "values of 100 MB, in text and in binary" {
	pg_new huge
	pg_sql huge <<-'SQL'
		CREATE TABLE v (id integer, t text, b bytea);
		ALTER TABLE v ALTER t SET STORAGE EXTERNAL,
			ALTER b SET STORAGE EXTERNAL;
		INSERT INTO v SELECT 1, repeat(string_agg(md5(i::text), E'\\\n'), 100)
		FROM generate_series(1, 30000) i;
		INSERT INTO v SELECT 2, NULL, decode(repeat(string_agg(
			md5(i::text), ''), 215), 'hex')
		FROM generate_series(1, 30000) i;
		INSERT INTO v VALUES (3, '', '');
	SQL
	[ "$(pg_sql huge "SELECT min(greatest(length(t), length(b)))
		FROM v WHERE id < 3")" -gt 100000000 ]
	for format in text binary; do
		cask_backup huge "$REPO" --name "$format" --format $format
		pg_sql postgres "DROP DATABASE IF EXISTS copy"
		cask_restore "latest:$format" copy -r "$REPO" --create --verify
		same_databases huge copy
	done
	pg_sql postgres "DROP DATABASE huge" "DROP DATABASE copy"
}

@test "a table of many parts stays within 128 MiB at four jobs" {
	pg_new wide
	# Bytes that do not compress: parts are as large in the file.
	pg_sql wide "CREATE TABLE w AS SELECT i AS id, (SELECT string_agg(
		sha512((i * 8 + k)::text::bytea), NULL)
		FROM generate_series(1, 8) k) AS v
		FROM generate_series(1, 350000) i" \
	    "ALTER TABLE w ADD PRIMARY KEY (id)"
	peak "$PGCASK" backup -d wide -r "$REPO" --name wide -j 4 \
	    --seal-key "$KEYS/k-seal.key"
	echo "backup: $mib MiB"
	[ "$mib" -le 128 ]
	peak "$PGCASK" restore latest:wide -d wide2 -r "$REPO" --create -j 4 \
	    --open-key "$KEYS/k-open.key"
	echo "restore: $mib MiB"
	[ "$mib" -le 128 ]
	same_databases wide wide2
	# Through a pipe, too.
	"$PGCASK" backup -d wide -o - -j 4 --seal-key "$KEYS/k-seal.key" \
	    >"$T/wide.cask"
	restore_pipe() {
		exec "$PGCASK" restore - -d wide3 --create -j 4 \
		    --open-key "$KEYS/k-open.key" <"$T/wide.cask"
	}
	peak restore_pipe
	echo "restore of a pipe: $mib MiB"
	[ "$mib" -le 128 ]
	same_databases wide wide3
}

@test "5,000 tables need no more locks than a server has by default" {
	pg_new many
	seq 5000 | sed 's/.*/CREATE TABLE t& (id integer PRIMARY KEY, v text);
		INSERT INTO t& VALUES (&, NULL), (0, $$row$$);/' |
	    pg_sql many
	cask_backup many "$REPO" --name many -j 4
	cask_restore latest:many many2 -r "$REPO" --create -j 4
	same_databases many many2
}
