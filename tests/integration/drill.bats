#!/usr/bin/env bats
# builds: asan
# A drill: an archive comes back, and there is evidence; or it does not, and
# that is told.

load ../lib/cask

setup_file() {
	cask_begin
	# A server's socket wants a short path.
	export WORK
	WORK=$(mktemp -d /tmp/pgcask.XXXXXX)
	chmod 1777 "$WORK"
	pg_sql postgres "CREATE ROLE clerk"
	pg_new shop
	pg_sql shop <<-'END'
		CREATE TABLE "<script>alert(1)</script>" (id int PRIMARY KEY, n int);
		INSERT INTO "<script>alert(1)</script>"
		    SELECT g, g FROM generate_series(1, 1000) AS g;
		CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
		INSERT INTO orders SELECT g, g FROM generate_series(1, 500) AS g;
		ALTER TABLE orders OWNER TO clerk;
		ALTER TABLE orders
		    ADD CONSTRAINT small CHECK (total < 100) NOT VALID;
		CREATE MATERIALIZED VIEW dear AS SELECT * FROM orders;
		CREATE SEQUENCE later;
		SELECT lo_from_bytea(0, 'hull'), lo_from_bytea(0, 'keel');
	END
	cask_backup shop "$REPO" >/dev/null
	# Each refresh, that of a restore too, changes a bit of a row.
	pg_new restless
	pg_sql restless <<-'END'
		CREATE TABLE calm (id int PRIMARY KEY);
		INSERT INTO calm VALUES (1);
		CREATE TABLE t (id int PRIMARY KEY, n int);
		INSERT INTO t SELECT g, g FROM generate_series(1, 1000) AS g;
		CREATE FUNCTION turn() RETURNS int LANGUAGE sql AS
		    'UPDATE public.t SET n = n # 1 WHERE id = 500 RETURNING n';
		CREATE MATERIALIZED VIEW seen AS SELECT public.turn();
	END
	cask_backup restless "$REPO" >/dev/null
	# The same without a table.
	pg_new adrift
	pg_sql adrift <"$PG_TOP/tests/lib/adrift.sql"
	cask_backup adrift "$REPO" >/dev/null
}

teardown_file() {
	pg_stop "$SERVER"
	rm -rf "$WORK"
}

# drill ARCHIVE [OPTION...]
drill() {
	timeout -k 5 300 "$PGCASK" drill "$1" -r "$REPO" -j 2 \
	    --open-key "$KEYS/k-open.key" --work-dir "$WORK" \
	    --pg-bindir "$(cat "$SERVER/bindir")" "${@:2}"
}

# hex, unhex: standard input, as hexadecimal digits and back.
hex() {
	perl -0777 -ne 'print unpack("H*", $_)'
}
unhex() {
	perl -0777 -ne 's/\s//g; print pack("H*", $_)'
}

# evidence ARCHIVE-NAME: the path of its file.
evidence() {
	echo "$REPO/$1"/*.drill.json
}

@test "a drill that passes leaves signed evidence, and nothing else" {
	cat >"$BATS_TEST_TMPDIR/a.sql" <<-'END'
		-- no order is for nothing; not even one
		SELECT total > 0 FROM orders;
		/* ; */ SELECT id FROM orders WHERE total IS NULL;
		SELECT $$;$$ = ';' AND current_setting('transaction_read_only')::bool
	END
	drill latest:shop --drill-key "$KEYS/k-seal.key" \
	    --assert "$BATS_TEST_TMPDIR/a.sql" --html "$T/page.html" \
	    >"$BATS_TEST_TMPDIR/out"
	grep -q ': the drill passed$' "$BATS_TEST_TMPDIR/out"
	grep -q 'digests of 2 tables: the same$' "$BATS_TEST_TMPDIR/out"
	grep -q '^ *2 large objects, 1 sequence, 1 materialized view: the same$' \
	    "$BATS_TEST_TMPDIR/out"
	grep -q 'but 1 NOT VALID as saved$' "$BATS_TEST_TMPDIR/out"
	grep -q 'all 3 hold$' "$BATS_TEST_TMPDIR/out"
	[ -z "$(ls -A "$WORK")" ]
	file=$(evidence shop)
	jq -e '.passed and .faults == [] and .restored.rows == 1500 and
	    ([.tables[].result] == ["same", "same"]) and
	    .large_objects.result == "same" and
	    .large_objects.result == "same" and
	    ([.sequences[].result] == ["same"]) and
	    ([.materialized_views[].result] == ["populated"]) and
	    ([.assertions[].result] | unique == ["holds"]) and
	    .restored.not_validated == 1 and .rto_ms > 0 and
	    .archive.root == $root' --arg root \
	    "$(tail -c 1536 "$REPO"/shop/*.cask | head -c 32 | hex)" \
	    "$file"
	# From a digest who guesses can tell a few rows.
	lacks digest "$file" "$T/page.html"
	jq -e '.chosen == null and .left_out == []' "$file"
}

