#!/usr/bin/env bats
# builds: asan
# Whatever a role, a database or PGOPTIONS set, an archive is the same, and so
# is what comes back from it.

load ../lib/cask

# Every setting that could change what is read or written, or cut it short.
ADVERSE=("statement_timeout=1" "lock_timeout=1"
	"idle_in_transaction_session_timeout=1" "DateStyle=SQL,DMY"
	"IntervalStyle=iso_8601" "extra_float_digits=-15"
	"bytea_output=escape" "row_security=on" "synchronize_seqscans=on"
	"search_path=trap,public" "client_encoding=LATIN1"
	"TimeZone=Asia/Kathmandu" "quote_all_identifiers=on" "xmloption=document" "xmlbinary=hex"
	"array_nulls=off" "transform_null_equals=on" "lc_monetary=de_DE.UTF-8"
	"check_function_bodies=on" "default_transaction_read_only=on"
	"default_transaction_isolation=serializable"
	"default_transaction_deferrable=on")

setup_file() {
	export T=$BATS_FILE_TMPDIR
	cask_keys "$T/keys"
	LOCPATH=$(pg_locale de_DE.UTF-8) pg_start SERVER
	# Its estimates of rows would be in some archives.
	pg_configure "$SERVER" "autovacuum = off"
	LOCPATH=$(pg_locale de_DE.UTF-8) pg_ctl "$SERVER" restart
	pg_new source
	pg_sql source <<-'SQL'
		CREATE SCHEMA trap;
		CREATE TABLE v (i integer PRIMARY KEY, t timestamptz, s timestamp,
			d date, p interval, f real, g double precision, b bytea,
			m money DEFAULT '12.50'::money, n text, a text[], x xml,
			CHECK (n IS DISTINCT FROM 'never'));
		INSERT INTO v SELECT i, '2026-03-04 05:06:07+02'::timestamptz
			+ i * interval '1 day', '2026-03-04 05:06:07',
			'2026-03-04'::date + i, make_interval(years => i, days => 3,
			secs => 4.5), i / 3.0, i / 7.0::double precision,
			decode(md5(i::text), 'hex'), i * 1.5,
			'grüß ''\n'' ' || i, ARRAY['a', NULL, 'NULL'],
			'a<b/>c'::xml
		FROM generate_series(1, 30000) AS i;
		CREATE TABLE trap.v (i text);
		CREATE FUNCTION late() RETURNS integer LANGUAGE sql
			AS 'SELECT count(*)::integer FROM public.v';
		CREATE VIEW w AS SELECT i, n = NULL AS never FROM v;
		CREATE TABLE policed AS SELECT i FROM v;
		ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
		CREATE INDEX ON v (n);
		COMMENT ON TABLE v IS 'grüße mit \ und ''''';
	SQL
	pg_sql postgres "CREATE ROLE dated VALID UNTIL '2031-02-03 04:05:06+00'" \
	    "CREATE ROLE adverse SUPERUSER LOGIN"
}

teardown_file() {
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	REPO=$BATS_TEST_TMPDIR/repo
	mkdir "$REPO"
}

# adversely HOW COMMAND...: run it where all of them are set by the role, the
# databases or PGOPTIONS.
adversely() {
	local how=$1 setting options="" status=0 db

	shift
	for setting in "${ADVERSE[@]}"; do
		options+=" -c $setting"
		pg_set role "$how" "ALTER ROLE adverse" "$setting"
		for db in source copy; do
			pg_set database "$how" "ALTER DATABASE $db" "$setting"
			pg_set both "$how" \
			    "ALTER ROLE adverse IN DATABASE $db" "$setting"
		done
	done
	[ "$how" = options ] || options=""
	PGUSER=adverse PGOPTIONS=$options "$@" || status=$?
	pg_sql postgres "ALTER ROLE adverse RESET ALL" \
	    "ALTER DATABASE source RESET ALL" "ALTER DATABASE copy RESET ALL" \
	    "ALTER ROLE adverse IN DATABASE source RESET ALL" \
	    "ALTER ROLE adverse IN DATABASE copy RESET ALL"
	return "$status"
}

# pg_set WHICH HOW STATEMENT NAME=VALUE: set it, if WHICH is how it is done.
pg_set() {
	local value=${4#*=}

	[ "$1" = "$2" ] || return 0
	[ "${4%%=*}" = search_path ] || value="'$value'"
	pg_sql postgres "$3 SET ${4%%=*} = $value"
}

# parts NAME: what the archive says of its rows, and its documents.
parts() {
	"$PGCASK" cat "latest:$1" manifest -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | jq -S '.tables, .large_objects'
	"$PGCASK" cat "latest:$1" catalog -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | jq -S 'del(.settings, .roles,
		.tables[].bytes, .tables[].rows_estimate)'
	"$PGCASK" cat "latest:$1" schema -r "$REPO" \
	    --open-key "$KEYS/k-open.key" | pg_restore -f - |
	    sed -e '/^\\\(un\)\{0,1\}restrict /d'
	"$PGCASK" cat "latest:$1" globals -r "$REPO" \
	    --open-key "$KEYS/k-open.key" |
	    sed -n "s/.*dated.*VALID UNTIL '\(.*\)'.*/\1/p" | date -u -f - +%FT%T
}

@test "an archive is the same, and a restore right, under any of them" {
	pg_sql postgres "CREATE DATABASE copy"
	for format in auto text; do
		cask_backup source "$REPO" --name plain --format $format
		parts plain >"$BATS_TEST_TMPDIR/plain"
		grep '"rows": 30000' "$BATS_TEST_TMPDIR/plain"
		grep -x 2031-02-03T04:05:06 "$BATS_TEST_TMPDIR/plain"
		for how in role database both options; do
			echo "$format, by $how"
			adversely "$how" cask_backup source "$REPO" \
			    --name "$how" --format $format
			parts "$how" | diff "$BATS_TEST_TMPDIR/plain" -
			pg_new copy
			adversely "$how" cask_restore "latest:$how" copy \
			    -r "$REPO" --verify
			same_databases source copy
		done
	done
	# They do what they are here for.
	adversely role pg_sql source "SELECT pg_sleep(0.2)" 2>&1 |
	    grep 'statement timeout'
	adversely options psql -XAtc "SET statement_timeout = 0" \
	    -c "SELECT '{NULL}'::text[], '2026-03-04'::date, 'a'::bytea" \
	    source | grep -Fx '{"NULL"}|04/03/2026|a'
}

@test "what a restore computes is computed with the database's own settings" {
	local setting settings=("TimeZone='Asia/Manila'" "DateStyle='SQL, DMY'"
		"IntervalStyle=iso_8601" "extra_float_digits=-10"
		"bytea_output=escape" "default_text_search_config=german"
		"lc_monetary='de_DE.UTF-8'" "app.tenant='seven'")

	pg_new computed
	for setting in "${settings[@]}"; do
		pg_sql computed "ALTER DATABASE computed SET $setting"
	done
	pg_sql computed <<-'SQL'
		CREATE TABLE visit (at timestamptz CHECK (extract(hour FROM at) < 6),
			cost money DEFAULT '1.234,50' CHECK (cost > '-0,99'), CHECK (current_setting('app.tenant') = 'seven'));
		INSERT INTO visit
		SELECT '2026-03-04 00:30+08'::timestamptz + i * interval '1 day'
		FROM generate_series(1, 10) AS i;
		CREATE MATERIALIZED VIEW told AS SELECT
			date_trunc('day', at)::text AS day,
			(at - '2026-01-01 00:00+00')::text AS after,
			(extract(hour FROM at) / 7.0)::real::text AS part,
			'\001'::bytea::text AS bytes,
			(cost + '0,50')::text AS cost,
			to_tsvector('die Häuser') AS words,
			current_setting('app.tenant') AS tenant FROM visit;
	SQL
	pg_sql computed "TABLE told" | grep -F "05/03/2026" | grep "haus" |
	    grep -F "1.235,00 €"
	cask_backup computed "$REPO"
	pg_drop copy
	cask_restore latest:computed copy -r "$REPO" --create --verify
	same_databases computed copy
	# A database that is there has its own.
	pg_new copy
	for setting in "${settings[@]}"; do
		pg_sql copy "ALTER DATABASE copy SET $setting"
	done
	cask_restore latest:computed copy -r "$REPO" --verify
	same_databases computed copy
	# So it has for a script.
	cask_backup computed "$REPO" --name text --format text
	"$PGCASK" export latest:text -r "$REPO" -o "$BATS_TEST_TMPDIR/sql" \
	    --open-key "$KEYS/k-open.key"
	pg_new copy
	for setting in "${settings[@]}"; do
		pg_sql copy "ALTER DATABASE copy SET $setting"
	done
	psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d copy \
	    -f "$BATS_TEST_TMPDIR/sql"
	same_databases computed copy
	pg_drop copy
	# What the role says goes before what the database says.
	pg_sql postgres "ALTER ROLE adverse SET TimeZone = 'Asia/Tokyo'"
	PGUSER=adverse cask_restore latest:computed copy -r "$REPO" --create
	pg_sql postgres "ALTER ROLE adverse RESET ALL"
	pg_sql copy "TABLE told" | grep -F "05/03/2026" | grep JST
	pg_drop copy
}

@test "a script of an archive comes out right under any of them" {
	local script=$BATS_TEST_TMPDIR/script.sql

	# psql itself is not to be stopped before it has read the first line.
	ADVERSE=("${ADVERSE[@]:1}")
	cask_backup source "$REPO" --name text --format text
	"$PGCASK" export latest:text -r "$REPO" -o "$script" \
	    --open-key "$KEYS/k-open.key"
	for how in role database both options; do
		echo "by $how"
		pg_new copy
		adversely "$how" psql -X -q -v ON_ERROR_STOP=1 -o /dev/null \
		    -d copy -f "$script"
		same_databases source copy
	done
}

@test "what the server warns of at each connection is said once, or not at all" {
	[ "$(pg_sql postgres "SHOW server_version_num")" -ge 150000 ] || skip
	pg_new aged "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
	pg_sql postgres "UPDATE pg_database SET datcollversion = '1.1'
	    WHERE datname = 'aged'"
	pg_sql aged "CREATE TABLE t AS SELECT generate_series(1, 1000) AS i" \
	    2>/dev/null
	backup=("$PGCASK" backup --seal-key "$KEYS/k-seal.key" -d aged -j 4)
	"${backup[@]}" -o "$T/aged.cask" >/dev/null 2>"$T/said"
	cat "$T/said"
	grep -q '^pgcask: the server warns: .*"aged" has a collation version' \
	    "$T/said"
	[ "$(grep -c '^pgcask: the server warns' "$T/said")" -eq 1 ]
	[ "$(wc -l <"$T/said")" -eq 2 ]
	"${backup[@]}" -q -o "$T/quiet.cask" >"$T/said" 2>&1
	diff /dev/null "$T/said"
	"$PGCASK" restore "$T/aged.cask" --open-key "$KEYS/k-open.key" -j 4 \
	    --create -d young >/dev/null 2>"$T/said"
	diff /dev/null "$T/said"
	pg_sql aged "DROP TABLE t" 2>/dev/null
	"$PGCASK" restore "$T/aged.cask" --open-key "$KEYS/k-open.key" -j 4 \
	    -d aged >/dev/null 2>"$T/said"
	[ "$(grep -c '^pgcask: the server warns' "$T/said")" -eq 1 ]
	[ "$(wc -l <"$T/said")" -eq 2 ]
	# With a timeout libpq prints what the first connection gets.
	PGCONNECT_TIMEOUT=10 "${backup[@]}" -q -o "$T/timed.cask" >"$T/said" \
	    2>&1
	[ "$(grep -c '^WARNING:' "$T/said")" -eq 1 ]
}

@test "a connection over TCP is kept alive, unless its user says otherwise" {
	port=$((20000 + RANDOM % 20000))
	pg_configure "$SERVER" "listen_addresses = '127.0.0.1'" "port = $port"
	pg_ctl "$SERVER" restart
	pg_hba "$SERVER" "local all all trust" \
	    "host all all 127.0.0.1/32 trust"
	export PGPORT=$port
	# The server waits for us to read, so the session lives.
	keepalive() {
		local hex wait=$1 fifo=$BATS_TEST_TMPDIR/fifo pid i found=

		shift
		mkfifo "$fifo"
		"$@" -o - --seal-key "$KEYS/k-seal.key" -j 1 \
		    >"$fifo" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
		pid=$!
		exec 7<"$fifo"
		hex=$(printf '0100007F:%04X' "$port")
		# Column 6 of /proc/net/tcp: 02 is the keepalive timer, then when
		# it fires in hundredths of a second.
		for ((i = 0; i < 200 && ${#found} == 0; i++)); do
			found=$(awk -v peer="$hex" -v max="$wait" '
				function number(text, i, n) {
					for (i = 1; i <= length(text); i++)
						n = n * 16 + index("123456789ABCDEF",
						    substr(text, i, 1))
					return n
				}
				$3 == peer && $6 ~ /^02:/ {
					n = number(substr($6, 4))
					if (n > max - 2000 && n <= max)
						print n
				}' /proc/net/tcp)
			sleep 0.02
		done
		kill "$pid" 2>/dev/null || :
		exec 7<&-
		wait "$pid" || :
		rm "$fifo"
		[ -n "$found" ] || {
			cat "$BATS_TEST_TMPDIR/err"
			grep -i "$hex" /proc/net/tcp || :
		}
		[ -n "$found" ]
	}
	keepalive 3000 "$PGCASK" backup -h 127.0.0.1 -d source
	keepalive 9000 "$PGCASK" backup \
	    -d "host=127.0.0.1 dbname=source keepalives_idle=90"
	# A service speaks for its user, too.
	printf '[far]\nhost=127.0.0.1\ndbname=source\nkeepalives_idle=70\n' \
	    >"$BATS_TEST_TMPDIR/service"
	(
		export PGSERVICEFILE=$BATS_TEST_TMPDIR/service PGSERVICE=far
		unset PGHOST
		keepalive 7000 "$PGCASK" backup
	)
}
