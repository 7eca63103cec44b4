#!/usr/bin/env bats
# builds: asan
# servers: its own
# Partitions by the hash of a key that hashes otherwise in the copy: rows come
# back into other partitions than they were saved from.

load ../lib/cask

setup_file() {
	cask_files
	export SERVER OTHER
	pg_start OTHER 18
	# Enums here have other OIDs than where the database comes from.
	pg_sql postgres "CREATE TYPE first AS ENUM ('a', 'b', 'c', 'd', 'e')"
	pg_start SERVER 15
	pg_new source
	some_partitions
	roots source >"$T/source.roots"
	leaves source >"$T/source.leaves"
	cask_backup source "$REPO"
}

teardown_file() {
	pg_stop "$SERVER" "$OTHER"
}

teardown() {
	for server in "$SERVER" "$OTHER"; do
		pg_use "$server"
		pg_drop copy
	done
}

some_partitions() {
	pg_sql source <<-'SQL'
		CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy', 'wild',
			'calm', 'glad', 'cross', 'keen');
		CREATE DOMAIN feeling AS mood CHECK (VALUE <> 'wild');
		CREATE TYPE pair AS (a integer, b feeling);
		CREATE TYPE moods AS RANGE (subtype = mood);

		-- A list, over hashes, over a range.
		CREATE TABLE event (
			region text NOT NULL,
			feel mood NOT NULL,
			id bigint NOT NULL,
			note text,
			size integer GENERATED ALWAYS AS (length(note)) STORED,
			gone integer,
			PRIMARY KEY (region, feel, id)
		) PARTITION BY LIST (region);
		ALTER TABLE event DROP COLUMN gone;
		CREATE TABLE event_south PARTITION OF event
			FOR VALUES IN ('s');
		CREATE TABLE event_north PARTITION OF event
			FOR VALUES IN ('n') PARTITION BY HASH (feel);
		CREATE TABLE event_north_0 PARTITION OF event_north
			FOR VALUES WITH (MODULUS 3, REMAINDER 0);
		-- Its columns are in another order, and have another past.
		CREATE TABLE event_north_1 (
			note text,
			size integer GENERATED ALWAYS AS (length(note)) STORED,
			lost integer,
			id bigint NOT NULL,
			feel mood NOT NULL,
			region text NOT NULL
		);
		ALTER TABLE event_north_1 DROP COLUMN lost;
		ALTER TABLE event_north ATTACH PARTITION event_north_1
			FOR VALUES WITH (MODULUS 3, REMAINDER 1);
		CREATE TABLE event_north_2 PARTITION OF event_north
			FOR VALUES WITH (MODULUS 3, REMAINDER 2)
			PARTITION BY RANGE (id);
		CREATE TABLE event_north_2_low PARTITION OF event_north_2
			FOR VALUES FROM (MINVALUE) TO (2000);
		CREATE TABLE event_north_2_high PARTITION OF event_north_2
			FOR VALUES FROM (2000) TO (MAXVALUE);
		CREATE INDEX event_note ON event (note);
		CREATE INDEX event_own ON event_north_2_high (id);
		INSERT INTO event
		SELECT CASE WHEN i % 5 = 0 THEN 's' ELSE 'n' END,
			(enum_range(NULL::mood))[i % 8 + 1], i,
			CASE WHEN i % 7 > 0 THEN md5(i::text) END
		FROM generate_series(1, 4000) AS i;
		CREATE TABLE seen (
			region text, feel mood, id bigint,
			FOREIGN KEY (region, feel, id) REFERENCES event
		);
		INSERT INTO seen SELECT region, feel, id FROM event
			WHERE id % 10 = 0;

		-- Keys that have an enum in them, and one that has not.
		CREATE TABLE by_array (k mood[], i integer)
			PARTITION BY HASH (k);
		CREATE TABLE by_pair (k pair, i integer) PARTITION BY HASH (i, k);
		CREATE TABLE by_range (k moods, i integer)
			PARTITION BY HASH (k);
		CREATE TABLE by_domain (k feeling, i integer)
			PARTITION BY HASH (k);
		CREATE TABLE by_class (k regclass, i integer)
			PARTITION BY HASH (k);
		CREATE TABLE by_either (k regclass, i integer)
			PARTITION BY HASH ((coalesce(k, 0::regclass)));
		CREATE TABLE by_number (k integer, i integer)
			PARTITION BY HASH (k);
		DO $$
		DECLARE
			t text;
		BEGIN
			FOREACH t IN ARRAY ARRAY['array', 'pair', 'range',
				'domain', 'class', 'either', 'number']
			LOOP
				FOR i IN 0..2 LOOP
					EXECUTE format('CREATE TABLE by_%s_%s
						PARTITION OF by_%1$s FOR VALUES
						WITH (MODULUS 3, REMAINDER %2$s)',
						t, i);
				END LOOP;
				EXECUTE format('CREATE INDEX ON by_%s (i)', t);
			END LOOP;
		END
		$$;
		INSERT INTO by_array SELECT ARRAY[feel, NULL, 'sad'], id
			FROM event;
		INSERT INTO by_pair SELECT (id % 5, feel)::pair, id FROM event
			WHERE feel <> 'wild';
		INSERT INTO by_range SELECT moods(feel, NULL), id FROM event;
		INSERT INTO by_domain SELECT feel, id FROM event
			WHERE feel <> 'wild';
		INSERT INTO by_class SELECT c.oid, i
			FROM pg_class AS c, generate_series(1, 20) AS i
			WHERE relnamespace = 'public'::regnamespace
				AND relkind IN ('r', 'p');
		INSERT INTO by_either SELECT k, i FROM by_class;
		INSERT INTO by_number SELECT id % 99, id FROM event;
	SQL
}

