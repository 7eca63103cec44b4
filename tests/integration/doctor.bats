#!/usr/bin/env bats
# builds: asan
# What doctor finds before the night comes, each finding provoked; and that a
# backup then does what it said.

load ../lib/cask
load ../lib/doctor

setup_file() {
	cask_begin
	mv "$KEYS/k-open.key" "$T/open.key"
	"$PGCASK" keygen -q -o "$KEYS/second"
	SECOND=$(sed -n 's/^recipient: //p' "$KEYS/second-open.key")
	export SECOND
	pg_sql postgres "CREATE ROLE keeper LOGIN"
	pg_new shop
	pg_sql shop "CREATE TABLE item (id serial PRIMARY KEY, name text)" \
	    "INSERT INTO item (name) SELECT md5(i::text)
		FROM generate_series(1, 1000) AS i" \
	    "SELECT lo_from_bytea(7, 'seven')" \
	    "GRANT SELECT ON item, item_id_seq TO keeper" \
	    "GRANT SELECT ON LARGE OBJECT 7 TO keeper" >/dev/null
	MAJOR=$(($(pg_sql postgres "SHOW server_version_num") / 10000))
	export MAJOR
}

teardown_file() {
	small_disk_gone "$T/disk"
	pg_stop "$SERVER"
}

setup() {
	pg_use "$SERVER"
	unset PGDATABASE
	R=$BATS_TEST_TMPDIR/repo
	mkdir -m 700 "$R"
}

# doctor STATUS [OPTION...]: of shop.
doctor() {
	examine "$1" -d shop -r "$R" --seal-key "$KEYS/k-seal.key" "${@:2}"
}

# backup STATUS [OPTION...]: of shop, as doctor has it.
backup() {
	exits "$1" cask_backup shop "$R" "${@:2}"
}

# drilled ARCHIVE DAYS true|false: the file that a drill so many days ago leaves
# beside it, as far as others believe it.
drilled() {
	jq -n --arg ended "$(date -u -d "$2 days ago" +%Y-%m-%dT%H:%M:%SZ)" \
	    --argjson passed "$3" '{ended: $ended, passed: $passed}' \
	    >"$1.drill.json"
}

@test "all is well, and only that is said; nothing is changed" {
	backup 0 --recipient "$SECOND"
	archive=$(the_archive "$R")
	"$PGCASK" check -q "$archive" --seal-key "$KEYS/k-seal.key"
	doctor 3 --recipient "$SECOND"
	only drilled
	finds drilled warn 'nobody has tried' 'pgcask drill'
	drilled "$archive" 200 true
	doctor 3 --recipient "$SECOND"
	finds drilled warn '200 days ago' 'pgcask drill'
	drilled "$archive" 3 false
	doctor 3 --recipient "$SECOND"
	finds drilled warn 'not passed' 'pgcask drill'
	drilled "$archive" 3 true
	find "$R" -printf '%p %T@\n' | sort >"$T/before"
	doctor 0 --recipient "$SECOND" --open-key "$T/open.key"
	for check in opens pair same-key second-key age checked drilled lock \
	    writable space leftovers version server-clock schema globals \
	    timeouts locks; do
		finds "$check" ok .
	done
	finds connections ok "up to"
	finds rights ok '1 table, 1 sequence and 1 large object may be read'
	find "$R" -type f -printf '%p %T@\n' | sort >"$T/after"
	grep -E "^($(paste -sd '|' "$T/after"))\$" "$T/before" |
	    diff - "$T/after"
	set -- -d shop -r "$R" --seal-key "$KEYS/k-seal.key" \
	    --recipient "$SECOND"
	"$PGCASK" doctor "$@" >"$T/out" 2>&1
	grep -qx 'database shop' "$T/out"
	grep -qx 'All is well.' "$T/out"
	"$PGCASK" doctor -q "$@" >"$T/out" 2>&1
	[ ! -s "$T/out" ]
	rm "$archive.drill.json"
	"$PGCASK" doctor -q "$@" >"$T/out" 2>&1 || [ $? -eq 3 ]
	grep -qE '^  warn  nobody has tried' "$T/out"
	grep -qE '^        -> .*pgcask drill' "$T/out"
	[ "$(wc -l <"$T/out")" -eq 4 ]
}