@test "the evidence's signature is Ed25519's" {
	file=$(evidence shop)
	cd "$BATS_TEST_TMPDIR"
	{
		printf 'pgcask drill 1\0'
		sed 's/"signature":"[^"]*",//' "$file"
	} >text
	jq -r .signature "$file" | unhex >signature
	# SubjectPublicKeyInfo of RFC 8410, and the key.
	{
		printf 302a300506032b6570032100
		jq -r '.signer | sub("cask-signer-"; "")' "$file"
	} | unhex >key.der
	openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin \
	    -in text -sigfile signature
	sed -i 's/"passed":true/"passed":null/' text
	status=0
	openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin \
	    -in text -sigfile signature || status=$?
	[ "$status" -eq 1 ]
}

@test "the page is read on a phone, and holds no markup of a name" {
	cd "$BATS_TEST_TMPDIR"
	cp "$T/page.html" .
	cat >frame.html <<-'END'
		<iframe id="f" src="page.html" style="width:390px"></iframe>
		<p id="said"></p><script>onload = () => {
		const d = f.contentDocument;
		said.textContent = [d.getElementById('verdict').textContent,
		    d.documentElement.scrollWidth <= 390,
		    d.querySelectorAll('script').length,
		    d.querySelectorAll('#tables tbody tr').length,
		    d.querySelectorAll('#others tbody tr .ok').length,
		    d.querySelector('.bars i').offsetWidth > 1,
		    d.body.textContent.includes('<script>alert(1)')].join() }
		</script>
	END
	HOME=$BATS_TEST_TMPDIR timeout 120 chromium --headless=new --no-sandbox \
	    --disable-gpu --disable-dev-shm-usage --user-data-dir=profile \
	    --allow-file-access-from-files --virtual-time-budget=5000 \
	    --dump-dom "file://$PWD/frame.html" >dom 2>err 3>&- || cat err
	grep -o '<p id="said">[^<]*' dom
	grep -qF '<p id="said">passed,true,0,2,3,true,true' dom
}

@test "one bit in one row is found, and so is what does not hold" {
	cat >"$BATS_TEST_TMPDIR/a.sql" <<-'END'
		SELECT id FROM t WHERE id > 998;
		SELECT nothing;
		SELECT pg_terminate_backend(pg_backend_pid());
		DELETE FROM t RETURNING id;
		SELECT pg_sleep(60) IS NULL;
		SELECT true
	END
	refuses 1 'with 6 faults: public.t has other rows' \
	    drill latest:restless --assert "$BATS_TEST_TMPDIR/a.sql" \
	    --assert-timeout 1
	jq -e '.passed == false and .signer == null and
	    ([.tables[] | .table + " " + .result] | sort) ==
	    ["public.calm same", "public.t different"] and
	    [.assertions[].result] ==
	    ["does not hold", "broken", "broken", "broken", "broken",
		"holds"] and
	    .assertions[0].violations == 2 and
	    (.faults | any(endswith("SELECT nothing: broken: SQLSTATE 42703"))
	    and any(endswith("NULL: broken: took longer than 1 s")))
	    ' "$(evidence restless)"
	# What rows hold stays out of it.
	jq -c '.assertions, .faults' "$(evidence restless)" \
	    >"$BATS_TEST_TMPDIR/told"
	lacks '999' "$BATS_TEST_TMPDIR/told"
}

