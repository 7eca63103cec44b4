#!/usr/bin/env bats
# builds: asan
# servers: its own
# Large objects come back as they were, whatever pg_dump wrote the schema:
# until 16 it lists them there, from 17 on it counts them among the data.

load ../lib/cask

setup_file() {
	cask_files
	export CLIENTS OWN SERVER NEW
	CLIENTS=$(pg_clients)
	OWN=$(pg_bindir 15)
	pg_start SERVER 15
	some_roles
	some_objects
	pg_start NEW 18
	some_roles
	some_objects
}

teardown_file() {
	pg_stop "$SERVER" "$NEW"
}

teardown() {
	pg_stop ${TARGET:+"$TARGET"}
	for server in "$SERVER" "$NEW"; do
		pg_use "$server"
		pg_drop copy
	done
}

some_roles() {
	pg_sql postgres "CREATE ROLE keeper" "CREATE ROLE reader" \
	    "CREATE ROLE \"odd, \"\"role\"\" \\\\\"" \
	    "CREATE ROLE nobody LOGIN"
}

# Objects with and without content, of all kinds of owners and privileges:
# more of one kind than an entry of the schema holds.
some_objects() {
	pg_new source
	pg_sql source <<-'SQL' >/dev/null
		SELECT lo_create(n) FROM generate_series(1, 12) AS n;
		SELECT lo_put(1, 0, 'one'), lo_put(3, 5000000, 'far');
		SELECT lo_put(11, 0, decode(repeat('00ff41', 900000), 'hex'));
		GRANT SELECT ON LARGE OBJECT 1 TO reader WITH GRANT OPTION;
		SET ROLE reader;
		GRANT SELECT ON LARGE OBJECT 1 TO keeper;
		RESET ROLE;
		GRANT ALL ON LARGE OBJECT 2, 3
			TO PUBLIC, "odd, ""role"" \\";
		REVOKE UPDATE ON LARGE OBJECT 4 FROM CURRENT_USER;
		REVOKE ALL ON LARGE OBJECT 5 FROM CURRENT_USER;
		ALTER LARGE OBJECT 6 OWNER TO keeper;
		ALTER LARGE OBJECT 7 OWNER TO "odd, ""role"" \\";
		GRANT UPDATE ON LARGE OBJECT 7 TO reader WITH GRANT OPTION;
		GRANT SELECT ON LARGE OBJECT 7 TO reader;
		SET ROLE "odd, ""role"" \\";
		REVOKE ALL ON LARGE OBJECT 7 FROM "odd, ""role"" \\";
		RESET ROLE;
		GRANT SELECT ON LARGE OBJECT 8 TO CURRENT_USER WITH GRANT OPTION;
		COMMENT ON LARGE OBJECT 3 IS E'it''s \\sparse\nüber';
		COMMENT ON LARGE OBJECT 9 IS 'empty';
		SELECT lo_from_bytea((20000 + 3 * n)::oid, 'x')
		FROM generate_series(1, 300) AS n;
		SELECT lo_create(4294967295), lo_create(2147483648);
		DO $$
		DECLARE
			o oid;
		BEGIN
			FOR o IN SELECT oid FROM pg_largeobject_metadata
				WHERE oid BETWEEN 20000 AND 20600
			LOOP
				EXECUTE format('ALTER LARGE OBJECT %s OWNER TO
					keeper', o);
				EXECUTE format('GRANT SELECT ON LARGE OBJECT %s
					TO reader', o);
			END LOOP;
		END
		$$;
	SQL
}

# objects DATABASE: a line for each.
objects() {
	pg_sql "$1" "SELECT m.oid, lomowner::regrole, lomacl,
		length(lo_get(m.oid)), md5(lo_get(m.oid)),
		obj_description(m.oid, 'pg_largeobject')
	    FROM pg_largeobject_metadata AS m ORDER BY 1"
}

same_objects() {
	objects source >"$BATS_TEST_TMPDIR/source"
	objects copy >"$BATS_TEST_TMPDIR/copy"
	grep -qx "6|keeper||0|.*" "$BATS_TEST_TMPDIR/source"
	[ "$(grep -c '^[0-9]*|' "$BATS_TEST_TMPDIR/source")" -eq 314 ]
	diff "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/copy"
}

# catalog_of NAME: the catalog's document.
catalog_of() {
	"$PGCASK" cat "latest:$1" catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key"
}

@test "by pg_dump 15, which lists them in the schema" {
	pg_use "$SERVER"
	cask_backup source "$REPO" --name own --pg-bindir "$OWN"
	# Nothing is said twice.
	catalog_of own | jq -e '.large_objects == 314 and
	    .large_object_groups == [] and .large_object_notes == []'
	cask_restore latest:own copy -r "$REPO" --create -j 3
	same_objects
}

@test "by a pg_dump 18 from a server 15" {
	pg_use "$SERVER"
	cask_backup source "$REPO" --name newer --pg-bindir "$CLIENTS"
	catalog_of newer | jq -e '.large_object_groups | length == 9'
	cask_restore latest:newer copy -r "$REPO" --create -j 3
	same_objects
}

@test "by pg_dump 18 from a server 18, through a pipe too" {
	pg_use "$NEW"
	cask_backup source "$REPO" --name new --pg-bindir "$CLIENTS"
	cask_restore latest:new copy -r "$REPO" --create -j 3
	same_objects
	pg_sql postgres "DROP DATABASE copy"
	cask_restore - copy --create -j 3 <"$(the_archive "$REPO/new")"
	same_objects
}

@test "from a server that reads backslashes in strings" {
	pg_use "$NEW"
	pg_sql source \
	    "ALTER DATABASE source SET standard_conforming_strings = off"
	cask_backup source "$REPO" --name escapes --pg-bindir "$CLIENTS"
	pg_sql source "ALTER DATABASE source RESET standard_conforming_strings"
	cask_restore latest:escapes copy -r "$REPO" --create
	same_objects
}

@test "roles that the server lacks are named once" {
	pg_use "$SERVER"
	cask_backup source "$REPO" --name lost --pg-bindir "$CLIENTS"
	pg_start TARGET 18
	status=0
	cask_restore latest:lost copy -r "$REPO" --create >"$T/out" 2>&1 ||
	    status=$?
	cat "$T/out"
	[ "$status" -eq 3 ]
	[ "$(grep -c warning "$T/out")" -eq 1 ]
	grep 'lacks 3 roles' "$T/out"
	objects copy >"$T/copy"
	[ "$(grep -c '^[0-9]*|' "$T/copy")" -eq 314 ]
	grep -qx '6|postgres||0|[^|]*|' "$T/copy"
	grep -qx '2|postgres|{postgres=rw/postgres,=rw/postgres}|0|[^|]*|' \
	    "$T/copy"
}

@test "a label whose provider the server lacks is named" {
	pg_use "$NEW"
	pg_sql source "SET allow_system_table_mods = on" \
	    "INSERT INTO pg_seclabel VALUES
		(9, 'pg_largeobject'::regclass, 0, 'nowhere', 'top')"
	cask_backup source "$REPO" --name label --pg-bindir "$CLIENTS"
	pg_sql source "SET allow_system_table_mods = on" \
	    "DELETE FROM pg_seclabel"
	catalog_of label | jq -e '.large_object_notes |
	    any(. == [9, "nowhere", "top"])'
	refuses 3 'SECURITY LABEL LARGE OBJECT 9.*"nowhere"' \
	    cask_restore latest:label copy -r "$REPO" --create
	same_objects
}

@test "a user who may not read them all is told so" {
	pg_use "$NEW"
	PGUSER=nobody refuses 4 'no permission for nobody.*large objects \(' \
	    cask_backup source "$REPO" --name nobody --pg-bindir "$CLIENTS"
	PGUSER=nobody refuses 4 'GRANT SELECT ON LARGE OBJECT' \
	    cask_backup source "$REPO" --name nobody --pg-bindir "$CLIENTS"
	no_archive "$REPO/nobody"
}

@test "a user who owns what he restores needs no other right" {
	pg_use "$NEW"
	pg_sql postgres "ALTER ROLE nobody CREATEDB" \
	    "CREATE DATABASE owned OWNER nobody"
	PGUSER=nobody pg_sql owned "SELECT lo_create(5), lo_create(6),
		lo_from_bytea(7, 'seven')" \
	    "GRANT SELECT ON LARGE OBJECT 7 TO PUBLIC" >/dev/null
	PGUSER=nobody cask_backup owned "$REPO" --pg-bindir "$CLIENTS" \
	    --no-role-passwords
	PGUSER=nobody cask_restore latest:owned copy -r "$REPO" --create
	objects owned >"$T/owned"
	objects copy | diff "$T/owned" -
	[ "$(wc -l <"$T/owned")" -eq 3 ]
	pg_sql postgres "DROP DATABASE owned"
}
