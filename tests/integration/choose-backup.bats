#!/usr/bin/env bats
# builds: asan
# Choosing what a backup takes: the same as pg_dump takes with the same
# options.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_server
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	rm -rf "$REPO"
	mkdir "$REPO"
}

open() {
	local command=$1

	shift
	"$PGCASK" "$command" latest -r "$REPO" --open-key "$KEYS/k-open.key" \
	    "$@"
}

# Entries of a dump without their numbers.
entries() {
	pg_restore -l | sed -e '/^;/d' -e 's/^[0-9]*; [0-9]* [0-9]* //' | sort
}

# What an archive holds of rows: tables, sequences, large objects.
held() {
	open show --tables --json | jq -r '.table_list[]
	    | select(.left_out | not) | "TABLE DATA \(.schema) \(.name)"
	    | gsub("\n"; " ")'
	open cat catalog | jq -r '.sequences[]
	    | "SEQUENCE SET \(.schema) \(.name)"'
	[ "$(open show --json | jq .large_objects)" -eq 0 ] || echo BLOBS
}

# as_pg_dump OPTION...: the archive made with them holds what pg_dump's does;
# BINDIR says where another pg_dump is, WARNS a warning that there is to be.
as_pg_dump() {
	local only="$T/only" status=0

	rm -rf "${REPO:?}"/*
	PATH=${BINDIR:+$BINDIR:}$PATH pg_dump -Fc "$@" choose >"$T/dump"
	cask_backup choose "$REPO" "$@" ${BINDIR:+--pg-bindir="$BINDIR"} \
	    >"$T/said" 2>&1 || status=$?
	cat "$T/said"
	if [ -n "${WARNS-}" ]; then
		[ "$status" -eq 3 ]
		grep -Eq "^pgcask: warning: .*$WARNS" "$T/said"
	else
		[ "$status" -eq 0 ]
	fi
	entries <"$T/dump" >"$T/all"
	grep -v -e '^TABLE DATA' -e '^SEQUENCE SET' -e '^BLOBS' "$T/all" \
	    >"$T/want" || :
	# From 17 on it counts large objects among the data, and so do we where
	# there are no definitions.
	if [ "$(PATH=${BINDIR:+$BINDIR:}$PATH pg_dump_major)" -ge 17 ] ||
	    [[ " $* " == *" --data-only "* ]]; then
		sed -i -e '/^BLOB /d' -e '/LARGE OBJECT/d' "$T/want"
	fi
	open cat schema | entries | diff "$T/want" -
	sed -n -e 's/^\(TABLE DATA .*\) [^ ]*$/\1/p' \
	    -e 's/^\(SEQUENCE SET .*\) [^ ]*$/\1/p' \
	    -e 's/^BLOBS.*/BLOBS/p' "$T/all" | sort -u >"$T/want"
	held | sort | diff "$T/want" -
	# Not only the same entries, the same statements.
	case " $* " in
	*" --data-only "*) return ;;
	esac
	pg_restore --section=pre-data --section=post-data -f - <"$T/dump" |
	    sed '/^-- Data for\|restrict /d' >"$only"
	open cat schema | pg_restore -f - | sed '/restrict /d' | diff "$only" -
}

@test "schemas" {
	as_pg_dump --schema=app
	as_pg_dump --schema='a*|log'
	as_pg_dump --schema=app --schema='"Odd.One"'
	as_pg_dump --exclude-schema=app
	as_pg_dump --exclude-schema='app|log' --exclude-schema='"Odd.One"'
	as_pg_dump --schema='app|public|"Odd.One"' --exclude-schema='p*'
}

@test "tables, and what else --table means" {
	as_pg_dump --table=app.orders
	as_pg_dump --table=orders
	as_pg_dump --table='"Orders"' --table='*.item'
	as_pg_dump --table='"Odd.One".*'
	as_pg_dump --table='"Odd.One"."My ""Table"".*"'
	as_pg_dump --table='a*.*o*'
	as_pg_dump --table='*.*[_][0-9]+'
	as_pg_dump --table='app.\x6frders' --table='log.event_[\d]{3}[\x35]'
	as_pg_dump --table=app.summary --table=app.summary_saved
	as_pg_dump --table=app.ticket
	as_pg_dump --table=app.customer_id_seq --table=app.customer
	as_pg_dump --table=log.away
	as_pg_dump --table=choose.app.item
	as_pg_dump --table=log.event_2025
	as_pg_dump --table=log.heir
	as_pg_dump --table=app.orders --schema=log --exclude-schema=app
}