# roots DATABASE: a line for each partitioned table on top, with what is in
# all of its partitions.
roots() {
	PGOPTIONS='-c bytea_output=hex' pg_sql "$1" <<-'SQL'
		SELECT format('SELECT %L, count(*), sum((''x'' || left(md5(
			(SELECT string_agg(value, ''|'' ORDER BY key)
			FROM jsonb_each_text(to_jsonb(t)))), 15)
			)::bit(60)::bigint::numeric) FROM %I AS t',
			relname, relname)
		FROM pg_class
		WHERE relkind = 'p' AND NOT relispartition OR relname = 'seen'
		ORDER BY relname
		\gexec
	SQL
}

# leaves DATABASE: how many rows each partition has.
leaves() {
	pg_sql "$1" <<-'SQL'
		SELECT format('SELECT %L, count(*) FROM %I', relname, relname)
		FROM pg_class WHERE relkind = 'r' AND relispartition
		ORDER BY relname
		\gexec
	SQL
}

# same_rows: the copy has the source's rows, in other partitions, each in the
# right one.
same_rows() {
	[ "$(grep -c '|[1-9]' "$T/source.roots")" -eq 9 ]
	roots copy | diff "$T/source.roots" -
	leaves copy >"$BATS_TEST_TMPDIR/copy.leaves"
	for table in event_north by_array by_pair by_range by_domain by_class \
	    by_either
	do
		! diff <(grep "^$table" "$T/source.leaves") \
		    <(grep "^$table" "$BATS_TEST_TMPDIR/copy.leaves") \
		    >/dev/null || {
			echo "the partitions of $table did not change"
			return 1
		}
	done
	diff <(grep -E "^(by_number|event_south)" \
	    "$T/source.leaves") \
	    <(grep -E "^(by_number|event_south)" "$BATS_TEST_TMPDIR/copy.leaves")
	# A partition's constraint holds: its rows are found by their key.
	[ "$(pg_sql copy "SELECT count(*) FROM event AS e
	    WHERE NOT EXISTS (SELECT FROM event AS f WHERE f.region = e.region
		AND f.feel = e.feel AND f.id = e.id)")" -eq 0 ]
	for feel in sad happy keen; do
		[ "$(pg_sql copy "SELECT count(*) FROM event
		    WHERE region = 'n' AND feel = '$feel'")" -eq 400 ]
	done
}