@test "keys that others may read, of the wrong kind, or left behind" {
	cp "$KEYS/k-seal.key" "$T/x-seal.key"
	chmod 644 "$T/x-seal.key"
	doctor 7 --seal-key "$T/x-seal.key"
	finds seal-key bad 'mode 0644' 'chmod 600'
	chmod 600 "$T/x-seal.key"
	doctor 3 --seal-key "$T/x-seal.key"
	finds seal-key ok .
	cp "$T/open.key" "$T/x-open.key"
	doctor 3 --seal-key "$T/x-seal.key"
	finds open-key-away warn 'x-open.key lies beside' 'shred'
	rm "$T/x-open.key"
	doctor 7 --seal-key "$T/open.key"
	finds seal-key bad 'opens|open key' .
	doctor 7 --seal-key "$T/none"
	# One that opens nothing of this.
	doctor 7 --open-key "$KEYS/second-open.key"
	finds pair bad 'would not open' "recipient=$SECOND"
	doctor 3 --open-key "$KEYS/second-open.key" --recipient "$SECOND"
	finds pair warn 'does not trust' .
	if [ "$(id -u)" -eq 0 ]; then
		chown 12345 "$T/x-seal.key"
		doctor 3 --seal-key "$T/x-seal.key"
		finds seal-key warn 'user 12345' 'chown'
	fi
}

@test "one key alone, other keys, no checks, old archives" {
	backup 0
	doctor 3
	finds second-key warn 'one key alone' 'recipient='
	finds checked warn 'no check' "pgcask check -r $R latest:shop"
	finds same-key ok .
	doctor 3 --seal-key "$KEYS/second-seal.key"
	finds same-key warn 'another seal key' .
	doctor 7 --open-key "$KEYS/second-open.key"
	finds opens bad 'does not open' .
	# What backups looked like, where it can be remembered.
	doctor 3 --gate rows=50% --state "$BATS_TEST_TMPDIR/not/yet"
	finds state ok 'not/yet'
	[ ! -e "$BATS_TEST_TMPDIR/not" ]
	doctor 3 --gate rows=50% --state "$T/open.key/in"
	finds state warn 'may not write' '--state'
	doctor 3 --gate off
	lacks '"state"' "$T/json"
	doctor 3 --expect-every 1h
	finds age ok .
	archive=$(the_archive "$R")
	"$PGCASK" check -q "$archive" --seal-key "$KEYS/k-seal.key"
	doctor 3
	finds checked ok .
	jq -cS '(.. | objects | select(has("at")) | .at) =
	    "2020-01-01T00:00:00Z"' "$archive.check.json" \
	    >"$T/check.json"
	cp "$T/check.json" "$archive.check.json"
	doctor 3
	finds checked warn 'last check was .* days ago' 'pgcask check'
	# A mark of the future never ages.
	sed -i s/2020-/2099-/ "$archive.check.json"
	drilled "$archive" -40 true
	doctor 3
	finds checked warn 'checked at 2099-01-01.* in the future' \
	    "date -u; .*pgcask check -r $R "
	finds drilled warn '40 days in the future|39 days in the future' \
	    "pgcask drill -r $R "
	drilled "$archive" 0 true
	doctor 3
	finds drilled ok '0 minutes ago'
	echo '{"reason": "half of it"}' >"$archive.suspect.json"
	doctor 3
	finds suspect warn 'marked suspect' 'pgcask accept'
	rm "$archive".*.json
	backup 0 --recipient "$SECOND"
	doctor 3 --recipient "$SECOND"
	finds second-key ok 'each of 2 keys'
	# The one that opens the next counts, too, and the newest alone.
	doctor 3
	finds second-key warn 'one key alone will open the next' 'recipient='
	doctor 3 --recipient "$(sed -n 's/^recipient: //p' "$T/open.key")"
	finds second-key warn 'one key alone will open the next' .
	backup 0
	doctor 3 --recipient "$SECOND"
	finds second-key warn 'one key alone opens the newest' 'recipient='
	# Cut short.
	newest=$(find "$R" -name '*.cask' -newer "$T/json" -o -name '*.cask' |
	    sort | tail -n 1)
	truncate -s -100 "$newest"
	doctor 6
	finds whole bad . .
	truncate -s 100 "$newest"
	doctor 6
	finds whole bad . 'pgcask list'
}

