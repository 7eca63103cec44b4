#!/usr/bin/env bats
# builds: asan
# servers: since 15
# Archives of every released format can be read for ever.

load ../lib/cask

setup_file() {
	pg_start SERVER
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	GOLDEN=$BATS_TEST_DIRNAME/../golden
	cd "$BATS_TEST_TMPDIR" || exit
	# In a checkout the keys are readable by all.
	cp "$GOLDEN"/*.key "$GOLDEN"/*.passphrase .
	chmod 600 ./*
	pg_sql postgres "DROP DATABASE IF EXISTS copy"
}

@test "format 1, by its key" {
	"$PGCASK" restore "$GOLDEN/format-1.cask" -d copy --create --verify \
	    --open-key format-1-open.key
	pg_contents copy | diff "$GOLDEN/format-1.contents" -
	[ "$(pg_sql copy "SELECT count(*) FROM pg_constraint
	    WHERE connamespace = 'museum'::regnamespace
		AND contype <> 'n'")" -eq 5 ]
}

@test "format 1, by its passphrase" {
	"$PGCASK" restore "$GOLDEN/format-1-passphrase.cask" -d copy --create \
	    --verify --passphrase-file format-1.passphrase
	pg_contents copy | diff "$GOLDEN/format-1.contents" -
}

@test "format 1, from a pipe" {
	"$PGCASK" restore - -d copy --create --open-key format-1-open.key \
	    <"$GOLDEN/format-1.cask"
	pg_contents copy | diff "$GOLDEN/format-1.contents" -
}

@test "format 1, each entry" {
	for entry in catalog manifest schema globals museum.work; do
		"$PGCASK" cat "$GOLDEN/format-1.cask" $entry \
		    --open-key format-1-open.key >"$entry"
		[ -s "$entry" ]
	done
	jq -e . catalog manifest >/dev/null
	pg_restore -l schema | grep 'INDEX museum work_title'
	grep '^1	2	Work 1 ' museum.work
}

@test "an archive sealed today has the same layout" {
	pg_new museum
	pg_sql museum <"$GOLDEN/format-1.sql"
	"$PGCASK" backup -d museum -o new.cask -j 1 \
	    --seal-key format-1-seal.key
	for file in "$GOLDEN/format-1.cask" new.cask; do
		# Which part came first is for the workers to settle.
		tar tf "$file" | sed 's|/.*|/|' | sort | uniq -c >"${file##*/}.list"
	done
	diff format-1.cask.list new.cask.list
	tar xOf "$GOLDEN/format-1.cask" pgcask.json | jq -S 'paths | map(
		if type == "number" then 0 else . end)' >old
	tar xOf new.cask pgcask.json | jq -S 'paths | map(
		if type == "number" then 0 else . end)' | diff old -
}