@test "what would come empty" {
	# Their rows are in the partitions.
	WARNS='rows: log\.event;.*table_and_children' \
	    as_pg_dump --table=log.event
	WARNS='rows: log\.event_2026;' \
	    as_pg_dump --table=log.event_2025 --table=log.event_2026
	as_pg_dump --schema-only --table=log.event
	# pg_dump makes nothing of this one.
	refuses 2 'choose "app\.customer"' \
	    cask_backup choose "$REPO" --table app.customer_id_seq
}

@test "excluding tables and rows" {
	as_pg_dump --exclude-table=app.orders
	as_pg_dump --exclude-table=app.customer
	as_pg_dump --exclude-table='log.*'
	as_pg_dump --schema=log --exclude-table='log.event*'
	as_pg_dump --table='app.*' --exclude-table='app.o*'
	as_pg_dump --exclude-table-data=app.orders
	as_pg_dump --exclude-table-data='app.*'
	as_pg_dump --exclude-table-data=app.summary_saved \
	    --exclude-table-data=app.ticket
	as_pg_dump --table=app.orders --exclude-table-data=app.orders
}

@test "definitions alone, rows alone" {
	as_pg_dump --schema-only
	as_pg_dump --schema-only --table=app.orders
	as_pg_dump --schema-only --exclude-schema=log
	as_pg_dump --data-only
	as_pg_dump --data-only --table='app.*'
	as_pg_dump --data-only --exclude-table-data=app.orders
}

@test "without privileges, comments, publications, subscriptions" {
	as_pg_dump --no-privileges
	as_pg_dump --no-comments
	as_pg_dump --no-publications --no-subscriptions
	as_pg_dump --schema=app --no-privileges --no-comments
	open cat catalog | jq -e '.chosen.options ==
	    ["no-privileges", "no-comments"]'
	cask_backup choose "$REPO" -q --no-comments
	open cat catalog | jq -e '.database.comment == null'
}

@test "names without a schema are what the user's sessions see" {
	pg_sql postgres "ALTER DATABASE choose SET search_path = app, log"
	as_pg_dump --table=orders
	as_pg_dump --table='event*'
	as_pg_dump --exclude-table='*'
	pg_sql postgres "ALTER DATABASE choose RESET search_path"
	refuses 2 'app\.customer' cask_backup choose "$REPO" --table customer
}

@test "a file of rules, as pg_dump 17 and newer read it" {
	BINDIR=$(pg_clients)
	PATH=$BINDIR:$PATH
	cat >"$T/rules" <<-'END'
		# What is to be saved.
		include table_and_children log.event   # with its partitions

		include table  app . orders
		include table "Odd.One"."My ""Table"".*"
		exclude table_and_children log.event_2026
		exclude table_data app.orders
	END
	as_pg_dump --filter="$T/rules"
	printf '%s\n' 'include schema log' 'exclude table log.away' \
	    'exclude table_data_and_children log.base' >"$T/rules"
	as_pg_dump --filter="$T/rules"
	printf '%s\n' 'exclude extension pg_trgm' >"$T/rules"
	as_pg_dump --filter="$T/rules"
	printf '%s\n' 'include extension pg_*' 'include schema log' >"$T/rules"
	as_pg_dump --filter="$T/rules"
	# The server's own pg_dump can do the latter, but not the former.
	cask_backup choose "$REPO" -q --filter - <"$T/rules"
	open cat schema | entries | grep -q '^EXTENSION - pg_trgm'
	echo 'exclude extension pg_trgm' >"$T/rules"
	# It is the newest where it is of 17 or newer.
	cask_backup choose "$REPO" -v --table public.orders 2>"$T/err"
	own=$(sed -n 's/.*using .*pg_dump, version //p' "$T/err")
	if [ "$own" -lt 17 ]; then
		refuses 2 'pg_dump 17' \
		    cask_backup choose "$REPO" --filter "$T/rules"
	else
		cask_backup choose "$REPO" --filter "$T/rules"
		open cat schema | entries >"$T/all"
		lacks '^EXTENSION - pg_trgm' "$T/all"
	fi
}

