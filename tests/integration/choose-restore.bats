#!/usr/bin/env bats
# builds: asan
# Choosing what a restore takes of an archive.

load ../lib/cask
load ../lib/choose

setup_file() {
	choose_begin
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	pg_new copy
}

# Everything but relations: what tables need.
ground() {
	restore 0 --exclude-table '*.*' --no-publications
	# Or the tables that come would have more privileges than they had.
	pg_sql copy "ALTER DEFAULT PRIVILEGES IN SCHEMA app
		REVOKE SELECT ON TABLES FROM chooser"
}

# same_part PG-DUMP-OPTION...: both databases have the same of it.
same_part() {
	for db in choose copy; do
		pg_dump "$@" "$db" | sed '/restrict /d' >"$T/$db.sql"
	done
	grep -q 'dump complete' "$T/choose.sql"
	diff -u "$T/choose.sql" "$T/copy.sql"
}

@test "a table comes with its rows and all that is its own" {
	ground
	restore 0 --table app.customer --table app.orders
	cat "$T/out"
	grep -q '^copy: from choose of .*: 2 tables, 3,100 rows, 5 indexes, 6 constraints' "$T/out"
	same_part --table=app.customer --table=app.orders
	[ "$(pg_sql copy "SELECT stxname FROM pg_statistic_ext")" = \
	    orders_stats ]
	[ "$(pg_sql copy "SELECT count(*) FROM pg_class
	    WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace IN
		(SELECT oid FROM pg_namespace WHERE nspname IN
		('app', 'log', 'public', 'Odd.One'))")" -eq 2 ]
}

@test "foreign keys to tables that are not there are left out and named" {
	ground
	restore 3 --table app.item
	grep 'foreign key app.item item_order_id_fkey (to app.orders)' "$T/out"
	same_part --data-only --table=app.item
	[ "$(pg_sql copy "SELECT count(*) FROM pg_constraint
	    WHERE conrelid = 'app.item'::regclass AND contype <> 'n'")" -eq 1 ]
	# To one that is there, they come.
	pg_new copy
	ground
	restore 3 --table app.orders
	grep -q 'to app.customer' "$T/out"
	restore 0 --table app.item
	same_part --table=app.item
}

@test "foreign keys that a dropped table took along are named" {
	ground
	restore 0 --table app.customer --table app.orders --table app.item
	pg_sql copy "DROP TABLE app.orders CASCADE"
	restore 3 --table app.orders
	grep 'not brought back, for their tables were not chosen' "$T/out"
	grep -F ': foreign keys app.customer customer_last_order_fkey (to' \
	    "$T/out"
	grep -F ', app.item item_order_id_fkey (to app.orders)' "$T/out"
	# With their tables they come.
	restore 0 --table app.customer --table app.orders --table app.item \
	    --clean
	same_part --table=app.customer --table=app.orders --table=app.item
}

@test "each relation by itself, and then all is there" {
	ground
	for table in app.customer app.orders app.item app.summary \
	    app.summary_saved app.ticket public.orders 'public."Orders"' \
	    '"Odd.One"."My ""Table"".*"' log.base log.heir log.heir_of_heir \
	    log.away; do
		status=0
		cask_restore "$ARCHIVE" copy --table "$table" || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
	done
	restore 0 --schema log --exclude-table 'log.[abh]*'
	pg_sql copy "ALTER TABLE app.customer ADD FOREIGN KEY (last_order)
		REFERENCES app.orders DEFERRABLE INITIALLY DEFERRED" \
	    "ALTER DEFAULT PRIVILEGES IN SCHEMA app
		GRANT SELECT ON TABLES TO chooser"
	same_part --schema=app --schema=log --schema='"Odd.One"' --schema=public
	pg_contents choose | grep -v large >"$T/a"
	pg_contents copy | grep -v large | diff "$T/a" -
}