@test "the archive says which tables are loaded through which" {
	"$PGCASK" cat latest:source catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$T/catalog"
	jq -r '.tables as $t | $t[] | select(.load_via >= 0) |
	    .name + " " + $t[.load_via].name' "$T/catalog" | sort >"$T/via"
	grep -c . "$T/via" | grep -qx 22
	grep -qx 'event_north_0 event_north' "$T/via"
	grep -qx 'event_north_2_low event_north' "$T/via"
	grep -qx 'by_pair_1 by_pair' "$T/via"
	lacks 'by_number|south|seen' "$T/via"
	# Their columns are in one order.
	jq -r '.tables[] | select(.name | test("^event_north_(0|1|2_low)$")) |
	    [.columns[][0]] | join(" ")' "$T/catalog" | sort -u >"$T/columns"
	[ "$(wc -l <"$T/columns")" -eq 1 ]
}

@test "in binary and in text, by one job and by several" {
	pg_server_dump source >"$T/source.sql"
	cask_backup source "$REPO" --name text --format text
	while read -r format jobs; do
		cask_restore "latest:$format" copy -r "$REPO" \
		    --create -j "$jobs" --verify </dev/null
		same_rows
		# The schema, indexes and keys too, is the same.
		pg_server_dump copy | diff "$T/source.sql" -
		pg_sql postgres "DROP DATABASE copy"
	done <<-END
		source 1
		source 4
		text 3
	END
}

@test "through a pipe" {
	set -o pipefail
	"$PGCASK" backup -d source -o - --seal-key "$KEYS/k-seal.key" -j 2 |
	    cask_restore - copy --create -j 2 --verify
	same_rows
}

@test "on another server, of another version" {
	pg_use "$OTHER"
	cask_restore latest:source copy -r "$REPO" --create -j 3 --verify
	same_rows
}

@test "a copy's copy" {
	cask_restore latest:source first -r "$REPO" --create
	cask_backup first "$REPO" --name twice
	pg_sql postgres "DROP DATABASE first"
	cask_restore latest:twice copy -r "$REPO" --create --verify
	roots copy | diff "$T/source.roots" -
}

# hashed DATABASE STATEMENT...: a table by the hash of an enum, with t0 below
# it and as much more as the statements say, and then rows in it.
hashed() {
	local db=$1

	shift
	pg_new "$db"
	# So many values that some surely belong elsewhere in a copy.
	pg_sql "$db" "CREATE TYPE mood AS ENUM ('$(
		echo {a..z} | sed "s/ /', '/g")')" \
	    "CREATE TABLE top (k mood, i integer) PARTITION BY HASH (k)" \
	    "CREATE TABLE t0 PARTITION OF top FOR VALUES
		WITH (MODULUS 2, REMAINDER 0)" \
	    "$@" \
	    "INSERT INTO top SELECT k, i FROM generate_series(1, 20) AS i,
		unnest(enum_range(NULL::mood)) AS k"
}

# elsewhere DATABASE: a database with a table that others have as foreign.
elsewhere() {
	pg_new "$1"
	pg_sql "$1" "CREATE TABLE live (k text, i integer)"
}

# once_t1_is_attached DATABASE STATEMENTS: run these then, by what an extension
# owns, and so is not a user's.
once_t1_is_attached() {
	pg_sql "$1" "CREATE FUNCTION meddle() RETURNS event_trigger
		LANGUAGE plpgsql AS \$\$BEGIN
		IF EXISTS (SELECT FROM pg_inherits
		    WHERE inhrelid = to_regclass('public.t1'))
		THEN
		    $2;
		END IF;
		END\$\$" \
	    "CREATE EVENT TRIGGER meddle ON ddl_command_end
		WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION meddle()" \
	    "ALTER EXTENSION plpgsql ADD FUNCTION meddle()" \
	    "ALTER EXTENSION plpgsql ADD EVENT TRIGGER meddle"
}

