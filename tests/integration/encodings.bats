#!/usr/bin/env bats
# builds: asan
# Databases in other encodings than UTF-8: their names come back as they were,
# and people see and give them in UTF-8.

load ../lib/cask

setup_file() {
	cask_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

# some_names DATABASE SCHEMA TABLE COLUMN: a table of two rows.
some_names() {
	PGCLIENTENCODING=${ENCODING-UTF8} pg_sql "$1" \
	    "CREATE SCHEMA \"$2\"" \
	    "CREATE TABLE \"$2\".\"$3\" (\"$4\" text PRIMARY KEY, \"Id\" serial)" \
	    "INSERT INTO \"$2\".\"$3\" VALUES ('$4'), ('$3')" \
	    "COMMENT ON TABLE \"$2\".\"$3\" IS '$4'" \
	    "CREATE TYPE \"$2\".\"$4\" AS ENUM ('$3', '$4')"
}

# comes_back DATABASE: a copy of it is the same.
comes_back() {
	cask_restore "latest:$1" copy -r "$REPO" --create --verify
	same_databases "$1" copy
	[ "$(pg_sql copy "SELECT getdatabaseencoding()")" = \
	    "$(pg_sql "$1" "SELECT getdatabaseencoding()")" ]
	pg_sql postgres "DROP DATABASE copy"
}

show() {
	"$PGCASK" show "latest:$1" -r "$REPO" --open-key "$KEYS/k-open.key" \
	    "${@:2}"
}

cat_table() {
	"$PGCASK" cat "latest:$1" "$2" -r "$REPO" \
	    --open-key "$KEYS/k-open.key"
}

# seen DATABASE SCHEMA TABLE: show prints these names, cat finds them.
seen() {
	show "$1" --tables >"$T/show"
	grep -q "^$2\.$3  *2 " "$T/show"
	show "$1" --json --tables | jq -e --arg s "$2" --arg t "$3" \
	    '.table_list | any(.schema == $s and .name == $t and .rows == 2)'
	cat_table "$1" "$2.$3" >"$T/rows"
	cat_table "$1" "\"$2\".\"$3\"" | cmp - "$T/rows"
	cat_table "$1" "$3" | cmp - "$T/rows"
	[ "$(wc -l <"$T/rows")" -eq 2 ]
	# The one that was meant is named, as it is written.
	refuses 2 "did you mean \"$2.$3\"" cat_table "$1" "$2.$3s"
}

@test "LATIN1" {
	pg_new latin "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
	some_names latin büro größe maß
	# Bytes that would be UTF-8, too, are not taken for it.
	pg_sql latin "SET client_encoding = UTF8" "CREATE TABLE \"Ã©\" ()"
	cask_backup latin "$REPO" --format text
	seen latin büro größe
	show latin --tables | grep -q '^public\.Ã©  *0 '
	# In the database's own encoding it is found, too.
	cat_table latin "$(printf 'b\374ro.gr\366\337e')" | cmp - "$T/rows"
	# Rows are in the database's encoding, as COPY wrote them.
	iconv -f LATIN1 -t UTF-8 "$T/rows" | cut -f 1 | sort | paste -sd ' ' |
	    grep -qx 'größe maß'
	comes_back latin
}

@test "WIN1251 and EUC_JP" {
	pg_new cyrillic "ENCODING WIN1251 LOCALE 'C' TEMPLATE template0"
	some_names cyrillic схема таблица колонка
	cask_backup cyrillic "$REPO" --format text
	seen cyrillic схема таблица
	comes_back cyrillic
	pg_new japanese "ENCODING EUC_JP LOCALE 'C' TEMPLATE template0"
	some_names japanese 図式 表 欄
	cask_backup japanese "$REPO" --format text
	seen japanese 図式 表
	comes_back japanese
}

@test "SQL_ASCII, whatever is in it" {
	pg_new ascii "ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0"
	ENCODING=SQL_ASCII some_names ascii büro größe maß
	latin=$(printf 'caf\351')
	ENCODING=SQL_ASCII some_names ascii "$latin" "$latin" "${latin}2"
	cask_backup ascii "$REPO" --format text
	seen ascii büro größe
	# Nobody knows what the other one means; its bytes find it.
	show ascii --tables | grep -q '^caf?\.caf?  *2 '
	show ascii --json --tables | jq -e \
	    '.table_list | any(.name == "\uffffcaf\u00e9")'
	cat_table ascii "$latin.$latin" | grep -qaF "$latin"
	comes_back ascii
}

@test "a database and roles whose names are not ASCII" {
	pg_sql postgres "CREATE ROLE \"élise\""
	pg_new "été" "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0
		OWNER \"élise\""
	some_names "été" büro größe maß
	cask_backup "été" "$REPO" --name summer
	show summer | grep -q '^database  *été, of élise$'
	"$PGCASK" list -r "$REPO" --name summer --open-key "$KEYS/k-open.key" |
	    grep -q ' été '
	pg_sql postgres "DROP DATABASE \"été\""
	cask_restore latest:summer "été" -r "$REPO" --create --verify
	pg_databases | grep -qx 'été'
	[ "$(pg_sql postgres "SELECT datdba::regrole FROM pg_database
	    WHERE datname = 'été'")" = '"élise"' ]
}

@test "a role whose name another database's encoding made" {
	pg_new latin "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
	PGCLIENTENCODING=UTF8 pg_sql latin "CREATE ROLE \"rôle\""
	pg_new utf "ENCODING UTF8 LOCALE 'C' TEMPLATE template0"
	pg_sql utf "CREATE TABLE t (i integer)" "INSERT INTO t VALUES (1)"
	# Its database is saved all the same.
	refuses 3 'without roles and tablespaces.*not valid in this database' \
	    cask_backup utf "$REPO"
	show utf | grep 'without roles and tablespaces'
	pg_new copy "ENCODING UTF8 LOCALE 'C' TEMPLATE template0"
	cask_restore latest:utf copy -r "$REPO" --verify
	refuses 4 'pg_dumpall' "$PGCASK" backup --globals-only -d utf -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key"
	"$PGCASK" backup --globals-only -d latin -r "$REPO" \
	    --seal-key "$KEYS/k-seal.key"
	"$PGCASK" cat latest:globals globals -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | grep -a 'CREATE ROLE "r'
	PGCLIENTENCODING=UTF8 pg_sql latin "DROP ROLE \"rôle\""
}