@test "rules in any case, and escapes in quoted names" {
	BINDIR=$(pg_clients)
	PATH=$BINDIR:$PATH
	pg_sql choose $'CREATE TABLE "two\nlines" (i integer)' \
	    'CREATE TABLE log."100%s\nice" (i integer)'
	printf '%s\n' 'INCLUDE TABLE "two\nlines"' \
	    'Include Table_And_Children LOG."100%s\\nice"' >"$T/rules"
	as_pg_dump --filter="$T/rules"
	# What an archive says of its choice is a file of rules, too.
	open show --json | jq -r '.chosen.rules[]' >"$T/shown"
	diff "$T/shown" - <<-'END'
		include table "two\nlines"
		include table_and_children LOG."100%s\\nice"
	END
	printf '%s\n' 'include table "100%s\".*' >"$T/rules"
	refuses 2 'rules, line 1.*backslash' \
	    cask_backup choose "$REPO" --filter "$T/rules"
	pg_sql choose $'DROP TABLE "two\nlines", log."100%s\\nice"'
}

@test "what a rule does not match is named, and nothing is made" {
	refuses 2 '"app.ordesr".*did|app\.orders' \
	    cask_backup choose "$REPO" --table app.ordesr
	refuses 2 'exclude-schema.*"lgo"' \
	    cask_backup choose "$REPO" --exclude-schema lgo
	refuses 2 'exclude-table-data.*nothing' cask_backup choose "$REPO" \
	    --table app.orders --exclude-table-data 'nothing_*'
	refuses 2 'names the database "shop"' \
	    cask_backup choose "$REPO" --table shop.app.orders
	refuses 2 'a\.b\.c\.d' cask_backup choose "$REPO" --table a.b.c.d
	printf '\n\ninclude table app.nix\n' >"$T/rules"
	refuses 2 'rules, line 3.*app\.nix' \
	    cask_backup choose "$REPO" --filter "$T/rules"
	refuses 2 'contradict' \
	    cask_backup choose "$REPO" --schema-only --data-only
	no_archive "$REPO"
}

@test "the archive says that it is a selection" {
	cask_backup choose "$REPO" -q --table app.orders --table public.orders \
	    --exclude-table-data public.orders --no-owner
	open show --tables >"$T/out"
	cat "$T/out"
	grep -qx 'chosen         include table app.orders' "$T/out"
	grep -qx '               include table public.orders' "$T/out"
	grep -qx '               exclude table_data public.orders' "$T/out"
	grep -qx '               no-owner' "$T/out"
	grep -Eq '^tables +1, 3,000 rows' "$T/out"
	grep -Eq '^public.orders +left out' "$T/out"
	open show --json --tables | jq -e '.chosen.options == ["no-owner"]
	    and (.chosen.rules | length) == 3
	    and (.table_list | map(select(.left_out) | .name)) == ["orders"]'
	refuses 2 'left out' open cat public.orders
	# Names of what was not chosen are not in it.
	open cat catalog | jq -e '[.tables[].name] | sort ==
	    ["orders", "orders"]'
	rm -rf "${REPO:?}"/*
	cask_backup choose "$REPO" -q
	open show --json | jq -e '.chosen == null'
	lacks '^chosen' <(open show)
}

@test "a table that is not chosen may be locked" {
	mkfifo "$T/sql"
	psql -X -q -d choose <"$T/sql" >/dev/null 3>&- &
	exec 9>"$T/sql"
	echo "BEGIN; LOCK TABLE app.item;" >&9
	for ((i = 0; i < 500; i++)); do
		[ "$(pg_sql choose "SELECT count(*) FROM pg_locks
		    WHERE mode = 'AccessExclusiveLock' AND granted
		    AND relation = 'app.item'::regclass")" -eq 0 ] || break
		sleep 0.02
	done
	cask_backup choose "$REPO" -q --table app.orders
	cask_backup choose "$REPO" -q --schema log
	exec 9>&-
	wait
}

@test "a role to become" {
	# Before the grant: from 16 on it is that which inherits.
	pg_sql postgres "CREATE ROLE doer LOGIN NOINHERIT" "CREATE ROLE reader"
	pg_sql choose "GRANT reader TO doer" \
	    "GRANT USAGE ON SCHEMA app TO reader" \
	    "GRANT SELECT ON app.item TO reader"
	refuses 4 'app\.item' cask_backup choose "$REPO" --table app.item -U doer
	cask_backup choose "$REPO" -q --table app.item -U doer --role reader \
	    --no-role-passwords
	held | diff <(echo "TABLE DATA app item") -
	refuses 4 'nobody' cask_backup choose "$REPO" --role nobody
	pg_sql choose "DROP OWNED BY reader" "DROP ROLE doer, reader"
}
