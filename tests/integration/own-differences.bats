#!/usr/bin/env bats
# builds: test
# What PostgreSQL itself does not bring back: each difference is there after
# pg_dump and pg_restore, too, and no other.

load ../lib/cask

setup_file() {
	cask_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_new source
	rm -rf "$REPO/source"
}

# both_ways STATUS: a copy by pgcask, which ends with that status, and one by
# pg_dump and pg_restore are the same.
both_ways() {
	local want=$1

	pg_drop ours
	pg_new theirs
	cask_backup source "$REPO"
	status=0
	cask_restore latest:source ours -r "$REPO" --create --verify \
	    >"$T/out" 2>&1 || status=$?
	cat "$T/out"
	[ "$status" -eq "$want" ]
	[ "$(wc -l <"$T/out")" -le "$SCREEN" ]
	pg_dump -Fc -f "$T/dump" source
	pg_restore -d theirs "$T/dump" >"$T/theirs.out" 2>&1 || :
	same_databases ours theirs
}

# differs: from the source.
differs() {
	run same_databases source ours
	[ "$status" -ne 0 ]
}

@test "columns that a parent got after its heir has own ones" {
	pg_sql source "CREATE TABLE parent (a integer)" \
	    "CREATE TABLE heir (b integer) INHERITS (parent)" \
	    "ALTER TABLE parent ADD COLUMN c integer" \
	    "INSERT INTO heir VALUES (1, 2, 3)"
	both_ways 0
	differs
	[ "$(pg_sql source "SELECT * FROM heir")" = "1|2|3" ]
	[ "$(pg_sql ours "SELECT * FROM heir")" = "1|3|2" ]
}

@test "a language whose handlers are the system's own" {
	pg_sql source "CREATE TRUSTED LANGUAGE ours HANDLER plpgsql_call_handler
		INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator"
	both_ways 3
	differs
	grep -q 'warning: PROCEDURAL LANGUAGE ours' "$T/out"
}

@test "what is said of a range type's functions, and of a partition's trigger" {
	pg_sql source "CREATE TYPE r AS RANGE (subtype = text)" \
	    "COMMENT ON FUNCTION r(text, text) IS 'lost'" \
	    "CREATE TABLE p (i integer) PARTITION BY LIST (i)" \
	    "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)" \
	    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql
		AS 'BEGIN RETURN NEW; END'" \
	    "CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW
		EXECUTE FUNCTION f()" \
	    "COMMENT ON TRIGGER t ON p1 IS 'lost'"
	both_ways 0
	for db in source ours; do
		pg_sql "$db" "SELECT count(*) FROM pg_description
		    WHERE objoid >= 16384"
	done >"$T/counts"
	[ "$(paste -sd ' ' "$T/counts")" = "2 0" ]
}

# unqualified: functions that find each other by the search_path of a database
# alone.
unqualified() {
	pg_sql source "CREATE SCHEMA helper" \
	    "CREATE FUNCTION helper.inner(t text) RETURNS text LANGUAGE plpgsql
		IMMUTABLE AS 'BEGIN RETURN lower(t); END'" \
	    "CREATE FUNCTION outer(t text) RETURNS text LANGUAGE plpgsql
		IMMUTABLE AS 'BEGIN RETURN inner(t); END'" \
	    "ALTER DATABASE source SET search_path = public, helper"
	pg_sql source "CREATE TABLE other AS SELECT generate_series(1, 9) AS i" \
	    "ALTER TABLE other ADD PRIMARY KEY (i)"
}

@test "an index on a function that relies on search_path" {
	unqualified
	pg_sql source "CREATE TABLE t (t text)" "INSERT INTO t VALUES ('A')"
	pg_sql source "SET check_function_bodies = off" \
	    "CREATE OR REPLACE FUNCTION outer(t text) RETURNS text LANGUAGE plpgsql
		IMMUTABLE AS 'BEGIN RETURN t; END'" \
	    "CREATE INDEX it ON t (outer(t))" \
	    "CREATE OR REPLACE FUNCTION outer(t text) RETURNS text LANGUAGE plpgsql
		IMMUTABLE AS 'BEGIN RETURN inner(t); END'"
	both_ways 3
	differs
	grep -q 'warning: INDEX public.it: function inner' "$T/out"
	[ "$(pg_sql ours "SELECT count(*) FROM t")" -eq 1 ]
}