@test "schemas come with all that is in them" {
	pg_sql copy "CREATE EXTENSION pg_trgm"
	restore 0 --schema app
	same_part --schema=app
	# What is in no schema is not brought, though something needs it.
	restore 3 --schema 'l*' --schema '"Odd.One"'
	grep 'FOREIGN TABLE log.away: server "far" does not exist' "$T/out"
	same_part --schema=log --schema='"Odd.One"' --exclude-table=log.away
}

@test "partitions come if they are asked for, alone or in their place" {
	restore 3 --table log.event_2025 --table log.event_2026_1
	grep 'left alone.*TABLE log.event_2025, TABLE log.event_2026_1' "$T/out"
	pg_contents choose | grep -e 'event_2025|' -e 'event_2026_1|' >"$T/a"
	pg_contents copy | diff "$T/a" -
	pg_new copy
	restore 3 --table log.event
	grep 'rows: log.event; "include table_and_children"' "$T/out"
	[ "$(pg_sql copy "SELECT count(*) FROM log.event")" -eq 0 ]
	pg_new copy
	echo 'include table_and_children log.event' >"$T/rules"
	restore 0 --filter "$T/rules"
	same_part --schema=log --exclude-table='log.[abh]*'
	[ "$(pg_sql copy "SELECT count(*) FROM log.event")" -eq 400 ]
	pg_new copy
	echo 'include table_and_children log.heir' >"$T/rules"
	echo 'exclude table_data log.heir_of_heir' >>"$T/rules"
	restore 4 --filter "$T/rules" || restore 1 --filter "$T/rules"
	grep -q 'log.base' "$T/out"
}

@test "what is in the target already is refused, and nothing is touched" {
	pg_sql copy "CREATE SCHEMA app" \
	    "CREATE TABLE app.orders (mine integer)" \
	    "INSERT INTO app.orders VALUES (42)" \
	    "CREATE TYPE app.mood AS ENUM ('mine')"
	pg_dump copy | sed '/restrict /d' >"$T/before"
	for options in "--table app.orders" "--schema app" \
	    "--exclude-schema log"; do
		# shellcheck disable=SC2086
		refuses 1 'TABLE app\.orders' cask_restore "$ARCHIVE" copy \
		    $options
	done
	refuses 1 'TYPE app\.mood' cask_restore "$ARCHIVE" copy --schema app
	refuses 1 'not empty' cask_restore "$ARCHIVE" copy
	pg_dump copy | sed '/restrict /d' | diff "$T/before" -
	# What is not chosen may be there, and stays.
	restore 3 --table app.item
	[ "$(pg_sql copy "SELECT mine FROM app.orders")" -eq 42 ]
}

@test "a schema that is there stays as it is; one that is not comes" {
	pg_sql copy "CREATE SCHEMA app" "COMMENT ON SCHEMA app IS 'mine'"
	restore 3 --table app.item
	[ "$(pg_sql copy "SELECT obj_description('app'::regnamespace)")" = mine ]
	pg_new copy
	restore 3 --table app.item
	[ "$(pg_sql copy "SELECT obj_description('app'::regnamespace)")" = \
	    "the application" ]
	pg_sql copy "SELECT nspacl FROM pg_namespace WHERE nspname = 'app'" |
	    grep -q chooser
}

# save DATABASE SUFFIX OPTION...: an archive of it at $T/DATABASE.SUFFIX.
save() {
	timeout -k 5 300 "$PGCASK" backup -q -d "$1" -o "$T/$1.$2" \
	    --seal-key "$KEYS/k-seal.key" "${@:3}"
}

# The schema public: owner, privileges, comment.
public_of() {
	pg_sql "$1" "SELECT nspowner::regrole, nspacl,
		obj_description(oid, 'pg_namespace')
	    FROM pg_namespace WHERE nspname = 'public'"
}