@test "a large object, a sequence and a view that came back otherwise are found" {
	refuses 1 'with 3 faults: large objects hold something else' \
	    drill latest:adrift --html "$BATS_TEST_TMPDIR/page.html"
	jq -e '.passed == false and .tables == [] and
	    (.large_objects | .result == "different" and .count == 3 and
	    .bytes == 3000068) and
	    (.sequences | sort_by(.sequence) | map([.sequence, .result,
	    .saved.value, .saved.called, .found.value, .found.called])) ==
	    [["public.calm", "same", 7, false, 7, false],
	    ["public.ticket", "different", 2, true, 3, true]] and
	    (.materialized_views | map([.view, .result]) | sort) ==
	    [["public.between", "populated"], ["public.calm_view", "populated"],
	    ["public.emptied", "not populated"],
	    ["public.turned", "populated"]]' "$(evidence adrift)"
	grep -q 'stands at 3, 2 was saved' "$(evidence adrift)"
	grep -q 'public.emptied is not populated' "$(evidence adrift)"
	[ "$(grep -c '<tr>.*>different<' "$BATS_TEST_TMPDIR/page.html")" = 2 ]
	grep -q 'view public.emptied<.*>populated<.*>not populated<.*>not pop' \
	    "$BATS_TEST_TMPDIR/page.html"
}

@test "a drill in a server that runs drops its database, and no other" {
	pg_databases >"$BATS_TEST_TMPDIR/before"
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=postgres" --json |
	    jq -e '.passed and .place == "server"'
	pg_databases | diff "$BATS_TEST_TMPDIR/before" -
	# What is not marked as ours is not touched.
	id=$("$PGCASK" list -r "$REPO" --name shop --json | jq -r '.[0].id[:8]')
	pg_new "pgcask_drill_$id"
	refuses 1 "pgcask_drill_$id\" exists already" \
	    "$PGCASK" drill latest:shop -r "$REPO" \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST"
	# What a killed drill left is dropped.
	pg_sql postgres "COMMENT ON DATABASE \"pgcask_drill_$id\"
	    IS 'pgcask made this database for a drill, and drops it'"
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "postgresql://postgres@/x?host=$PGHOST" -q
	pg_databases | diff "$BATS_TEST_TMPDIR/before" -
	# Another archive's, too, however far it came; but not while somebody
	# may be at work on it, nor what only has such a name.
	for name in pgcask_drill_0a1b2c3d pgcask_drill_0a1b2c3e \
	    pgcask_drill_0a1b2c3f; do
		pg_new "$name.pgcask.partial"
		pg_sql postgres "COMMENT ON DATABASE \"$name.pgcask.partial\" IS
		    'pgcask is restoring into this database; it is incomplete'"
	done
	pg_sql postgres \
	    'COMMENT ON DATABASE "pgcask_drill_0a1b2c3f.pgcask.partial" IS NULL'
	mkfifo "$BATS_TEST_TMPDIR/go"
	{
		echo "SELECT pg_advisory_lock(1885823851,
		    hashtext('pgcask_drill_0a1b2c3e'));"
		read -r _ <"$BATS_TEST_TMPDIR/go"
	} | pg_sql postgres >/dev/null 3>&- &
	await locked
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=postgres" -q
	echo >"$BATS_TEST_TMPDIR/go"
	wait
	[ "$(pg_databases | grep -o 'pgcask_drill_.*' | xargs)" = \
	    "pgcask_drill_0a1b2c3e.pgcask.partial pgcask_drill_0a1b2c3f.pgcask.partial" ]
	pg_drop pgcask_drill_0a1b2c3e.pgcask.partial
	pg_drop pgcask_drill_0a1b2c3f.pgcask.partial
}
locked() {
	[ "$(pg_sql postgres "SELECT count(*) FROM pg_locks
	    WHERE locktype = 'advisory' AND granted")" = 1 ]
}