@test "a materialized view that relies on search_path" {
	unqualified
	pg_sql source "CREATE MATERIALIZED VIEW m AS SELECT outer('A')
	    WITH NO DATA" "CREATE OR REPLACE FUNCTION outer(t text) RETURNS text
	    LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN t; END'" \
	    "REFRESH MATERIALIZED VIEW m" \
	    "CREATE OR REPLACE FUNCTION outer(t text) RETURNS text LANGUAGE plpgsql
		IMMUTABLE AS 'BEGIN RETURN inner(t); END'"
	both_ways 3
	differs
	grep -q 'warning: MATERIALIZED VIEW DATA public.m: ' "$T/out"
}

# rows_lost NAME: that table's rows can't come back, those of others do.
rows_lost() {
	both_ways 3
	differs
	grep -q "warning: rows are refused: table public.$1: function inner" \
	    "$T/out"
	grep -q "warning: 1 table could not be made or filled, .*: public.$1" "$T/out"
	grep -q "^verified: the row counts of all tables but 1, the digests" \
	    "$T/out"
	[ "$(pg_sql ours "SELECT count(*) FROM $1")" -eq 0 ]
	[ "$(pg_sql ours "SELECT count(*) FROM other")" -eq 9 ]
	# So it is, too, when the archive can't be read twice.
	cat "$REPO"/source/*.cask | "$PGCASK" restore - -d piped --create \
	    --open-key "$KEYS/k-open.key" || [ $? -eq 3 ]
	same_databases ours piped
	pg_drop piped
}

@test "a check that relies on search_path" {
	unqualified
	pg_sql source "CREATE TABLE t (t text CHECK (outer(t) <> ''))" \
	    "INSERT INTO t VALUES ('A')"
	rows_lost t
}

@test "a generated column that relies on search_path" {
	unqualified
	pg_sql source "CREATE TABLE g (t text,
		u text GENERATED ALWAYS AS (outer(t)) STORED)" \
	    "INSERT INTO g VALUES ('A'), (NULL)"
	rows_lost g
}

@test "a domain whose check relies on search_path" {
	unqualified
	pg_sql source "CREATE DOMAIN d AS text CHECK (outer(VALUE) <> '')" \
	    "CREATE TABLE t (d d)" "INSERT INTO t VALUES ('A')"
	rows_lost t
}

@test "a check that later rows alone do not pass: the others are told to be there" {
	pg_sql source <<-'SQL'
		CREATE SCHEMA aside;
		CREATE FUNCTION aside.late(i integer) RETURNS boolean LANGUAGE sql
			IMMUTABLE AS 'SELECT true';
		CREATE FUNCTION public.passes(i integer) RETURNS boolean
			LANGUAGE plpgsql AS
			'BEGIN IF i > 4999 THEN RETURN late(i); END IF;
			RETURN true; END';
		SET search_path = aside, public;
		CREATE TABLE public.t (i integer CHECK (public.passes(i)), f text);
		ALTER TABLE t ALTER f SET STORAGE PLAIN;
		INSERT INTO t SELECT i, repeat(md5(i::text), 200)
		FROM generate_series(1, 5000) AS i;
	SQL
	cask_backup source "$REPO" -j 1
	pg_drop ours
	status=0
	cask_restore latest:source ours -r "$REPO" --create --verify -j 1 \
	    >"$T/out" 2>&1 || status=$?
	cat "$T/out"
	[ "$status" -eq 3 ]
	there=$(pg_sql ours "SELECT count(*) FROM t")
	[ "$there" -gt 0 ]
	[ "$there" -lt 5000 ]
	grep -q "rows are missing: public.t (but $there of 5000 are there)" \
	    "$T/out"
}