# restricted DATABASE: a database for one who may not make every extension.
restricted() {
	pg_sql postgres "DROP ROLE IF EXISTS dora" "CREATE ROLE dora LOGIN" \
	    "CREATE DATABASE $1 OWNER dora"
	pg_sql "$1" "ALTER SCHEMA public OWNER TO dora"
}

SECOND="CREATE TABLE t1 PARTITION OF top FOR VALUES
	WITH (MODULUS 2, REMAINDER 1)"

@test "rows do not pass through a foreign partition to its server" {
	elsewhere remote
	hashed partly "CREATE EXTENSION postgres_fdw" \
	    "CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw
		OPTIONS (host '$PGHOST', port '$PGPORT', dbname 'remote')" \
	    "CREATE USER MAPPING FOR CURRENT_USER SERVER away" \
	    "CREATE FOREIGN TABLE t1 PARTITION OF top FOR VALUES
		WITH (MODULUS 2, REMAINDER 1) SERVER away
		OPTIONS (table_name 'live')"
	before=$(pg_sql remote "SELECT count(*) FROM live")
	[ "$before" -gt 0 ]
	refuses 3 'public\.top: .* partition public\.t1 is a foreign table' \
	    cask_backup partly "$REPO"
	refuses 4 '^pgcask: COPY t0, line [0-9]+.*; .* detach foreign tables' \
	    cask_restore latest:partly copy -r "$REPO" --create
	[ "$(pg_sql remote "SELECT count(*) FROM live")" -eq "$before" ]
	# Without rows of its own, all is as well as it can be.
	pg_sql partly "TRUNCATE t0"
	refuses 3 'public\.t1 is a foreign table' \
	    cask_backup partly "$REPO" --name hollow
	cask_restore latest:hollow copy -r "$REPO" --create
	[ "$(pg_sql remote "SELECT count(*) FROM live")" -eq "$before" ]
	pg_sql postgres "DROP DATABASE partly" "DROP DATABASE remote"
}

@test "a foreign partition that only the target has is refused" {
	elsewhere remote
	hashed whole "$SECOND"
	cask_backup whole "$REPO"
	pg_new copy
	pg_sql copy "CREATE EXTENSION postgres_fdw" \
	    "CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw
		OPTIONS (host '$PGHOST', port '$PGPORT', dbname 'remote')" \
	    "CREATE USER MAPPING FOR CURRENT_USER SERVER away" \
	    "ALTER EXTENSION plpgsql ADD SERVER away"
	once_t1_is_attached copy "ALTER TABLE public.top
		DETACH PARTITION public.t1;
	    CREATE FOREIGN TABLE public.far PARTITION OF public.top
		FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER away
		OPTIONS (table_name 'live')"
	refuses 1 'public\.top: .* partition public\.far is a foreign table' \
	    cask_restore latest:whole copy -r "$REPO"
	[ "$(pg_sql remote "SELECT count(*) FROM live")" -eq 0 ]
	pg_sql postgres "DROP DATABASE whole" "DROP DATABASE remote"
}

@test "partitions of a table that could not be made get their own rows" {
	hashed topless "$SECOND" "CREATE EXTENSION pageinspect" \
	    "ALTER TABLE top ADD p bytea" \
	    "ALTER TABLE ONLY top
		ALTER p SET DEFAULT get_raw_page('pg_class', 0)"
	cask_backup topless "$REPO"
	leaves topless >"$T/topless"
	pg_sql postgres "DROP DATABASE topless"
	restricted copy
	PGUSER=dora refuses 3 'TABLE public\.top' \
	    cask_restore latest:topless copy -r "$REPO" --verify
	for table in t0 t1; do
		grep -qx "$table|$(pg_sql copy "SELECT count(*) FROM $table")" \
		    "$T/topless"
	done
}