@test "what another user left does not keep one from drilling" {
	local id left mark

	mark="pgcask made this database for a drill, and drops it"
	pg_sql postgres "CREATE ROLE maker LOGIN CREATEDB"
	id=$("$PGCASK" list -r "$REPO" --name restless --json |
	    jq -r '.[0].id[:8]')
	for left in pgcask_drill_0a1b2c3d "pgcask_drill_$id.pgcask.partial"; do
		pg_new "$left"
		pg_sql postgres "COMMENT ON DATABASE \"$left\" IS '$mark'"
	done
	pg_new plain
	cask_backup plain "$REPO" --no-owner >/dev/null
	"$PGCASK" drill latest:plain -r "$REPO" -q \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST user=maker"
	refuses 1 "no drill was held: .*pgcask_drill_$id.pgcask.partial. exists" \
	    "$PGCASK" drill latest:restless -r "$REPO" \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST user=maker"
	pg_databases | grep -x pgcask_drill_0a1b2c3d
	pg_drop "pgcask_drill_$id.pgcask.partial"
	pg_drop pgcask_drill_0a1b2c3d
	pg_drop plain
}

@test "what may not be read back was not compared, and no such drill passes" {
	pg_sql postgres "CREATE ROLE app LOGIN CREATEDB" \
	    "CREATE DATABASE forced OWNER app"
	PGUSER=app pg_sql forced "CREATE SCHEMA s" \
	    "CREATE TABLE s.plain AS SELECT 1 AS a" \
	    "CREATE TABLE s.forced AS SELECT 1 AS a" \
	    "ALTER TABLE s.forced ENABLE ROW LEVEL SECURITY" \
	    "ALTER TABLE s.forced FORCE ROW LEVEL SECURITY"
	cask_backup forced "$REPO" -n s >/dev/null
	refuses 1 's\.forced was not compared' "$PGCASK" drill latest:forced \
	    -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=app"
	jq -e '.passed == false and ([.tables[] | .table + " " + .result] |
	    sort) == ["s.forced not compared", "s.plain same"]' \
	    "$(evidence forced)"
	drill latest:forced -q
	pg_drop forced
}

# by_app DATABASE [OPTION...]: in the server that runs, by whom is no superuser.
by_app() {
	"$PGCASK" drill "latest:$1" -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=app" "${@:2}"
}

@test "what its user may not make is named, and such a drill fails" {
	pg_new rich
	pg_sql rich "CREATE TABLE t (a text)" "CREATE FUNCTION len(text)
	    RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'textlen'" \
	    "CREATE VIEW v AS SELECT len(a) FROM t" \
	    "CREATE UNIQUE INDEX i ON t (len(a))" \
	    "CREATE FUNCTION plain() RETURNS int LANGUAGE sql AS 'SELECT 1'" \
	    "ALTER DATABASE rich SET log_statement TO 'ddl'" \
	    "CREATE ROLE stays" "ALTER TABLE t OWNER TO stays"
	cask_backup rich "$REPO" >/dev/null
	refuses 1 'with 3 faults: FUNCTION public.len.text. was not restored' \
	    by_app rich --html "$BATS_TEST_TMPDIR/rich.html"
	jq -e '.passed == false and .warnings == 1 and
	    (.faults | any(startswith("INDEX public.i was not restored"))) and
	    .not_restored[:3] == ["FUNCTION public.len(text)",
	    "VIEW public.v", "INDEX public.i"] and (.not_restored[3:] |
	    any(. == "object\u0027s owner stays") and
	    any(. == "database property SET \"log_statement\""))' \
	    "$(evidence rich)"
	grep -q 'Not restored, .*<code>VIEW public.v<' \
	    "$BATS_TEST_TMPDIR/rich.html"
	drill latest:rich -q
	jq -e '.passed and .not_restored == []' "$(evidence rich)"
	pg_drop rich
}

