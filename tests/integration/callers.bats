#!/usr/bin/env bats
# builds: tsan
# Functions that read other tables than the one that calls them: in checks,
# generated columns, domains, indexes, partition keys, materialized views.  No
# dependency tells of these tables.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new callers
	# Names and sizes tempt to fill each caller before what it reads.
	pg_sql callers <<-'SQL'
		CREATE TABLE code (code integer PRIMARY KEY, name text);
		INSERT INTO code SELECT g, 'name' || g
		FROM generate_series(1, 2000) AS g;
		CREATE TABLE area (code integer, name text);
		INSERT INTO area SELECT g, 'area' || g
		FROM generate_series(1, 100) AS g;
		CREATE TABLE other (pad text);
		INSERT INTO other SELECT repeat('x', 200)
		FROM generate_series(1, 10000);
		CREATE FUNCTION code_ok(integer) RETURNS boolean LANGUAGE sql
		STABLE AS 'SELECT EXISTS (SELECT FROM public.code
			WHERE code = $1)';
		CREATE FUNCTION code_name(integer) RETURNS text
		LANGUAGE plpgsql IMMUTABLE AS
		'BEGIN RETURN (SELECT name FROM public.code WHERE code = $1); END';
		CREATE FUNCTION area_name(integer) RETURNS text LANGUAGE sql
		IMMUTABLE AS 'SELECT name FROM public.area WHERE code = $1';
		CREATE TABLE checked (i integer,
			code integer CHECK (code_ok(code)), pad text);
		INSERT INTO checked SELECT g, g % 2000 + 1, repeat('y', 250)
		FROM generate_series(1, 8000) AS g;
		CREATE DOMAIN valid AS integer CHECK (code_ok(VALUE));
		CREATE TABLE bound (v valid, pad text);
		INSERT INTO bound SELECT g, repeat('z', 500)
		FROM generate_series(1, 2000) AS g;
		CREATE TABLE indexed (i integer, code integer, pad text);
		INSERT INTO indexed SELECT g, g % 10 + 1, repeat('i', 250)
		FROM generate_series(1, 40000) AS g;
		CREATE INDEX by_name ON indexed (code_name(code));
		CREATE TABLE computed (i integer, code integer, n text
			GENERATED ALWAYS AS (area_name(code)) STORED);
		INSERT INTO computed SELECT g, g % 100 + 1
		FROM generate_series(1, 20000) AS g;
		CREATE TABLE split (code integer)
			PARTITION BY LIST (area_name(code));
		CREATE TABLE part_one PARTITION OF split
			FOR VALUES IN ('area1');
		CREATE TABLE part_rest PARTITION OF split DEFAULT;
		INSERT INTO split SELECT g % 7 + 1
		FROM generate_series(1, 1000) AS g;
		CREATE TABLE whole (i integer);
		CREATE FUNCTION whole_ok(whole) RETURNS boolean LANGUAGE sql
		STABLE AS 'SELECT EXISTS (SELECT FROM public.code
			WHERE code = $1.i)';
		ALTER TABLE whole ADD CHECK (whole_ok(whole));
		INSERT INTO whole SELECT generate_series(1, 2000);
		CREATE FUNCTION in_whole(integer) RETURNS boolean LANGUAGE sql
		STABLE AS 'SELECT EXISTS (SELECT FROM public.whole
			WHERE i = $1)';
		CREATE TABLE x_mid (i integer CHECK (in_whole(i)), pad text);
		INSERT INTO x_mid SELECT g, repeat('m', 100)
		FROM generate_series(1, 2000) AS g;
		CREATE FUNCTION in_mid(integer) RETURNS boolean LANGUAGE sql
		STABLE AS 'SELECT EXISTS (SELECT FROM public.x_mid
			WHERE i = $1)';
		CREATE TABLE y_top (i integer CHECK (in_mid(i)), pad text);
		INSERT INTO y_top SELECT g % 50 + 1, repeat('t', 500)
		FROM generate_series(1, 4000) AS g;
		CREATE TABLE z_refers (code integer REFERENCES code,
			pad text);
		INSERT INTO z_refers SELECT g % 2000 + 1, repeat('r', 100)
		FROM generate_series(1, 3000) AS g;
		CREATE FUNCTION refers(integer) RETURNS boolean LANGUAGE sql
		STABLE AS 'SELECT EXISTS (SELECT FROM public.z_refers
			WHERE code = $1)';
		CREATE TABLE zz_last (i integer CHECK (refers(i)));
		INSERT INTO zz_last SELECT generate_series(1, 100);
		CREATE MATERIALIZED VIEW mv_a AS SELECT i FROM whole;
		CREATE FUNCTION rows_of_a() RETURNS bigint LANGUAGE plpgsql
		STABLE AS
		'BEGIN RETURN (SELECT count(*) FROM public.mv_a); END';
		CREATE MATERIALIZED VIEW mv_b AS SELECT rows_of_a() AS n;
		CREATE MATERIALIZED VIEW mv_c AS SELECT rows_of_a() AS n, i
		FROM whole;
		CREATE VIEW seen AS SELECT * FROM mv_c;
		CREATE MATERIALIZED VIEW mv_d AS SELECT * FROM seen;
	SQL
	cask_backup callers "$REPO" -j 2
	export ARCHIVE
	ARCHIVE=$(the_archive "$REPO")
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_drop copy
}

# whole: the copy is what was saved, its indexes and computed columns, too.
whole() {
	same_databases callers copy
	[ "$(pg_sql copy "SET enable_seqscan = off" \
	    "SELECT count(*) FROM indexed WHERE code_name(code) = 'name3'")" \
	    -eq 4000 ]
	[ "$(pg_sql copy "SELECT count(n) FROM computed")" -eq 20000 ]
	[ "$(pg_sql copy "SELECT count(*) FROM part_rest")" -eq \
	    "$(pg_sql callers "SELECT count(*) FROM part_rest")" ]
}

@test "a file, by one connection or several" {
	for jobs in 1 2 4; do
		pg_drop copy
		cask_restore "$ARCHIVE" copy --create --verify -j $jobs
		whole
	done
}

@test "in one transaction, and in the place of what is there" {
	pg_new copy
	cask_restore "$ARCHIVE" copy --single-transaction
	whole
	cask_restore "$ARCHIVE" copy --clean
	whole
}

@test "a stream" {
	for jobs in 1 3; do
		pg_drop copy
		cask_restore - copy --create --verify -j $jobs <"$ARCHIVE"
		whole
	done
}

@test "rows into definitions that are there" {
	pg_new copy
	cask_restore "$ARCHIVE" copy --schema-only
	cask_restore "$ARCHIVE" copy --data-only -j 2
	[ "$(pg_sql copy "SELECT count(*) FROM checked")" -eq 8000 ]
	[ "$(pg_sql copy "SELECT count(n) FROM computed")" -eq 20000 ]
}

@test "rows that no order satisfies are named, and the rest is kept" {
	# pg_restore loses the table, too.
	pg_sql callers "ALTER TABLE code DROP CONSTRAINT code_pkey CASCADE" \
	    "UPDATE code SET code = 5000 WHERE code = 7"
	mkdir "$T/broken"
	cask_backup callers "$T/broken"
	refuses 3 'checked.*violates check constraint' \
	    cask_restore latest copy -r "$T/broken" --create -j 2
	[ "$(pg_sql copy "SELECT count(*) FROM indexed")" -eq 40000 ]
	[ "$(pg_sql copy "SELECT count(*) FROM checked")" -lt 8000 ]
}
