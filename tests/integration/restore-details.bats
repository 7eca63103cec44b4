#!/usr/bin/env bats
# builds: asan
# What a restore does beside filling tables: names that are taken, things that
# the server lacks, large objects, and work that runs side by side.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new source
	pg_sql source "CREATE TABLE t AS SELECT i, i % 7 AS k
		FROM generate_series(1, 5000) AS i" \
	    "ALTER TABLE t ADD PRIMARY KEY (i)" "CREATE INDEX t_k ON t (k)"
	cask_backup source "$REPO"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_drop copy
}

# restoring NAME: a restore into it, $!, that waits for $T/go-NAME before the
# end of the archive; its database is there.
restoring() {
	local archive size

	archive=$(the_archive "$REPO/source")
	size=$(stat -c %s "$archive")
	rm -f "$T/pipe"
	mkfifo "$T/pipe"
	cask_feed "$archive" $((size - 1024)) "$T/go-$1" 3>&- >"$T/pipe" &
	"$PGCASK" restore - -d "$1" --create --open-key "$KEYS/k-open.key" \
	    <"$T/pipe" >"$T/out" 2>&1 3>&- &
	await is_making
}
is_making() {
	pg_databases | grep -q 'pgcask\.partial$'
}

@test "a name that another restore is making is left to it" {
	restoring copy
	pid=$!
	refuses 8 'another restore.*copy' cask_restore latest:source copy \
	    -r "$REPO" --create
	touch "$T/go-copy"
	wait "$pid"
	same_databases source copy
}

@test "what a killed run left is dropped by the next, and nothing else" {
	pg_sql postgres "CREATE DATABASE \"copy.pgcask.partial\"
		CONNECTION LIMIT 0"
	pg_sql copy.pgcask.partial "CREATE TABLE half AS SELECT 1 AS i"
	cask_restore latest:source copy -r "$REPO" --create
	same_databases source copy
	[ "$(pg_databases | paste -sd ' ')" = "copy postgres source" ]
	pg_sql postgres "DROP DATABASE copy" \
	    "CREATE DATABASE \"copy.pgcask.partial\""
	pg_sql copy.pgcask.partial "CREATE TABLE mine AS SELECT 1 AS i"
	refuses 1 'in the way' cask_restore latest:source copy -r "$REPO" \
	    --create
	[ "$(pg_sql copy.pgcask.partial "SELECT i FROM mine")" -eq 1 ]
	pg_sql postgres "DROP DATABASE \"copy.pgcask.partial\""
}