@test "an owner that a server lacks, and a subscription, are named" {
	pg_sql postgres "CREATE ROLE leaves"
	pg_new left
	pg_sql left "CREATE TABLE t (a int)" "ALTER TABLE t OWNER TO leaves" \
	    "CREATE SUBSCRIPTION far CONNECTION 'dbname=none' PUBLICATION p
	    WITH (connect = false)"
	cask_backup left "$REPO" >/dev/null
	pg_sql left "ALTER SUBSCRIPTION far SET (slot_name = NONE)" \
	    "DROP SUBSCRIPTION far" "DROP TABLE t" "DROP ROLE leaves"
	exits 3 "$PGCASK" drill latest:left -r "$REPO" \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST user=postgres"
	grep -x 'unrestored  role leaves, SUBSCRIPTION far' "$T/out"
	jq -e '.passed and (.not_restored | sort) ==
	    ["SUBSCRIPTION far", "role leaves"]' "$(evidence left)"
	pg_drop left
}

@test "what row security hid from the backup is told" {
	pg_sql postgres "CREATE ROLE reader LOGIN"
	pg_new hidden
	pg_sql hidden "CREATE TABLE t AS SELECT generate_series(1, 2) AS a" \
	    "ALTER TABLE t ENABLE ROW LEVEL SECURITY" \
	    "CREATE POLICY p ON t USING (a = 1)" "GRANT SELECT ON t TO reader"
	PGUSER=reader exits 3 cask_backup hidden "$REPO" --enable-row-security
	drill latest:hidden >"$BATS_TEST_TMPDIR/out"
	grep 'row security: .*public.t' "$BATS_TEST_TMPDIR/out"
	jq -e '.passed and .restored.rows == 1 and (.backup_warnings |
	    any(test("^row security: .*public.t")))' "$(evidence hidden)"
	pg_drop hidden
}

@test "a database that nobody can enter did not come back" {
	local lib

	lib=$(mktemp "$WORK/gone.XXXXXX")
	cp "$(pg_sql postgres "SELECT setting FROM pg_config
	    WHERE name = 'PKGLIBDIR'")/plpgsql.so" "$lib"
	chmod 755 "$lib"
	pg_new shut
	pg_sql shut "CREATE TABLE t AS SELECT 1 AS a" \
	    "ALTER DATABASE shut SET session_preload_libraries = '$lib'"
	cask_backup shut "$REPO" >/dev/null
	rm "$lib"
	refuses 4 'the drill failed: nobody can enter .*FATAL: .*access file' \
	    drill latest:shut
	jq -e '.passed == false and (.faults[0] |
	    startswith("nobody can enter"))' "$(evidence shut)"
	rm "$(evidence shut)"
	# Of a server of others nobody knows who shut it.
	refuses 4 'no drill was held: .*FATAL: .*access file' \
	    "$PGCASK" drill latest:shut -r "$REPO" \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST user=postgres"
	[ ! -e "$(evidence shut)" ]
	pg_drop shut
}

@test "the evidence of a part of a database says so" {
	pg_new some
	pg_sql some 'CREATE TABLE "<b>" AS SELECT 1 AS a' \
	    "CREATE TABLE z AS SELECT 2 AS a"
	cask_backup some "$REPO" --exclude-table-data '"<b>"' >/dev/null
	drill latest:some --html "$BATS_TEST_TMPDIR/some.html" \
	    >"$BATS_TEST_TMPDIR/out"
	grep -x 'no rows of  public.<b>' "$BATS_TEST_TMPDIR/out"
	grep -q 'digests of 1 table: the same$' "$BATS_TEST_TMPDIR/out"
	jq -e '.passed and .left_out == ["public.<b>"] and
	    (.chosen.rules | length) == 1' "$(evidence some)"
	grep -q 'not in it: <code>public.&lt;b&gt;</code>' \
	    "$BATS_TEST_TMPDIR/some.html"
	cask_backup some "$REPO" --name empty --schema-only >/dev/null
	drill latest:empty >"$BATS_TEST_TMPDIR/out"
	grep -x 'chosen      schema-only' "$BATS_TEST_TMPDIR/out"
	grep -x 'compared    no rows of any table' "$BATS_TEST_TMPDIR/out"
}