@test "a repository that takes no files, lets others write, or is locked" {
	if [ "$(id -u)" -ne 0 ]; then
		chmod 500 "$R"
		doctor 5
		finds writable bad 'Permission' .
		chmod 700 "$R"
	fi
	doctor 5 -r "$R/absent"
	finds repository bad . 'mkdir'
	chmod 777 "$R"
	doctor 3
	finds folder-mode warn 'everybody' 'chmod go-w'
	chmod 700 "$R"
	mkdir "$R/other" "$R/third"
	chmod 770 "$R/other" "$R/third"
	touch "$R/other/.lock" "$R/third/.lock"
	doctor 3
	finds folder-mode warn ' and 1 more .*the group .mode 0770' \
	    "chmod go-w $R/.* $R/"
	rm -r "$R/other" "$R/third"
	# What a killed run leaves, and one that lives.
	mkdir -m 700 "$R/shop"
	head -c 3000 /dev/zero >"$R/shop/.20200101T000000Z-0.cask.partial"
	doctor 3
	finds leftovers warn '1 file with 3.0 kB' "rm $R/shop/.2020"
	exec 9>"$R/shop/.20200101T000000Z-0.cask.partial"
	flock 9
	exec 8>"$R/shop/.lock"
	flock 8
	doctor 8
	finds leftovers ok .
	finds lock bad 'another run' .
	refuses 8 'another run' cask_backup shop "$R"
	exec 9>&- 8>&-
	doctor 3
	finds lock ok .
}

@test "remedies can be typed" {
	R="$R/it's here"
	mkdir -m 700 "$R"
	mkdir "$R/shop"
	chmod 777 "$R/shop"
	touch "$R/shop/.lock"
	for ((i = 0; i < 8; i++)); do
		echo >"$R/shop/.2020010${i}T000000Z-0.cask.partial"
	done
	echo >"$R/.a b.cask.partial"
	# A doctor's own that died, and what another has at hand.
	echo >"$R/..pgcask-doctor.1.partial"
	echo >"$R/.pgcask-doctor.1"
	touch -d '2 hours ago' "$R/.pgcask-doctor.1"
	echo >"$R/.pgcask-doctor.2"
	doctor 3
	[ ! -e "$R/..pgcask-doctor.1.partial" ]
	[ ! -e "$R/.pgcask-doctor.1" ]
	[ -e "$R/.pgcask-doctor.2" ]
	finds leftovers warn '9 files' 'the other 4 are named'
	# typed CHECK: what its remedy says to do.
	typed() {
		jq -r --arg check "$1" '.[] | select(.check == $check) |
		    .remedy' "$T/json" | sed 's/.*or: rm /rm /; s/; the .*//'
	}
	eval "$(typed folder-mode)"
	eval "$(typed leftovers)"
	doctor 3
	finds leftovers warn '4 files' .
	jq -e 'all(.[]; .check != "folder-mode")' "$T/json"
	eval "$(typed leftovers)"
	doctor 3
	finds leftovers ok .
	backup 0
	doctor 3
	eval "$(typed checked | sed "s|^pgcask|$PGCASK|") -q"
	truncate -s -512 "$(the_archive "$R")"
	doctor 6
	finds whole bad . .
}

@test "a disk that is full, or nearly" {
	mkdir -p "$T/disk"
	small_disk "$T/disk" 400k
	mkdir -m 700 "$T/disk/repo"
	R=$T/disk/repo
	backup 0
	doctor 3
	finds space ok .
	# Room for two more, and for what is tried.
	left=$(df --output=avail -B1 "$T/disk" | tail -n 1)
	size=$(stat -c %s "$(the_archive "$R")")
	[ $((size * 2)) -lt 75000 ] && [ $((size * 3)) -gt 75000 ]
	head -c $((left - 75000)) /dev/zero >"$T/disk/fill"
	doctor 3
	finds space warn 'free' 'remove old'
	head -c 400000 /dev/zero >>"$T/disk/fill" || :
	doctor 5
	finds writable bad 'No space' .
	finds space bad 'free' 'remove old'
	refuses 5 'No space' cask_backup shop "$R"
	small_disk_gone "$T/disk"
}

