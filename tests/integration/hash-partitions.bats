#!/usr/bin/env bats
# builds: test asan
# Partitions by the hash of a key that hashes otherwise in the copy: rows come
# back into other partitions than they were saved from.

load ../lib/cask

setup_file() {
	export T=$BATS_FILE_TMPDIR REPO=$BATS_FILE_TMPDIR/repo
	mkdir "$REPO"
	cask_keys "$T/keys"
	export SERVER OTHER
	pg_start OTHER 18
	# Enums here have other OIDs than where the database comes from.
	pg_sql postgres "CREATE TYPE first AS ENUM ('a', 'b', 'c', 'd', 'e')"
	pg_start SERVER 15
	pg_new source
	some_partitions
}

teardown_file() {
	pg_stop "$SERVER" "$OTHER"
}

teardown() {
	for server in "$SERVER" "$OTHER"; do
		pg_use "$server"
		pg_sql postgres "DROP DATABASE IF EXISTS copy WITH (FORCE)"
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
			FOR VALUES FROM (MINVALUE) TO (20000);
		CREATE TABLE event_north_2_high PARTITION OF event_north_2
			FOR VALUES FROM (20000) TO (MAXVALUE);
		CREATE INDEX event_note ON event (note);
		CREATE INDEX event_own ON event_north_2_high (id);
		INSERT INTO event
		SELECT CASE WHEN i % 5 = 0 THEN 's' ELSE 'n' END,
			(enum_range(NULL::mood))[i % 8 + 1], i,
			CASE WHEN i % 7 > 0 THEN md5(i::text) END
		FROM generate_series(1, 40000) AS i;
		CREATE TABLE seen (
			region text, feel mood, id bigint,
			FOREIGN KEY (region, feel, id) REFERENCES event
		);
		INSERT INTO seen SELECT region, feel, id FROM event
			WHERE id % 100 = 0;

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
		CREATE TABLE by_number (k integer, i integer)
			PARTITION BY HASH (k);
		DO $$
		DECLARE
			t text;
		BEGIN
			FOREACH t IN ARRAY ARRAY['array', 'pair', 'range',
				'domain', 'class', 'number']
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

# same_rows [SERVER]: the copy on that server has the source's rows, in other
# partitions, each in the right one.
same_rows() {
	pg_use "$SERVER"
	roots source >"$BATS_TEST_TMPDIR/source.roots"
	leaves source >"$BATS_TEST_TMPDIR/source.leaves"
	[ "$(grep -c '|[1-9]' "$BATS_TEST_TMPDIR/source.roots")" -eq 8 ]
	pg_use "${1-$SERVER}"
	roots copy | diff "$BATS_TEST_TMPDIR/source.roots" -
	leaves copy >"$BATS_TEST_TMPDIR/copy.leaves"
	for table in event_north by_array by_pair by_range by_domain by_class
	do
		! diff <(grep "^$table" "$BATS_TEST_TMPDIR/source.leaves") \
		    <(grep "^$table" "$BATS_TEST_TMPDIR/copy.leaves") \
		    >/dev/null || {
			echo "the partitions of $table did not change"
			return 1
		}
	done
	diff <(grep -E "^(by_number|event_south)" \
	    "$BATS_TEST_TMPDIR/source.leaves") \
	    <(grep -E "^(by_number|event_south)" "$BATS_TEST_TMPDIR/copy.leaves")
	# A partition's constraint holds: its rows are found by their key.
	[ "$(pg_sql copy "SELECT count(*) FROM event AS e
	    WHERE NOT EXISTS (SELECT FROM event AS f WHERE f.region = e.region
		AND f.feel = e.feel AND f.id = e.id)")" -eq 0 ]
	for feel in sad happy keen; do
		[ "$(pg_sql copy "SELECT count(*) FROM event
		    WHERE region = 'n' AND feel = '$feel'")" -eq 4000 ]
	done
}

@test "the archive says which tables are loaded through which" {
	cask_backup source "$REPO"
	"$PGCASK" cat latest:source catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$T/catalog"
	jq -r '.tables as $t | $t[] | select(.load_via >= 0) |
	    .name + " " + $t[.load_via].name' "$T/catalog" | sort >"$T/via"
	grep -c . "$T/via" | grep -qx 19
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
	for format in auto text; do
		cask_backup source "$REPO" --name "$format" --format $format
		for jobs in 1 4; do
			cask_restore "latest:$format" copy -r "$REPO" \
			    --create -j $jobs --verify
			same_rows
			# The schema, indexes and keys too, is the same.
			pg_server_dump source >"$T/source.sql"
			pg_server_dump copy | diff "$T/source.sql" -
			pg_sql postgres "DROP DATABASE copy"
		done
	done
}

@test "through a pipe" {
	set -o pipefail
	"$PGCASK" backup -d source -o - --seal-key "$KEYS/k-seal.key" -j 2 |
	    cask_restore - copy --create -j 2 --verify
	same_rows
}

@test "on another server, of another version" {
	cask_backup source "$REPO" --name over
	pg_use "$OTHER"
	cask_restore latest:over copy -r "$REPO" --create -j 3 --verify
	same_rows "$OTHER"
}

@test "a copy's copy" {
	cask_backup source "$REPO" --name once
	cask_restore latest:once first -r "$REPO" --create
	cask_backup first "$REPO" --name twice
	pg_sql postgres "DROP DATABASE first"
	cask_restore latest:twice copy -r "$REPO" --create --verify
	roots source >"$T/source"
	roots copy | diff "$T/source" -
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