@test "a name of 63 bytes is kept, whatever it is called meanwhile" {
	name=$(printf 'ä%.0s' {1..31})x
	cask_restore latest:source "$name" -r "$REPO" --create
	[ "$(pg_sql "$name" "SELECT count(*) FROM t")" -eq 5000 ]
	pg_sql postgres "DROP DATABASE \"$name\""
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

@test "a name that is too long for the server is refused before anything" {
	# The server would cut it, and say so only in a notice.
	name=$(printf 'x%.0s' {1..64})
	refuses 2 'at most 63 bytes.*has 64$' cask_restore latest:source \
	    "$name" -r "$REPO" --create
	name=$(printf 'ä%.0s' {1..32})
	refuses 2 'at most 63 bytes.*has 64$' cask_restore latest:source \
	    "$name" -r "$REPO" --create
	# Its bytes count as the server writes them, not as they are given.
	name=$(printf '\344%.0s' {1..32})
	PGCLIENTENCODING=LATIN1 refuses 2 'at most 63 bytes.*has 64$' \
	    cask_restore latest:source "$name" -r "$REPO" --create
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
	name=$(printf '\344%.0s' {1..31})
	PGCLIENTENCODING=LATIN1 cask_restore latest:source "$name" -r "$REPO" \
	    --create
	name=$(printf 'ä%.0s' {1..31})
	[ "$(pg_sql "$name" "SELECT count(*) FROM t")" -eq 5000 ]
	pg_sql postgres "DROP DATABASE \"$name\""
}

@test "two names of 60 bytes that begin alike do not meet" {
	name=$(printf 'x%.0s' {1..57})
	restoring "${name}one"
	pid=$!
	partial=$(pg_databases | grep 'pgcask\.partial')
	[ "${#partial}" -eq 63 ]
	cask_restore latest:source "${name}two" -r "$REPO" --create
	# The other one's is still there, and becomes whole.
	pg_databases | grep -qxF "$partial"
	touch "$T/go-${name}one"
	wait "$pid"
	for end in one two; do
		same_databases source "$name$end"
		pg_sql postgres "DROP DATABASE $name$end"
	done
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

@test "tablespaces that the server lacks are named once and done without" {
	for space in fast "big one"; do
		folder=$(mktemp -d "$SERVER/space.XXXXXX")
		[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$folder"
		pg_sql postgres "CREATE TABLESPACE \"$space\" LOCATION '$folder'"
	done
	pg_new spaced
	pg_sql spaced "CREATE TABLE a (i integer) TABLESPACE fast" \
	    "INSERT INTO a SELECT generate_series(1, 10)" \
	    "CREATE INDEX a_i ON a (i) TABLESPACE \"big one\"" \
	    "ALTER TABLE a ADD CONSTRAINT a_key UNIQUE (i)
		USING INDEX TABLESPACE fast" \
	    "CREATE TABLE b AS SELECT * FROM a"
	cask_backup spaced "$REPO"
	# On a server that has them, they are kept.
	cask_restore latest:spaced copy -r "$REPO" --create
	same_databases spaced copy
	pg_sql postgres "DROP DATABASE copy" "DROP DATABASE spaced" \
	    "DROP TABLESPACE fast" "DROP TABLESPACE \"big one\""
	status=0
	cask_restore latest:spaced copy -r "$REPO" --create \
	    >"$T/out" 2>&1 || status=$?
	cat "$T/out"
	[ "$status" -eq 3 ]
	[ "$(grep -c warning "$T/out")" -eq 1 ]
	grep 'fast' "$T/out" | grep 'big one'
	[ "$(pg_sql copy "SELECT count(*) FROM a")" -eq 10 ]
	[ "$(pg_sql copy "SELECT count(*) FROM pg_index
	    WHERE indrelid = 'a'::regclass")" -eq 2 ]
}

@test "large objects come back, empty ones and their properties too" {
	pg_new lobs
	pg_sql lobs "CREATE ROLE keeper" \
	    "SELECT lo_from_bytea(901, decode(repeat('00ff41', 900000), 'hex'))" \
	    "SELECT lo_from_bytea(902, '')" "SELECT lo_create(903)" \
	    "SELECT lo_put(903, 5000000, 'far')" \
	    "ALTER LARGE OBJECT 902 OWNER TO keeper" \
	    "GRANT SELECT ON LARGE OBJECT 901 TO keeper" \
	    "COMMENT ON LARGE OBJECT 903 IS 'sparse'"
	cask_backup lobs "$REPO"
	cask_restore latest:lobs copy -r "$REPO" --create -j 3
	for db in lobs copy; do
		pg_sql "$db" "SELECT m.oid, lomowner::regrole, lomacl,
			length(lo_get(m.oid)), md5(lo_get(m.oid)),
			obj_description(m.oid, 'pg_largeobject')
			FROM pg_largeobject_metadata AS m ORDER BY 1" >"$T/$db"
	done
	[ "$(wc -l <"$T/lobs")" -eq 3 ]
	diff "$T/lobs" "$T/copy"
	pg_sql postgres "DROP DATABASE copy" "DROP DATABASE lobs" \
	    "DROP ROLE keeper"
}

# Keys of a table that is large are made in two steps, beside its indexes.
@test "keys and indexes of a large table are as they were" {
	pg_new wide
	pg_sql wide "CREATE TABLE w AS SELECT i AS id, i % 1000 AS k,
		md5(i::text) AS t, repeat(md5((i % 99)::text), 4) AS filler
		FROM generate_series(1, 90000) AS i" \
	    "ALTER TABLE w ADD PRIMARY KEY (id)" \
	    "ALTER TABLE w ADD CONSTRAINT \"w t\" UNIQUE (t, id)" \
	    "ALTER TABLE w ADD CONSTRAINT w_later UNIQUE (id, k)
		DEFERRABLE INITIALLY DEFERRED" \
	    "ALTER TABLE w ADD CONSTRAINT w_with UNIQUE (id, t) INCLUDE (k)
		WITH (fillfactor = 70)" \
	    "CREATE INDEX w_k ON w (k)" \
	    "CREATE INDEX w_t ON w USING gin (to_tsvector('simple', t))" \
	    "ALTER TABLE w CLUSTER ON w_k" \
	    "COMMENT ON CONSTRAINT w_pkey ON w IS 'the key'" \
	    "CREATE TABLE v (w integer REFERENCES w)" \
	    "INSERT INTO v SELECT generate_series(1, 100)"
	cask_backup wide "$REPO"
	for jobs in 1 2 5; do
		cask_restore latest:wide copy -r "$REPO" --create -j $jobs \
		    --verify
		same_databases wide copy
		pg_sql postgres "DROP DATABASE copy"
	done
	pg_sql postgres "DROP DATABASE wide"
}

@test "a row that does not come back as it was is found by --verify" {
	pg_new shifty
	# Filling the view changes a row, as nothing should.
	pg_sql shifty "CREATE TABLE s (i integer, t text)" \
	    "INSERT INTO s SELECT i, 'x' FROM generate_series(1, 9) AS i" \
	    "CREATE FUNCTION louder() RETURNS integer LANGUAGE plpgsql AS
		\$\$BEGIN UPDATE public.s SET t = 'y' WHERE i = 4; RETURN 1;
		END\$\$" \
	    "CREATE MATERIALIZED VIEW m AS SELECT louder() AS one" \
	    "UPDATE s SET t = 'x'"
	cask_backup shifty "$REPO"
	cask_restore latest:shifty copy -r "$REPO" --create
	pg_sql postgres "DROP DATABASE copy"
	refuses 1 'public\.s' cask_restore latest:shifty copy -r "$REPO" \
	    --create --verify
	pg_sql postgres "DROP DATABASE shifty"
	[ "$(pg_databases | paste -sd ' ')" = "postgres source" ]
}

@test "what is no table and comes back otherwise is found by --verify" {
	pg_new adrift
	pg_sql adrift <"$PG_TOP/tests/lib/adrift.sql"
	pg_sql adrift "CREATE TABLE t AS SELECT 1 AS i"
	cask_backup adrift "$REPO"
	cask_restore latest:adrift copy -r "$REPO" --create
	pg_sql postgres "DROP DATABASE copy"
	for how in --verify "--verify --single-transaction"; do
		pg_new copy
		# shellcheck disable=SC2086 # two words
		refuses 1 'large objects are not what was saved, by digest; 1 sequence does not stand where it stood: public\.ticket \(2 saved, 3 found\); 1 materialized view is not populated: public\.emptied' \
		    cask_restore latest:adrift copy -r "$REPO" $how
		pg_sql postgres "DROP DATABASE copy"
	done
	# Of a part, what is restored, beside other objects.
	cask_restore latest:adrift copy -r "$REPO" --create --verify \
	    --exclude-table=turned >"$T/out"
	grep -q 'digests of 1; also 3 large objects, 2 sequences, 3 mat' "$T/out"
	pg_sql postgres "DROP DATABASE copy"
	pg_new copy
	pg_sql copy "SELECT lo_from_bytea(7, 'x'), lo_from_bytea(9999999, 'x')"
	cask_restore latest:adrift copy -r "$REPO" --verify \
	    --exclude-table=turned >"$T/out"
	grep -q 'digests of 1; also 3 large objects, 2 sequences, 3 mat' "$T/out"
	pg_sql postgres "DROP DATABASE copy"
	cask_restore latest:adrift copy -r "$REPO" --create --verify \
	    --table=calm --table=emptied --schema-only >"$T/out"
	lacks 'verified:' "$T/out"
	pg_sql postgres "DROP DATABASE copy" "DROP DATABASE adrift"
}

@test "a session that looks into every database does not stop a restore" {
	# It enters as soon as there is a database, and stays.
	(
		for ((i = 0; i < 1500; i++)); do
			psql -X -q -d copy.pgcask.partial -c 'SELECT pg_sleep(60)' \
			    2>/dev/null && break
			[ ! -e "$T/done" ] || break
			sleep 0.01
		done
	) 3>&- &
	looker=$!
	cask_restore latest:source copy -r "$REPO" --create -v >"$T/out" 2>&1
	touch "$T/done"
	wait "$looker" || :
	cat "$T/out"
	same_databases source copy
}