@test "a disk that is full is no fault of the archive" {
	pg_new large
	pg_sql large "CREATE TABLE big AS SELECT repeat(md5(i::text), 30) AS t
	    FROM generate_series(1, 60000) AS i"
	cask_backup large "$REPO" >/dev/null
	file=$(the_archive "$REPO/large").drill.json
	mkdir -m 1777 "$WORK/small"
	# Too small for initdb, a file of the table, and one of the log.
	for size in 10 55 70; do
		small_disk "$WORK/small" ${size}m
		status=0
		echo kept >"$file"
		drill latest:large --work-dir "$WORK/small" \
		    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
		small_disk_gone "$WORK/small"
		cat "$BATS_TEST_TMPDIR/out"
		[ "$status" -eq 5 ]
		grep -q "^pgcask: no drill was held: " "$BATS_TEST_TMPDIR/out"
		grep "room on the disk of $WORK/small, .* --work-dir$" \
		    "$BATS_TEST_TMPDIR/out"
		lacks 'is still there' "$BATS_TEST_TMPDIR/out"
		grep -x kept "$file"
	done
	# Nor is one that an assertion fills.
	echo "SELECT count(*) > 0 FROM (SELECT a.t FROM big AS a, big AS b
	    ORDER BY a.t) AS s" >"$BATS_TEST_TMPDIR/a.sql"
	small_disk "$WORK/small" 180m
	status=0
	drill latest:large --work-dir "$WORK/small" --assert \
	    "$BATS_TEST_TMPDIR/a.sql" --setting max_wal_size=32MB \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	small_disk_gone "$WORK/small"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 5 ]
	grep "^pgcask: no drill was held: .*a.sql, line 1: .*No space left" \
	    "$BATS_TEST_TMPDIR/out"
	grep -x kept "$file"
	rm -r "$WORK/small"
}

@test "a drill that failed says so where its evidence can't be written" {
	local restless blank

	pg_new blank
	cask_backup blank "$REPO" >/dev/null
	pg_drop blank
	cp -a "$REPO/restless" "$REPO/blank" "$BATS_TEST_TMPDIR"
	restless=$(the_archive "$BATS_TEST_TMPDIR/restless")
	blank=$(the_archive "$BATS_TEST_TMPDIR/blank")
	rm -f "$restless.drill.json"
	mkdir "$restless.drill.json" "$blank.drill.json"
	exits 1 drill "$restless" --html /nowhere/page.html
	grep '^pgcask: warning: of the drill .* its evidence could' "$T/out"
	grep '^pgcask: .*: the drill failed: public.t has other' "$T/out"
	exits 1 drill "$restless" -q
	grep '^pgcask: of the drill .* its evidence could not' "$T/out"
	grep '^pgcask: .*: the drill failed: public.t has other' "$T/out"
	refuses 5 ': the drill passed: its evidence could not be written: ' \
	    drill "$blank" -q
	rmdir "$blank.drill.json"
	refuses 5 ': the drill passed: its page could not be written: .*/nowhere' \
	    drill "$blank" --html /nowhere/page.html
	jq -e .passed "$blank.drill.json"
}

# unheld STATUS PATTERN COMMAND...: a drill of latest:bare that is none.
unheld() {
	local file

	file=$(the_archive "$REPO/bare").drill.json
	echo kept >"$file"
	refuses "$@"
	grep -x kept "$file"
}
by_lim() {
	"$PGCASK" drill latest:bare -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=lim"
}

@test "what a server, or a user of it, lacks is no fault of the archive" {
	local none="^pgcask: no drill was held: "

	pg_new bare
	pg_sql bare "CREATE TABLE t AS SELECT g AS a
	    FROM generate_series(1, 40000) AS g" "CREATE INDEX ON t (a)"
	cask_backup bare "$REPO" --no-owner >/dev/null
	pg_sql postgres "CREATE ROLE lim LOGIN"
	unheld 4 "${none}cannot create database .*: permission denied" by_lim
	refuses 4 '^pgcask: ALTER ROLE ... CREATEDB' by_lim
	pg_sql postgres "ALTER ROLE lim CREATEDB CONNECTION LIMIT 2"
	unheld 4 "${none}.*too many connections for role" by_lim
	refuses 4 '^pgcask: .* sessions more than --jobs' by_lim
	pg_sql postgres "ALTER ROLE lim CONNECTION LIMIT 0"
	unheld 4 "${none}.*too many connections for role" by_lim
	# Its rows are there by then, and their index is not.
	pg_sql postgres "ALTER ROLE lim CONNECTION LIMIT -1" \
	    "ALTER ROLE lim SET temp_file_limit = 0" \
	    "ALTER ROLE lim SET maintenance_work_mem = '1MB'"
	unheld 4 "${none}.*temporary file size exceeds" by_lim
	pg_sql postgres "ALTER ROLE lim NOLOGIN"
	unheld 4 "${none}.*not permitted to log in" by_lim
	unheld 4 "${none}.*(too many clients|connection slots)" \
	    drill latest:bare -j 8 --setting max_connections=5 \
	    --setting superuser_reserved_connections=0
	unheld 4 "${none}.*does not start: .*max_connections" \
	    drill latest:bare --setting max_connections=2
	pg_databases >"$BATS_TEST_TMPDIR/left"
	lacks pgcask_drill_ "$BATS_TEST_TMPDIR/left"
	pg_drop bare
}

