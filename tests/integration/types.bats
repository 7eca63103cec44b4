#!/usr/bin/env bats
# builds: asan
# Values of every built-in type, in both COPY formats, under every encoding,
# and whatever the settings of a session are.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new types
	psql -X -q -v ON_ERROR_STOP=1 -d types -o /dev/null \
	    -f "$BATS_TEST_DIRNAME/types.sql"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
}

# both_formats DATABASE [FORMAT...]: it comes back as it was, in text and in
# binary.
both_formats() {
	local format

	[ $# -gt 1 ] || set -- "$1" text binary auto
	for format in "${@:2}"; do
		cask_backup "$1" "$REPO" --name "$1-$format" --format "$format"
		pg_sql postgres "DROP DATABASE IF EXISTS copy"
		cask_restore "latest:$1-$format" copy -r "$REPO" --create --verify
		same_databases "$1" copy
	done
}

@test "every built-in type, in text, binary and as decided for each table" {
	[ "$(pg_contents types | wc -l)" -gt 60 ]
	both_formats types text auto
	# Whatever binary is not safe for was still text.
	"$PGCASK" cat latest:types-auto public.t_int4 -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | head -c 6 | grep -q PGCOPY
	"$PGCASK" cat latest:types-auto public.t_regclass -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$BATS_TEST_TMPDIR/regclass"
	lacks PGCOPY "$BATS_TEST_TMPDIR/regclass"
	grep -q pg_class "$BATS_TEST_TMPDIR/regclass"
}

@test "every built-in type that may be binary, in binary" {
	pg_sql postgres "CREATE DATABASE safe TEMPLATE types"
	refuses 2 't_regclass|type' cask_backup safe "$REPO" --format binary
	# What the message leaves out is in the catalog.
	"$PGCASK" cat latest:types-auto catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" |
	    jq -r '.tables[] | select(.format == "text") |
		"DROP TABLE " + .name + ";"' >"$BATS_TEST_TMPDIR/drop"
	# Few types are not safe.
	grep -q t_user "$BATS_TEST_TMPDIR/drop"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/drop")" -le 30 ]
	pg_sql safe <"$BATS_TEST_TMPDIR/drop"
	both_formats safe text binary
}

@test "all of Unicode, a character a row and all in one" {
	pg_new unicode
	pg_sql unicode "CREATE TABLE one AS SELECT i, chr(i) AS c
		FROM generate_series(1, 1114111) i
		WHERE i NOT BETWEEN 55296 AND 57343" \
	    "CREATE TABLE every AS SELECT string_agg(c, '' ORDER BY i) AS c,
		array_agg(c ORDER BY i) AS a FROM one"
	[ "$(pg_sql unicode "SELECT count(*) FROM one")" -eq 1112063 ]
	both_formats unicode
}

@test "a database in LATIN1, its names too" {
	pg_new latin1 "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
	PGCLIENTENCODING=UTF8 pg_sql latin1 <<-'SQL'
		CREATE TABLE "äöü" ("ñ" integer, "ß" text);
		INSERT INTO "äöü" SELECT i, chr(i) FROM generate_series(1, 255) i;
		COMMENT ON TABLE "äöü" IS 'Grüße';
		CREATE TYPE "é" AS ENUM ('å', 'ø');
		CREATE TABLE u AS SELECT 'å'::"é" AS v, '"ÿ"'::jsonb AS j;
		CREATE FUNCTION "ç"() RETURNS text LANGUAGE sql AS $$ SELECT 'ç' $$;
		CREATE INDEX "ï" ON "äöü" ("ß") WHERE "ß" <> 'ÿ';
	SQL
	both_formats latin1
	[ "$(pg_sql copy 'SHOW server_encoding')" = LATIN1 ]
}

@test "a database in SQL_ASCII with bytes that are no UTF-8, in names too" {
	pg_new ascii "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
	{
		printf 'CREATE TABLE "bad\xff\xfename" ("c\xe9" text);\n'
		printf 'INSERT INTO "bad\xff\xfename" VALUES (\047\xc3\x28\047);\n'
		printf 'COMMENT ON TABLE "bad\xff\xfename" IS \047\x80\047;\n'
		printf 'CREATE SEQUENCE "s\xf0";\n'
		printf 'SELECT nextval(\047"s\xf0"\047);\n'
		printf 'CREATE INDEX "i\xa0" ON "bad\xff\xfename" ("c\xe9");\n'
	} | pg_sql ascii
	pg_sql ascii "CREATE TABLE b AS SELECT i, chr(i) AS c
		FROM generate_series(1, 255) i"
	both_formats ascii
	[ "$(pg_sql copy 'SHOW server_encoding')" = SQL_ASCII ]
}

@test "databases in encodings of several bytes and of other alphabets" {
	pg_new eucjp "ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0"
	PGCLIENTENCODING=UTF8 pg_sql eucjp \
	    "CREATE TABLE \"表\" (\"列\" text)" \
	    "INSERT INTO \"表\" VALUES ('日本語'), ('カタカナ'), (NULL)"
	both_formats eucjp
	pg_new koi8 "ENCODING 'KOI8R' LOCALE 'C' TEMPLATE template0"
	PGCLIENTENCODING=UTF8 pg_sql koi8 \
	    "CREATE TABLE \"таблица\" AS SELECT 'Привет'::text AS \"слово\""
	both_formats koi8
}

@test "settings of the session and of the database change nothing" {
	pg_sql postgres "CREATE DATABASE odd TEMPLATE types"
	pg_sql odd "CREATE TABLE moments AS SELECT i AS id,
		timestamptz '2026-03-29 00:00+00' + i * interval '1 hour' AS t,
		i * interval '-1 day 3 hours' AS iv, i / 3.0::float8 AS f,
		decode(md5(i::text), 'hex') AS b
		FROM generate_series(1, 100) i"
	local set
	for set in "DateStyle = 'German, DMY'" "IntervalStyle = 'sql_standard'" \
	    "TimeZone = 'America/St_Johns'" "bytea_output = 'escape'" \
	    "extra_float_digits = -5" "standard_conforming_strings = off" \
	    "client_encoding = 'LATIN1'" "search_path = nowhere" \
	    "default_transaction_read_only = on" "row_security = off" \
	    "default_transaction_isolation = 'serializable'" \
	    "xmloption = 'document'" "array_nulls = off" \
	    "check_function_bodies = on" "quote_all_identifiers = on" \
	    "lock_timeout = '5s'" "idle_in_transaction_session_timeout = '1s'" \
	    "statement_timeout = '2s'" "default_with_oids = off" \
	    "synchronize_seqscans = off" "session_replication_role = origin"; do
		pg_sql postgres "ALTER DATABASE odd SET $set" 2>/dev/null || :
	done
	export PGCLIENTENCODING=LATIN1 PGTZ=Asia/Tokyo PGDATESTYLE=SQL,DMY
	cask_backup odd "$REPO" --name odd-text --format text
	cask_backup odd "$REPO" --name odd-auto
	unset PGCLIENTENCODING PGTZ PGDATESTYLE
	for format in text auto; do
		pg_sql postgres "DROP DATABASE IF EXISTS copy"
		PGTZ=Pacific/Chatham PGDATESTYLE=German PGCLIENTENCODING=LATIN2 \
		    cask_restore "latest:odd-$format" copy -r "$REPO" \
		    --create --verify
		same_databases odd copy
		[ "$(pg_sql copy 'SHOW bytea_output')" = escape ]
	done
}