@test "the schema public of a new database becomes what it was" {
	pg_new home
	pg_sql home "ALTER SCHEMA public OWNER TO chooser" \
	    "COMMENT ON SCHEMA public IS 'home'" \
	    "CREATE TABLE a (i integer)" "CREATE TABLE b (i integer)"
	pg_new guest
	pg_sql guest "GRANT CREATE ON SCHEMA public TO chooser" \
	    "CREATE TABLE a (i integer)"
	for db in home guest; do
		public_of "$db" >"$T/was"
		save "$db" cask
		save "$db" part --schema public
		save "$db" rows --exclude-table-data a
		for what in "cask --schema public" "cask --exclude-table a" \
		    part rows; do
			# shellcheck disable=SC2086
			set -- $what
			for create in "" --create; do
				pg_new copy
				[ -z "$create" ] || pg_drop copy
				cask_restore "$T/$db.$1" copy "${@:2}" $create
				public_of copy | diff "$T/was" -
			done
		done
		# Where others live, it stays as it is.
		pg_new copy
		pg_sql copy "CREATE TABLE mine (i integer)" \
		    "COMMENT ON SCHEMA public IS 'mine'"
		public_of copy >"$T/was"
		cask_restore "$T/$db.cask" copy --exclude-table a
		public_of copy | diff "$T/was" -
		rm "$T/$db".*
	done
	pg_drop home
	pg_drop guest
}

# An extension whose table and sequence are dumped with the database.
extend() {
	pg_sql "$1" "CREATE EXTENSION pg_trgm" "CREATE TABLE conf (i integer)" \
	    "CREATE SEQUENCE counter" "SELECT setval('counter', $2)" \
	    "INSERT INTO conf VALUES ($2)" \
	    "ALTER EXTENSION pg_trgm ADD TABLE conf" \
	    "ALTER EXTENSION pg_trgm ADD SEQUENCE counter" \
	    "UPDATE pg_extension SET extcondition = ARRAY['', ''], extconfig =
		ARRAY['conf'::regclass::oid, 'counter'::regclass::oid]
		WHERE extname = 'pg_trgm'" >/dev/null
}

@test "rows of an extension that is there stay as they are" {
	pg_new lent
	extend lent 1
	pg_sql lent "CREATE SCHEMA other" "CREATE TABLE mine (i integer)"
	save lent cask
	for options in "--schema public" "--exclude-schema other"; do
		pg_new copy
		extend copy 2
		pg_sql copy "CREATE TABLE theirs (i integer)"
		status=0
		# shellcheck disable=SC2086
		cask_restore "$T/lent.cask" copy $options >"$T/out" 2>&1 ||
		    status=$?
		cat "$T/out"
		[ "$status" -eq 3 ]
		grep 'left as they are.*public.conf, public.counter' "$T/out"
		[ "$(pg_sql copy "SELECT i, last_value FROM conf, counter")" = \
		    "2|2" ]
		pg_sql copy "SELECT FROM mine"
	done
	pg_drop lent
}

@test "what lacks a type or a function is named" {
	restore 1 --table app.customer --table public.orders
	grep 'TABLE app.customer: type "app.mood" does not exist' "$T/out"
	grep '1 table could not be made: app.customer' "$T/out"
	# A view by itself, and with something else.
	pg_new copy
	restore 1 --table app.summary
	grep 'VIEW app.summary: relation "app.orders" does not exist' "$T/out"
	grep 'nothing of the choice could be made: VIEW app.summary$' "$T/out"
	pg_new copy
	restore 3 --table app.summary --table app.ticket
	grep 'VIEW app.summary: relation "app.orders" does not exist' "$T/out"
	# A function that an index needs.
	pg_new copy
	ground
	pg_sql copy "DROP FUNCTION app.touch"
	restore 3 --table app.orders
	grep 'TRIGGER app.orders touch: function app.touch() does not exist' \
	    "$T/out"
	[ "$(pg_sql copy "SELECT count(*) FROM app.orders")" -eq 3000 ]
}

