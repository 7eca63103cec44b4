#!/usr/bin/env bats
# builds: asan
# Users of managed services: no superuser anywhere.

load ../lib/cask

setup_file() {
	cask_begin
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
	pg_use "$SERVER"
	pg_drop copy
}

# warns COMMAND...: it is done, but with warnings, which are in $said.
warns() {
	local status=0

	said=$("$@" 2>&1 </dev/null) || status=$?
	echo "$said"
	[ "$status" -eq 3 ] && grep -q 'warning' <<<"$said" &&
	    [ "$(grep -vc "^pgcask: [^w]" <<<"$said")" -le "$SCREEN" ]
}

@test "the owner of a database, who is not the server's, saves all of it" {
	# He can enter no other database.
	pg_hba "$SERVER" "local shop app trust" "local all postgres trust"
	export PGUSER=app
	warns cask_backup shop "$REPO"
	[[ $said == *"without the roles' passwords"* ]]
	cask_backup shop "$REPO" --no-role-passwords
	"$PGCASK" cat latest:shop globals -r "$REPO" \
	    --open-key "$KEYS/k-open.key" >"$T/globals"
	grep 'CREATE ROLE app' "$T/globals"
	lacks 'SCRAM|PASSWORD' "$T/globals"
	"$PGCASK" show latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" |
	    grep "without the roles' passwords"
	pg_hba "$SERVER" "local all all trust"
	pg_use "$SERVER"
	cask_restore latest:shop copy -r "$REPO" --create --verify
	same_databases shop copy
	[ "$(pg_sql copy "SELECT length(lo_get(4001))")" -eq 3000000 ]
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
	lacks 'public\.(kept|names|counted)' <<<"$said"
	no_archive "$REPO/named"
	# What the message says is enough.
	pg_sql shop "GRANT SELECT ON LARGE OBJECT 4001, 4002 TO keeper"
	if grep -q pg_read_all_data <<<"$said"; then
		pg_sql shop "GRANT pg_read_all_data TO keeper"
		PGUSER=keeper cask_backup shop "$REPO" --name named \
		    --no-role-passwords
		cask_restore latest:named copy -r "$REPO" --create --verify
		same_databases shop copy
		pg_sql shop "REVOKE pg_read_all_data FROM keeper"
	else
		[ "$(pg_sql shop "SHOW server_version_num")" -lt 140000 ]
	fi
	# So are single grants; the schema is told as well.
	pg_sql shop "GRANT SELECT ON ALL TABLES IN SCHEMA public, sales TO keeper" \
	    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, sales TO keeper"
	PGUSER=keeper refuses 4 '1 table \(sales.item\), 1 sequence' \
	    cask_backup shop "$REPO" --name named
	pg_sql shop "GRANT USAGE ON SCHEMA sales TO keeper"
	PGUSER=keeper cask_backup shop "$REPO" --name named --no-role-passwords
	pg_sql shop "DROP TABLE kept" "DROP OWNED BY keeper"
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
	PGUSER=app cask_backup policed "$REPO" 2>&1 |
	    grep 'a role with BYPASSRLS .*, unless row security is forced, their'
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

# Everything that takes more than owning the database.
lofty() {
	pg_sql postgres "DROP DATABASE IF EXISTS lofty" \
	    "CREATE DATABASE lofty" "CREATE ROLE erp" "CREATE ROLE crew" \
	    "CREATE ROLE reader" "GRANT crew TO app"
	pg_sql lofty <<-'SQL'
		CREATE EXTENSION hstore;
		CREATE EXTENSION ltree;
		CREATE EXTENSION pg_stat_statements;
		COMMENT ON EXTENSION ltree IS 'ours';
		-- Tables of an extension that a superuser has made.
		CREATE TABLE conf (k text);
		CREATE SEQUENCE conf_seq;
		INSERT INTO conf VALUES ('a'), ('b');
		ALTER EXTENSION hstore ADD TABLE conf;
		ALTER EXTENSION hstore ADD SEQUENCE conf_seq;
		UPDATE pg_extension SET extcondition = ARRAY['', ''], extconfig =
			ARRAY['conf'::regclass::oid, 'conf_seq'::regclass::oid]
		WHERE extname = 'hstore';
		CREATE SCHEMA inner_one;
		GRANT USAGE, CREATE ON SCHEMA inner_one TO crew;
		CREATE TABLE t (i integer PRIMARY KEY, h hstore);
		INSERT INTO t SELECT i, hstore('k', i::text)
		FROM generate_series(1, 500) AS i;
		GRANT SELECT ON t TO reader;
		CREATE TABLE inner_one.mine (i serial PRIMARY KEY,
			t integer REFERENCES t);
		INSERT INTO inner_one.mine (t) SELECT generate_series(1, 300);
		ALTER TABLE inner_one.mine OWNER TO crew;
		REVOKE DELETE ON inner_one.mine FROM crew;
		CREATE TABLE theirs AS SELECT * FROM t;
		CREATE INDEX ON theirs (i);
		ALTER TABLE theirs OWNER TO erp;
		CREATE VIEW statements AS SELECT * FROM pg_stat_statements;
		CREATE FUNCTION pinned() RETURNS integer LANGUAGE c STRICT
			AS '$libdir/hstore', 'hstore_version_diag';
		CREATE FUNCTION guard() RETURNS event_trigger LANGUAGE plpgsql
			AS 'BEGIN END';
		CREATE EVENT TRIGGER watch ON ddl_command_end
			EXECUTE FUNCTION guard();
		COMMENT ON EVENT TRIGGER watch IS 'a watch';
		CREATE PUBLICATION everything FOR ALL TABLES;
		ALTER DEFAULT PRIVILEGES FOR ROLE erp GRANT SELECT ON TABLES
			TO reader;
		CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t;
		SELECT lo_from_bytea(77, 'seventy-seven');
		ALTER DATABASE lofty SET log_min_messages = error;
		ALTER DATABASE lofty SET work_mem = '5MB';
	SQL
}

# What is in both, and how the copy's definitions differ.
compare_lofty() {
	pg_contents lofty | grep -v 'conf' >"$T/source"
	pg_contents copy | grep -v 'conf' | diff "$T/source" -
	[ "$(wc -l <"$T/source")" -ge 5 ]
	pg_server_dump lofty | grep -v '^--' | sort >"$T/a"
	pg_server_dump copy | grep -v '^--' | sort >"$T/b"
	diff "$T/a" "$T/b" >"$T/diff" || :
	cat "$T/diff"
}

# An extension that is trusted is the owner's to make; none is before 13.
trusted() {
	[ "$(pg_sql postgres "SHOW server_version_num")" -ge 130000 ] ||
	    skip "no extension is trusted"
}

@test "who owns the database alone gets all but what takes more, in one warning" {
	trusted
	lofty
	cask_backup lofty "$REPO"
	pg_sql postgres "CREATE DATABASE copy OWNER app"
	pg_sql copy "CREATE EXTENSION hstore" "CREATE TABLE conf (k text)" \
	    "CREATE SEQUENCE conf_seq" \
	    "ALTER EXTENSION hstore ADD TABLE conf" \
	    "ALTER EXTENSION hstore ADD SEQUENCE conf_seq" \
	    "GRANT SELECT ON conf TO public"
	PGUSER=app warns cask_restore latest:lofty copy -r "$REPO" --verify -j 3
	[ "$(grep -c 'warning' <<<"$said")" -eq 1 ]
	for thing in '1 extension (pg_stat_statements)' \
	    'EXTENSION hstore' '1 event trigger (watch)' \
	    '1 function (public.pinned' '1 publication (everything)' \
	    "objects' owners (postgres, erp)" '1 default privilege' \
	    "1 table's rows (public.conf)" \
	    "1 sequence's value (public.conf_seq)" \
	    'depend on these' 'superuser'; do
		grep -F "$thing" <<<"$said" >/dev/null || {
			echo "not said: $thing"
			false
		}
	done
	compare_lofty
	# Nothing else is different.
	lacks '^[<>] (CREATE (TABLE|INDEX|SCHEMA|MAT)|    ADD|GRANT|REVOKE|ALTER TABLE ONLY)' \
	    <(grep -v -e pg_stat_statements -e ' erp' -e postgres \
	    -e public.conf "$T/diff")
	# An owner that only the schema's privileges allow, with his own ones.
	[ "$(pg_sql copy "SELECT tableowner FROM pg_tables
	    WHERE tablename = 'mine'")" = crew ]
	grep 'inner_one.mine TO crew' "$T/b"
	lacks 'inner_one.mine' "$T/diff"
	[ "$(pg_sql copy "SELECT count(*) FROM conf")" -eq 0 ]
	# Each is told at -v; here the extension's tables are not even there.
	pg_new copy OWNER app
	PGUSER=app warns cask_restore latest:lofty copy -r "$REPO" -v
	grep 'left out: EVENT TRIGGER watch: permission denied' <<<"$said"
	grep -F "1 table's rows (public.conf)" <<<"$said"
	grep 'warning: .*sequence public.conf_seq' <<<"$said"
	compare_lofty
	# For a superuser such rows count as lost, and he has all of the rest.
	pg_sql postgres "DROP DATABASE copy"
	warns cask_restore latest:lofty copy -r "$REPO" --create
	grep 'rows are missing: public.conf$' <<<"$said"
	grep 'all tables but 1$' <<<"$said"
	pg_sql postgres "DROP DATABASE copy"
	pg_sql lofty "UPDATE pg_extension SET extconfig = NULL,
		extcondition = NULL" "ALTER EXTENSION hstore DROP TABLE conf" \
	    "ALTER EXTENSION hstore DROP SEQUENCE conf_seq" \
	    "DROP TABLE conf" "DROP SEQUENCE conf_seq"
	cask_backup lofty "$REPO"
	cask_restore latest:lofty copy -r "$REPO" --create --verify
	same_databases lofty copy
}

@test "who may make no schema gets what is in those that are there" {
	cask_backup shop "$REPO"
	pg_new copy
	pg_sql copy "GRANT CREATE ON SCHEMA public TO app"
	PGUSER=app warns cask_restore latest:shop copy -r "$REPO"
	grep '1 schema (sales)' <<<"$said"
	grep 'value of sequence sales.item_id_seq' <<<"$said"
	[ "$(pg_sql copy "SELECT count(*) FROM note")" -eq 2 ]
	[ "$(pg_sql copy "SELECT nextval('note_id_seq')")" -eq 3 ]
	[ "$(pg_sql copy "SELECT length(lo_get(4001))")" -eq 3000000 ]
}

@test "who may make databases makes one, and says what of it is not his to set" {
	trusted
	pg_sql postgres "ALTER ROLE app CREATEDB" "ALTER DATABASE lofty OWNER TO erp"
	cask_backup lofty "$REPO"
	PGUSER=app warns cask_restore latest:lofty copy -r "$REPO" --create
	grep 'database propert' <<<"$said" | grep -F 'OWNER TO' |
	    grep 'log_min_messages'
	[ "$(grep -c 'warning' <<<"$said")" -eq 1 ]
	[ "$(pg_sql copy "SHOW work_mem")" = 5MB ]
	[ "$(pg_databases | grep -c copy)" -eq 1 ]
	pg_sql postgres "DROP DATABASE copy" "ALTER ROLE app NOCREATEDB"
	# One whose owner he may be is given away.
	pg_sql postgres "ALTER DATABASE lofty OWNER TO crew" \
	    "ALTER ROLE app CREATEDB"
	cask_backup lofty "$REPO"
	PGUSER=app warns cask_restore latest:lofty copy -r "$REPO" --create
	[ "$(pg_sql postgres "SELECT pg_get_userbyid(datdba) FROM pg_database
	    WHERE datname = 'copy'")" = crew ]
	pg_sql postgres "DROP DATABASE copy" "ALTER ROLE app NOCREATEDB"
	# Not where he could not even name it then, though the server would.
	pg_sql postgres "CREATE ROLE lender LOGIN CREATEDB NOINHERIT" \
	    "GRANT crew TO lender"
	PGUSER=lender warns cask_restore latest:lofty copy -r "$REPO" --create
	grep 'ALTER DATABASE "copy" OWNER TO "crew"' <<<"$said"
	[ "$(pg_sql postgres "SELECT pg_get_userbyid(datdba) FROM pg_database
	    WHERE datname LIKE 'copy%'")" = lender ]
	pg_sql postgres "DROP DATABASE copy" "DROP ROLE lender"
}

@test "who may make no roles is told that --globals could not make them" {
	pg_sql postgres "CREATE ROLE bob"
	pg_new bobs
	pg_sql bobs "CREATE TABLE t (i integer)" "ALTER TABLE t OWNER TO bob"
	cask_backup bobs "$REPO"
	pg_sql postgres "DROP DATABASE bobs" "DROP ROLE bob" \
	    "ALTER ROLE app CREATEDB"
	PGUSER=app warns cask_restore latest:bobs copy -r "$REPO" --create \
	    --globals
	grep 'lacks 1 role of the archive: bob; .*(--globals could not make' \
	    <<<"$said"
	pg_drop copy
	PGUSER=app warns cask_restore latest:bobs copy -r "$REPO" --create
	grep '(--globals makes them first)' <<<"$said"
	pg_sql postgres "ALTER ROLE app NOCREATEDB"
}

@test "what its owner may not read is not verified, but told" {
	pg_sql policed "ALTER TABLE c FORCE ROW LEVEL SECURITY" \
	    "CREATE SEQUENCE shut START 5" "ALTER SEQUENCE shut OWNER TO app" \
	    "REVOKE ALL ON SEQUENCE shut FROM app" \
	    "SELECT lo_from_bytea(81, 'x')" "ALTER LARGE OBJECT 81 OWNER TO app" \
	    "REVOKE ALL ON LARGE OBJECT 81 FROM app"
	cask_backup policed "$REPO"
	pg_sql postgres "CREATE DATABASE copy OWNER app"
	PGUSER=app warns cask_restore latest:policed copy -r "$REPO" --verify
	grep 'not verified: 1 table (public.c)' <<<"$said"
	grep 'sequences, so they were not verified: public.shut' <<<"$said"
	grep 'all large objects, so they were not verified' <<<"$said"
	grep 'digests of 3$' <<<"$said"
	[ "$(pg_sql copy "SELECT count(*) FROM c")" -eq 100 ]
}

@test "foreign keys to a table whose rows policies hide from its owner" {
	pg_new forced
	pg_sql forced "ALTER DATABASE forced OWNER TO app"
	PGUSER=app pg_sql forced "CREATE SCHEMA s" "SET search_path = s" \
	    "CREATE TABLE t (i integer PRIMARY KEY, x text)" \
	    "CREATE TABLE c (r integer REFERENCES t)" \
	    "INSERT INTO t SELECT g, g % 2 FROM generate_series(1, 100) AS g" \
	    "INSERT INTO c SELECT generate_series(1, 100)" \
	    "CREATE POLICY p ON t USING (x = '1')" \
	    "ALTER TABLE t ENABLE ROW LEVEL SECURITY" \
	    "ALTER TABLE t FORCE ROW LEVEL SECURITY"
	cask_backup forced "$REPO"
	for jobs in 1 2; do
		pg_new copy
		pg_sql copy "ALTER DATABASE copy OWNER TO app"
		# Before 15 the schema public has an owner who is not his to set.
		PGUSER=app cask_restore latest:forced copy -r "$REPO" \
		    -j $jobs --no-owner
		same_databases forced copy
	done
	pg_drop forced
}