@test "its folder has any name" {
	local place="$WORK/a dir,\"x"

	mkdir -m 1777 "$place"
	drill latest:shop -q --work-dir "$place"
	[ -z "$(ls -A "$place")" ]
	rmdir "$place"
}

# held NAME: the process of a drill that is held by an assertion, once it is.
held() {
	local file=$BATS_TEST_TMPDIR/held.sql

	echo "SELECT pg_sleep(300) IS NULL" >"$file"
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --work-dir "$WORK" --pg-bindir "$(cat "$SERVER/bindir")" \
	    --assert "$file" >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- &
	drill=$!
	await asleep
	server=$(head -n 1 "$WORK"/pgcask-drill-*/data/postmaster.pid)
}
asleep() {
	asleep_in "$(echo "$WORK"/pgcask-drill-*)"
}
asleep_in() {
	[ "$(PGHOST=$1 pg_sql postgres "SELECT count(*)
	    FROM pg_stat_activity WHERE wait_event = 'PgSleep'" \
	    2>/dev/null)" = 1 ]
}
gone() {
	! kill -0 "$1" 2>/dev/null
}

@test "a server that ends during a drill is no fault of the archive" {
	local file other

	file=$(evidence shop)
	cp "$file" "$BATS_TEST_TMPDIR/evidence"
	pg_start OTHER
	other=$PGHOST
	pg_use "$SERVER"
	echo "SELECT pg_sleep(300) IS NULL" >"$BATS_TEST_TMPDIR/a.sql"
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$other user=postgres" --assert \
	    "$BATS_TEST_TMPDIR/a.sql" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	drill=$!
	await asleep_in "$other"
	pg_ctl "$OTHER" stop -m fast
	status=0
	wait "$drill" || status=$?
	pg_stop "$OTHER"
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 4 ]
	grep -q "^pgcask: no drill was held: that server has ended" \
	    "$BATS_TEST_TMPDIR/out"
	cmp "$file" "$BATS_TEST_TMPDIR/evidence"
}

@test "an assertion whose session somebody ended is asked once more" {
	pg_sql postgres "CREATE ROLE holds"
	echo "SELECT pg_sleep(300 * (SELECT count(*) FROM pg_roles
	    WHERE rolname = 'holds')) IS NOT NULL" >"$BATS_TEST_TMPDIR/a.sql"
	"$PGCASK" drill latest:shop -r "$REPO" --open-key "$KEYS/k-open.key" \
	    --server "host=$PGHOST user=postgres" --assert \
	    "$BATS_TEST_TMPDIR/a.sql" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	drill=$!
	await asleep_in "$PGHOST"
	pg_sql postgres "DROP ROLE holds" "SELECT pg_terminate_backend(pid)
	    FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
	status=0
	wait "$drill" || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 0 ]
	grep -x 'assertions  1 holds' "$BATS_TEST_TMPDIR/out"
}