@test "everything but some of it" {
	restore 0 --exclude-schema log --exclude-table app.item \
	    --exclude-table-data public.orders --exclude-table-data app.ticket \
	    --exclude-table-data app.summary_saved
	for db in choose copy; do
		pg_dump -s --exclude-schema=log --exclude-table=app.item "$db" |
		    sed '/restrict /d' >"$T/$db.sql"
	done
	diff "$T/choose.sql" "$T/copy.sql"
	[ "$(pg_sql copy "SELECT count(*) FROM public.orders")" -eq 0 ]
	[ "$(pg_sql copy "SELECT count(*) FROM app.orders")" -eq 3000 ]
	[ "$(pg_sql copy "SELECT last_value FROM app.ticket")" -eq 500 ]
	[ "$(pg_sql copy "SELECT relispopulated FROM pg_class
	    WHERE relname = 'summary_saved'")" = f ]
	[ "$(pg_sql copy "SELECT count(*) FROM pg_largeobject_metadata")" -eq 2 ]
}

# sort_lobjs FILE...: what scripts say of large objects, in one order: from 17
# on pg_dump groups them by owner and privileges, which one side is without.
sort_lobjs() {
	local lobjs='LARGE OBJECT|pg_catalog\.lo|^(BEGIN|COMMIT);$'

	[ "$(pg_dump_major)" -ge 17 ] || return 0
	for file; do
		grep -q 'LARGE OBJECT' "$file"
		grep -vE "$lobjs" "$file" >"$T/sorted"
		grep -E "$lobjs" "$file" | sort -u >>"$T/sorted"
		mv "$T/sorted" "$file"
	done
}

@test "definitions alone, and without this or that" {
	restore 0 --schema-only
	# There is nothing to verify.
	[ "$(wc -l <"$T/out")" -eq 1 ]
	same_part --schema-only
	pg_contents copy | awk -F '|' '/^sequence/ ? $2 != 1 && $2 != 500 : $2 > 0' |
	    lacks .
	for option in --no-comments --no-privileges --no-publications; do
		pg_new copy
		restore 0 $option
		# Extensions bring comments of their own, and databases before 15
		# privileges on a schema.
		for db in choose copy; do
			if [ $db = choose ]; then
				pg_dump $option $db
			else
				pg_dump $db
			fi | sed -e '/restrict /d' -e '/EXTENSION pg_trgm/d' \
			    -e '/ON SCHEMA public /d' \
			    -e '/^--/d' -e '/^$/d' >"$T/$db.sql"
		done
		sort_lobjs "$T/choose.sql" "$T/copy.sql"
		diff "$T/choose.sql" "$T/copy.sql"
	done
}