@test "rights: what may not be read, row security, passwords" {
	pg_sql shop "CREATE TABLE hidden (i integer)"
	PGUSER=keeper doctor 4
	finds rights bad 'no permission for keeper .*public.hidden' GRANT
	finds passwords warn 'keeper may not read pg_authid' no-role-passwords
	PGUSER=keeper backup 4
	# What is not chosen does not matter.
	PGUSER=keeper doctor 3 -T hidden --no-role-passwords
	PGUSER=keeper backup 0 -T hidden --no-role-passwords
	pg_sql shop "GRANT SELECT ON hidden TO keeper" \
	    "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY"
	PGUSER=keeper doctor 4 --no-role-passwords
	finds rights bad 'row security would hide' BYPASSRLS
	PGUSER=keeper doctor 3 --no-role-passwords --enable-row-security
	finds row-security ok 'public.hidden'
	PGUSER=keeper backup 0 --no-role-passwords --enable-row-security
	pg_sql shop "DROP TABLE hidden" \
	    "REVOKE SELECT ON LARGE OBJECT 7 FROM keeper"
	PGUSER=keeper doctor 4 --no-role-passwords
	finds rights bad '1 large object' 'LARGE OBJECT'
	pg_sql shop "GRANT SELECT ON LARGE OBJECT 7 TO keeper"
	# A timeout of the role's is no trouble, and is told.
	pg_sql postgres "ALTER ROLE keeper SET statement_timeout = '7s'" \
	    "ALTER ROLE keeper CONNECTION LIMIT 4"
	PGUSER=keeper doctor 4 --no-role-passwords -j 2
	finds timeouts ok 'statement_timeout = 7000ms'
	finds connections bad 'this role has only' 'CONNECTION LIMIT'
	pg_sql postgres "ALTER ROLE keeper CONNECTION LIMIT -1"
	PGUSER=keeper doctor 3 --no-role-passwords
}

@test "a pg_dump that is too old, or is not there; a server that is not" {
	mkdir -p "$T/old"
	printf '#!/bin/sh\necho "pg_dump (PostgreSQL) 11.2"\n' >"$T/old/pg_dump"
	chmod 755 "$T/old/pg_dump"
	doctor 4 --pg-bindir "$T/old"
	finds pg_dump bad 'version 11.*too old' 'install'
	doctor 2 --pg-bindir "$T/keys"
	finds pg_dump bad 'no usable pg_dump' .
	PGHOST=$T doctor 4
	finds connection bad . .
	# What is known without a server is told all the same.
	finds repository ok .
	doctor 4 -d nowhere
	finds connection bad 'nowhere' .
}

@test "without a database: every name of the repository; and all of them" {
	backup 0
	backup 0 --name other
	"$PGCASK" doctor -r "$R" --open-key "$T/open.key" >"$T/out" 2>&1 ||
	    [ $? -eq 3 ]
	grep -q '^archives of shop' "$T/out"
	grep -q '^archives of other' "$T/out"
	grep -q 'no server was asked' "$T/out"
	lacks '^keys' "$T/out"
	"$PGCASK" doctor --all -r "$R" --seal-key "$KEYS/k-seal.key" \
	    >"$T/out" 2>&1 || [ $? -eq 3 ]
	for db in shop postgres template1; do
		grep -q "^database $db\$" "$T/out"
		grep -qE "^( +also: .*)?archives of $db(,|\$)" "$T/out"
	done
	# What is true of several is told once.
	[ "$(grep -c 'there is no archive yet' "$T/out")" -eq 1 ]
	refuses 2 'archives are kept in' "$PGCASK" doctor -d shop
}

@test "locks: more tables than the server has room for" {
	pg_configure "$SERVER" "max_locks_per_transaction = 10" \
	    "max_connections = 12" "max_wal_senders = 0" \
	    "max_worker_processes = 0" "autovacuum_max_workers = 1" \
	    "autovacuum_worker_slots = 1"
	[ "$MAJOR" -ge 18 ] ||
	    server_as sed -i '/worker_slots/d' "$SERVER/data/postgresql.conf"
	pg_ctl "$SERVER" restart
	for i in $(seq 0 50 1450); do
		pg_sql shop "DO \$\$ BEGIN FOR i IN $i + 1..$i + 50 LOOP
		    EXECUTE format('CREATE TABLE t%s (i integer)', i);
		    END LOOP; END \$\$"
	done
	doctor 4
	finds locks bad 'run out of shared memory' max_locks_per_transaction
	refuses 4 'out of shared memory' cask_backup shop "$R"
	more=$(jq -r '.[] | select(.check == "locks") | .remedy' "$T/json" |
	    sed -n 's/.*max_locks_per_transaction = \([0-9]*\).*/\1/p')
	pg_configure "$SERVER" "max_locks_per_transaction = $more"
	pg_ctl "$SERVER" restart
	doctor 3
	finds locks ok .
	backup 0
}
