#!/usr/bin/env bats
# builds: asan
# Users of managed services: no superuser anywhere.

load ../lib/cask

setup_file() {
	export T=$BATS_FILE_TMPDIR REPO=$BATS_FILE_TMPDIR/repo
	mkdir "$REPO"
	cask_keys "$T/keys"
	pg_start SERVER
	pg_sql postgres "CREATE ROLE keeper LOGIN" \
	    "CREATE ROLE app LOGIN PASSWORD 'very secret'" \
	    "CREATE DATABASE shop OWNER app" \
	    "CREATE DATABASE hidden" "CREATE DATABASE policed OWNER app"
	PGUSER=app pg_sql shop <<-'SQL'
		CREATE SCHEMA sales;
		CREATE TABLE sales.item (id serial PRIMARY KEY, name text);
		INSERT INTO sales.item (name) SELECT md5(i::text)
		FROM generate_series(1, 2000) AS i;
		CREATE TABLE note (id integer GENERATED ALWAYS AS IDENTITY,
			t text);
		INSERT INTO note (t) VALUES ('one'), ('two');
		CREATE VIEW names AS SELECT name FROM sales.item;
		CREATE MATERIALIZED VIEW counted AS
			SELECT count(*) FROM sales.item;
		SELECT lo_from_bytea(4001, decode(repeat('ab', 3000000), 'hex'));
		SELECT lo_from_bytea(4002, 'two');
	SQL
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
}

teardown() {
	pg_hba "$SERVER" "local all all trust"
}

# warns COMMAND...: it is done, but with warnings, which are in $said.
warns() {
	local status=0

	said=$("$@" 2>&1 </dev/null) || status=$?
	echo "$said"
	[ "$status" -eq 3 ] && grep -q 'warning' <<<"$said" &&
	    [ "$(wc -l <<<"$said")" -le "$SCREEN" ]
}

@test "the owner of a database, who is not the server's, saves all of it" {
	# He can enter no other database.
	pg_hba "$SERVER" "local shop app trust" "local all postgres trust"
	export PGUSER=app
	warns cask_backup shop "$REPO"
	[[ $said == *"without passwords"* ]]
	cask_backup shop "$REPO" --no-role-passwords
	"$PGCASK" cat latest:shop globals -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$T/globals"
	grep 'CREATE ROLE app' "$T/globals"
	lacks 'SCRAM|PASSWORD' "$T/globals"
	"$PGCASK" show latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" |
	    grep 'without passwords'
	pg_hba "$SERVER" "local all all trust"
	pg_use "$SERVER"
	cask_restore latest:shop copy -r "$REPO" --create --verify
	same_databases shop copy
	[ "$(pg_sql copy "SELECT length(lo_get(4001))")" -eq 3000000 ]
	pg_sql postgres "DROP DATABASE copy"
}

@test "all that may not be read is named at once" {
	pg_sql shop "CREATE TABLE kept AS SELECT 1 AS i" \
	    "GRANT SELECT ON kept TO keeper"
	status=0
	PGUSER=keeper refuses 4 . cask_backup shop "$REPO" --name named
	said=$(PGUSER=keeper cask_backup shop "$REPO" --name named 2>&1) || :
	grep 'keeper.*2 tables (.*)' <<<"$said"
	for name in sales.item public.note sales.item_id_seq \
	    public.note_id_seq 4001 4002; do
		grep -F "$name" <<<"$said" >/dev/null
	done
	lacks 'kept|names|counted' <<<"$said"
	no_archive "$REPO/named"
	# What the message says is enough.
	pg_sql shop "GRANT pg_read_all_data TO keeper" \
	    "GRANT SELECT ON LARGE OBJECT 4001, 4002 TO keeper"
	PGUSER=keeper cask_backup shop "$REPO" --name named --no-role-passwords
	cask_restore latest:named copy -r "$REPO" --create --verify
	same_databases shop copy
	# So are single grants; the schema is told as well.
	pg_sql shop "REVOKE pg_read_all_data FROM keeper" \
	    "GRANT SELECT ON ALL TABLES IN SCHEMA public, sales TO keeper" \
	    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, sales TO keeper"
	PGUSER=keeper refuses 4 '1 table \(sales.item\), 1 sequence' \
	    cask_backup shop "$REPO" --name named
	pg_sql shop "GRANT USAGE ON SCHEMA sales TO keeper"
	PGUSER=keeper cask_backup shop "$REPO" --name named --no-role-passwords
	pg_sql shop "DROP TABLE kept" "DROP OWNED BY keeper"
	pg_sql postgres "DROP DATABASE copy"
}