@test "owners and tablespaces are left out when asked" {
	folder=$(mktemp -d "$SERVER/space.XXXXXX")
	[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$folder"
	pg_sql postgres "CREATE TABLESPACE fast LOCATION '$folder'" \
	    "CREATE ROLE owner_a" "CREATE ROLE owner_b" \
	    "GRANT CREATE ON TABLESPACE fast TO owner_a"
	pg_new owned
	pg_sql owned "CREATE TABLE a (i integer) TABLESPACE fast" \
	    "INSERT INTO a VALUES (1)" "ALTER TABLE a OWNER TO owner_a" \
	    "CREATE TABLE b (i integer)" "ALTER TABLE b OWNER TO owner_b"
	mkdir "$T/owned"
	cask_backup owned "$T/owned"
	cask_restore latest copy -r "$T/owned" --no-owner --no-tablespaces
	[ "$(pg_sql copy "SELECT count(*) FROM pg_class WHERE relname IN
	    ('a', 'b') AND relowner = 10 AND reltablespace = 0")" -eq 2 ]
	# So are they in an archive that was made so.
	cask_backup owned "$T/owned" --no-owner --no-tablespaces
	pg_new copy
	cask_restore latest copy -r "$T/owned"
	[ "$(pg_sql copy "SELECT count(*) FROM pg_class WHERE relname IN
	    ('a', 'b') AND relowner = 10 AND reltablespace = 0")" -eq 2 ]
	# Roles and tablespaces that nothing wants need not be there.
	cask_backup owned "$T/owned"
	pg_sql postgres "DROP DATABASE owned" "DROP TABLESPACE fast" \
	    "DROP ROLE owner_a"
	pg_new copy
	cask_restore latest copy -r "$T/owned" --table b
	[ "$(pg_sql copy "SELECT relowner::regrole FROM pg_class
	    WHERE relname = 'b'")" = owner_b ]
	cask_restore latest copy -r "$T/owned" --table a --no-owner \
	    --no-tablespaces
	pg_sql postgres "DROP DATABASE copy" "DROP ROLE owner_b"
}

@test "roles that nothing of it names need not be there" {
	pg_sql postgres "CREATE ROLE lonely" "CREATE ROLE wanted"
	pg_new owned
	pg_sql owned "CREATE TABLE l (i integer)" \
	    "ALTER TABLE l OWNER TO lonely" "CREATE TABLE t (i integer)" \
	    "ALTER TABLE t OWNER TO wanted"
	mkdir "$T/lonely"
	cask_backup owned "$T/lonely" --name all
	cask_backup owned "$T/lonely" --name part -T l
	pg_sql postgres "DROP DATABASE owned" "DROP ROLE lonely"
	pg_drop copy
	cask_restore latest:part copy -r "$T/lonely" --create
	pg_drop copy
	cask_restore latest:all copy -r "$T/lonely" --create -t t
	pg_drop copy
	refuses 3 'lacks 1 role of the archive: lonely;' \
	    cask_restore latest:all copy -r "$T/lonely" --create
	pg_drop copy
	pg_sql postgres "DROP ROLE wanted"
	refuses 3 'lacks 1 role of the archive: wanted;' \
	    cask_restore latest:part copy -r "$T/lonely" --create
	pg_drop copy
}

# privileges: of the database np, or that it has the default ones.
privileges() {
	pg_sql postgres "SELECT coalesce(a::text, 'default') FROM pg_database
		LEFT JOIN LATERAL unnest(datacl) AS a ON true
		WHERE datname = 'np' ORDER BY 1"
}

@test "privileges on a database are those that were granted, whoever owns it" {
	mkdir "$T/np"
	pg_sql postgres "CREATE ROLE keeper" "CREATE ROLE guest" \
	    "CREATE ROLE maker LOGIN CREATEDB"
	for grant in "GRANT CONNECT ON DATABASE np TO guest WITH GRANT OPTION" \
	    "REVOKE TEMPORARY ON DATABASE np FROM PUBLIC" \
	    "REVOKE CREATE ON DATABASE np FROM keeper" \
	    "REVOKE ALL ON DATABASE np FROM PUBLIC, keeper" \
	    "SELECT"; do
		pg_new np
		pg_sql np "CREATE TABLE t (i integer)" \
		    "GRANT SELECT ON t TO guest" \
		    "ALTER TABLE t OWNER TO keeper" \
		    "ALTER DATABASE np OWNER TO keeper" "$grant"
		cask_backup np "$T/np"
		pg_dump -Fc -f "$T/np.dump" np
		privileges >"$T/source"
		pg_drop np
		cask_restore latest:np np -r "$T/np" --create
		privileges | diff "$T/source" -
		pg_drop np
		# The rest of it is not for servers of every version.
		pg_new np
		pg_restore -C -O -f - "$T/np.dump" |
		    sed -n '/^\(GRANT\|REVOKE\|ALTER\) .*DATABASE np /p' |
		    pg_sql postgres
		privileges >"$T/theirs"
		pg_drop np
		cask_restore latest:np np -r "$T/np" --create --no-owner
		privileges | diff "$T/theirs" -
		pg_drop np
		# Nor has he any where he may not be made the owner.
		case $grant in *keeper*) continue ;; esac
		status=0
		cask_restore latest:np np -r "$T/np" --create -U maker \
		    >"$T/out" 2>&1 || status=$?
		[ "$status" -eq 3 ]
		privileges >"$T/limited"
		lacks keeper "$T/limited"
		pg_drop np
		# Nothing names him then.
		pg_sql postgres "DROP ROLE keeper"
		cask_restore latest:np np -r "$T/np" --create --no-owner \
		    >"$T/out" 2>&1
		lacks warning "$T/out"
		privileges | diff "$T/theirs" -
		pg_drop np
		pg_sql postgres "CREATE ROLE keeper"
	done
	pg_sql postgres "DROP ROLE keeper, guest, maker"
}