@test "a partition that could not be made is named, and whom it was needed by" {
	hashed lame "$SECOND" "CREATE EXTENSION pageinspect" \
	    "ALTER TABLE t1 ALTER i SET DEFAULT
		length(get_raw_page('pg_class', 0))" \
	    "CREATE TABLE other AS SELECT 1 AS one"
	cask_backup lame "$REPO"
	pg_sql postgres "DROP DATABASE lame"
	restricted copy
	lost='1 table could not be made or filled, and its rows are missing: public\.t1'
	PGUSER=dora refuses 3 "$lost; public\.t1 could not be made a partition,\
 so the rows of all others of public\.top are missing" \
	    cask_restore latest:lame copy -r "$REPO"
	[ "$(pg_sql copy "SELECT count(*) FROM top")" -eq 0 ]
	[ "$(pg_sql copy "SELECT count(*) FROM other")" -eq 1 ]
}

@test "a partition that could not be attached gets its own rows" {
	hashed loose "$SECOND"
	cask_backup loose "$REPO"
	leaves loose >"$T/loose"
	pg_sql postgres "DROP DATABASE loose"
	pg_new copy
	once_t1_is_attached copy "RAISE 'not this one'"
	refuses 3 '[^;] public\.t1 could not be made a partition' \
	    cask_restore latest:loose copy -r "$REPO"
	grep -qx "t1|$(pg_sql copy "SELECT count(*) FROM t1")" "$T/loose"
	[ "$(pg_sql copy "SELECT count(*) FROM top")" -eq 0 ]
}

@test "a remainder without a partition is explained" {
	hashed sparse "$SECOND"
	pg_sql sparse "DELETE FROM t1" "DROP TABLE t1"
	cask_backup sparse "$REPO"
	refuses 4 '^pgcask: COPY top.*; .* give public\.top partitions for all remainders' \
	    cask_restore latest:sparse copy -r "$REPO" --create
	pg_sql postgres "DROP DATABASE sparse"
}

@test "a changed row in any partition is found by --verify" {
	pg_new shifty
	# Filling the view changes a row, as nothing should.
	pg_sql shifty "CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd')" \
	    "CREATE TABLE s (k mood, t text) PARTITION BY HASH (k)" \
	    "CREATE TABLE s0 PARTITION OF s FOR VALUES
		WITH (MODULUS 2, REMAINDER 0)" \
	    "CREATE TABLE s1 PARTITION OF s FOR VALUES
		WITH (MODULUS 2, REMAINDER 1)" \
	    "INSERT INTO s SELECT unnest(enum_range(NULL::mood)), 'x'" \
	    "CREATE FUNCTION louder() RETURNS integer LANGUAGE plpgsql AS
		\$\$BEGIN UPDATE public.s SET t = 'y' WHERE k = 'b'; RETURN 1;
		END\$\$" \
	    "CREATE MATERIALIZED VIEW m AS SELECT louder() AS one" \
	    "UPDATE s SET t = 'x'"
	cask_backup shifty "$REPO"
	refuses 1 '1 table is not what was saved.*public\.s$' \
	    cask_restore latest:shifty copy -r "$REPO" --create --verify
	pg_sql postgres "DROP DATABASE shifty"
}

@test "a partition without its rows takes those of others, and is compared" {
	local shift

	hashed gap "$SECOND" "CREATE INDEX ON t1 (i)" "CREATE INDEX ON t0 (k, i)"
	cask_backup gap "$REPO"
	cask_backup gap "$REPO" --name hole --exclude-table-data t1
	want=$(pg_sql gap "SELECT count(*), sum(i) FROM t0")
	pg_sql postgres "DROP DATABASE gap"
	# Hashes are of OIDs: other ones each time.
	for shift in 1 2 3; do
		cask_restore latest:gap copy -r "$REPO" --create --verify \
		    --exclude-table-data t1 -j "$shift"
		[ "$(pg_sql copy "SELECT count(*), sum(i) FROM top")" = "$want" ]
		[ "$(pg_sql copy "SELECT count(*) FROM t1")" -gt 0 ]
		pg_sql postgres "DROP DATABASE copy"
		cask_restore latest:hole copy -r "$REPO" --create --verify
		[ "$(pg_sql copy "SELECT count(*), sum(i) FROM top")" = "$want" ]
		pg_sql postgres "DROP DATABASE copy"
	done
}