@test "hundreds of tables that may not be read fit on a screen" {
	pg_sql hidden "DO \$\$ BEGIN FOR i IN 1..400 LOOP
		EXECUTE format('CREATE TABLE a_table_with_a_long_name_%s ()', i);
		END LOOP; END \$\$"
	PGUSER=keeper refuses 4 '400 tables .* and [0-9]+ more\)' \
	    cask_backup hidden "$REPO"
	PGUSER=keeper cask_backup hidden "$REPO" -v >"$T/out" 2>&1 || :
	[ "$(grep -c 'not readable: public.a_table' "$T/out")" -eq 400 ]
	no_archive "$REPO/hidden"
}

@test "row security that would hide rows is refused, unless that is asked for" {
	pg_sql policed "SET ROLE app" "CREATE TABLE a (i integer, who name)" \
	    "INSERT INTO a SELECT i, CASE WHEN i > 90 THEN 'keeper' ELSE 'app'
		END FROM generate_series(1, 100) AS i" \
	    "CREATE TABLE b AS SELECT * FROM a" \
	    "CREATE TABLE c AS SELECT * FROM a" \
	    "CREATE TABLE d AS SELECT * FROM a" \
	    "ALTER TABLE a ENABLE ROW LEVEL SECURITY" \
	    "CREATE POLICY mine ON a USING (who = current_user)" \
	    "ALTER TABLE b ENABLE ROW LEVEL SECURITY" \
	    "ALTER TABLE c ENABLE ROW LEVEL SECURITY" \
	    "ALTER TABLE c FORCE ROW LEVEL SECURITY" \
	    "GRANT SELECT ON a, b, c, d TO keeper"
	PGUSER=keeper refuses 4 \
	    'hide rows from keeper, in 3 tables \(public.a, public.b, public.c\)' \
	    cask_backup policed "$REPO"
	# Owners are exempt, but for FORCE.
	PGUSER=app refuses 4 'from app, in 1 table \(public.c\)' \
	    cask_backup policed "$REPO"
	no_archive "$REPO/policed"
	for format in auto text; do
		PGUSER=keeper cask_backup policed "$REPO" \
		    --enable-row-security --no-role-passwords --format $format
		"$PGCASK" show latest:policed -r "$REPO" --tables \
		    --open-key "$KEYS/k-open.key" >"$T/show"
		grep 'public.a  *10 ' "$T/show"
		grep 'public.b  *0 ' "$T/show"
		grep 'public.c  *0 ' "$T/show"
		grep 'public.d  *100 ' "$T/show"
		grep 'row security: of 3 tables (public.a' "$T/show"
	done
	# Who is exempt needs nothing, and saves all.
	cask_backup policed "$REPO"
	cask_restore latest:policed copy -r "$REPO" --create --verify
	same_databases policed copy
	[ "$(pg_sql copy "SELECT count(*) FROM a")" -eq 100 ]
	pg_sql postgres "DROP DATABASE copy"
}

@test "what the server shows to superusers alone is told to be missing" {
	pg_sql policed "CREATE EXTENSION postgres_fdw" \
	    "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw" \
	    "CREATE USER MAPPING FOR app SERVER far
		OPTIONS (user 'x', password 'y')" \
	    "CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere'
		PUBLICATION p WITH (connect = false, slot_name = NONE)" \
	    "ALTER TABLE c NO FORCE ROW LEVEL SECURITY"
	PGUSER=app warns cask_backup policed "$REPO" --no-role-passwords
	grep '1 subscription (sub)' <<<"$said" |
	    grep '1 user mapping (app on server far)'
	cask_backup policed "$REPO"
	# Who may see his mapping has it.
	pg_sql policed "GRANT USAGE ON FOREIGN SERVER far TO app" \
	    "DROP SUBSCRIPTION sub"
	PGUSER=app cask_backup policed "$REPO" --no-role-passwords
	"$PGCASK" cat latest:policed schema -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | pg_restore -f - | grep "password 'y'"
}