@test "a role to become owns what is restored" {
	pg_sql postgres "CREATE ROLE boss" "CREATE ROLE worker LOGIN NOINHERIT" \
	    "GRANT boss TO worker"
	pg_sql copy "GRANT CREATE ON DATABASE copy TO boss" \
	    "GRANT CREATE ON SCHEMA public TO boss"
	cask_restore "$ARCHIVE" copy -U worker --role boss --no-owner \
	    --table public.orders
	[ "$(pg_sql copy "SELECT relowner::regrole FROM pg_class
	    WHERE relname = 'orders'")" = boss ]
	pg_sql copy "DROP OWNED BY boss"
	pg_sql postgres "DROP DATABASE copy" "DROP ROLE boss, worker"
}

@test "from a stream the same, and into a database that is made" {
	pg_sql postgres "DROP DATABASE copy"
	restore 3 --create --table app.item --table public.orders
	same_part --table=public.orders
	pg_contents copy >"$T/a"
	[ "$(wc -l <"$T/a")" -eq 2 ]
	pg_new copy
	status=0
	"$PGCASK" restore - -d copy --open-key "$KEYS/k-open.key" -j 2 \
	    --table app.item --table public.orders <"$ARCHIVE" || status=$?
	[ "$status" -eq 3 ]
	pg_contents copy | diff "$T/a" -
}

@test "an archive of parts comes back, and parts of it" {
	mkdir "$T/parts"
	cask_backup choose "$T/parts" -q --table app.item --table log.event \
	    --table public.orders --exclude-table-data app.item \
	    --exclude-table-data log.event
	status=0
	cask_restore latest copy -r "$T/parts" --verify >"$T/out" 2>&1 ||
	    status=$?
	cat "$T/out"
	[ "$status" -eq 3 ]
	# What it was cut from is not in it.
	grep -q 'schema "app" is not in the archive: it is made' "$T/out"
	grep -q 'foreign key app.item' "$T/out"
	grep -q '^copy: from choose of .*: 1 table, 50 rows' "$T/out"
	same_part --table=public.orders
	same_part --table=log.event
	pg_new copy
	cask_restore latest copy -r "$T/parts" --table orders
	[ "$(pg_contents copy | wc -l)" -eq 1 ]
	refuses 2 'no table of the archive.*app\.orders' \
	    cask_restore latest copy -r "$T/parts" --table app.orders
	cask_backup choose "$T/parts" -q --schema-only
	pg_new copy
	cask_restore latest copy -r "$T/parts" --verify
	same_part --schema-only
	[ "$(pg_sql copy "SELECT count(*) FROM app.orders")" -eq 0 ]
}

@test "what a rule does not match is named before anything is touched" {
	refuses 2 'no table of the archive matches "ordes"' \
	    cask_restore "$ARCHIVE" copy --table ordes
	refuses 2 'app\.orders' cask_restore "$ARCHIVE" copy --table app.ordes
	refuses 2 'choose "app\.customer"' \
	    cask_restore "$ARCHIVE" copy --table app.customer_id_seq
	refuses 2 'no schema' cask_restore "$ARCHIVE" copy --exclude-schema lgo
	refuses 2 'names the database' cask_restore "$ARCHIVE" copy \
	    --table copy.app.orders
	printf 'include table app.orders\nexclude tabel x\n' >"$T/rules"
	refuses 2 'rules, line 2' cask_restore "$ARCHIVE" copy \
	    --filter "$T/rules"
	refuses 2 'standard input' cask_restore - copy --filter -
	untouched copy
}