@test "of a session that was killed the drill says so" {
	local socket

	held
	socket=$(echo "$WORK"/pgcask-drill-*)
	kill -KILL "$(PGHOST=$socket pg_sql postgres "SELECT pid
	    FROM pg_stat_activity WHERE wait_event = 'PgSleep'")"
	status=0
	wait "$drill" || status=$?
	cat "$BATS_TEST_TMPDIR/held"
	[ "$status" -eq 4 ]
	grep -q "^pgcask: no drill was held: .* terminated by signal 9" \
	    "$BATS_TEST_TMPDIR/held"
	[ -z "$(ls -A "$WORK")" ]
}

@test "a signal ends a drill, and nothing is left" {
	held
	kill -TERM "$drill"
	status=0
	wait "$drill" || status=$?
	[ "$status" -eq 143 ]
	gone "$server"
	[ -z "$(ls -A "$WORK")" ]
}

@test "a drill that was killed takes its server along, the next its folder" {
	held
	kill -KILL "$drill"
	wait "$drill" || :
	await gone "$server"
	[ -n "$(ls -A "$WORK")" ]
	drill latest:shop -q
	[ -z "$(ls -A "$WORK")" ]
}

@test "what keeps a drill from being held is named, with the way out" {
	refuses 2 'no initdb and postgres that can be run in /nowhere' \
	    drill latest:shop --pg-bindir /nowhere
	refuses 2 'holds no query' drill latest:shop --assert /dev/null
	refuses 4 'does not start: .*no_such_setting' \
	    drill latest:shop --setting no_such_setting=1
	if [ "$(id -u)" -eq 0 ]; then
		mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
		refuses 5 'user postgres may not enter .*/closed' \
		    drill latest:shop --work-dir "$BATS_TEST_TMPDIR/closed"
		[ -z "$(ls -A "$BATS_TEST_TMPDIR/closed")" ]
	fi
	refuses 4 'does not start: [^|]*FATAL: *could not access file "nolib"' \
	    drill latest:shop --setting shared_preload_libraries=nolib
	for setting in port=1 Port=1 unix-socket-directories=/tmp hba_file=x; do
		refuses 2 "setting $setting: [a-z_]* is the drill's own" \
		    timeout 20 "$PGCASK" drill latest:shop -r "$REPO" \
		    --open-key "$KEYS/k-open.key" --setting "$setting"
	done
	refuses 2 'that is of the server which a drill makes' \
	    drill latest:shop --server host=x
	refuses 4 'CREATE ROLE makes it, or --server names another' \
	    "$PGCASK" drill latest:shop -r "$REPO" \
	    --open-key "$KEYS/k-open.key" --server "host=$PGHOST user=none"
	refuses 4 'check what --server says' "$PGCASK" drill latest:shop \
	    -r "$REPO" --open-key "$KEYS/k-open.key" --server "host=/none"
	refuses 10 'no archive' drill latest:nobody
	cask_backup shop "$REPO" --name rows --data-only -t orders >/dev/null
	refuses 2 'rows alone' drill latest:rows
}

@test "damage that a drill finds is a fault for prune, too" {
	local archive at

	mkdir -p "$BATS_TEST_TMPDIR/r"
	cp -a "$REPO/shop" "$BATS_TEST_TMPDIR/r/shop"
	archive=$(echo "$BATS_TEST_TMPDIR"/r/shop/*.cask)
	rm -f "$archive".*.json
	at=$(perl "$PG_TOP/tests/tools/tamper.pl" list "$archive" | awk '
		$2 ~ /^data/ && !n++ { print at + 512 + int($3 / 2) }
		{ at += 512 + 512 * int(($3 + 511) / 512) }')
	perl "$PG_TOP/tests/tools/tamper.pl" flip "$at" \
	    "$(echo "$REPO"/shop/*.cask)" "$archive"
	refuses 6 'damaged' drill "$archive"
	jq -e '.fault | test("damaged")' "$archive.check.json"
	jq -e '.passed == false' "$archive.drill.json"
	refuses 9 'newest .* is damaged and failed its last drill' \
	    "$PGCASK" prune -r "$BATS_TEST_TMPDIR/r" --keep-last 1
	# Who looks at all of it as deep may take that back, of one restored.
	cp "$REPO"/shop/*.cask "$archive"
	"$PGCASK" check "$archive" --read-data --open-key "$KEYS/k-open.key"
	jq -e '.fault == null' "$archive.check.json"
}
