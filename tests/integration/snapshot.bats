#!/usr/bin/env bats
# builds: tsan
# A dump sees the database at one moment, whatever is written meanwhile.

load ../lib/cask

setup_file() {
	cask_begin
	pg_new bank
	# Wide rows make the dump last while many transfers pass.
	pg_sql bank <<-'SQL'
		CREATE TABLE journal (seq bigserial PRIMARY KEY, amount integer,
			made timestamptz DEFAULT clock_timestamp());
		SELECT format('CREATE TABLE account_%s (id integer PRIMARY KEY,
			balance bigint NOT NULL, filler text)', i)
		FROM generate_series(1, 6) i \gexec
		SELECT format('INSERT INTO account_%s SELECT g, 1000,
			(SELECT string_agg(md5((g * k)::text), '''')
			FROM generate_series(1, 12) k)
			FROM generate_series(1, 20000) g', i)
		FROM generate_series(1, 6) i \gexec
		CREATE PROCEDURE transfer(rounds integer) LANGUAGE plpgsql AS $$
		DECLARE
			one integer; two integer; n integer;
		BEGIN
			FOR i IN 1..rounds LOOP
				one := 1 + floor(random() * 6);
				two := 1 + floor(random() * 6);
				n := 1 + floor(random() * 50);
				EXECUTE format('UPDATE account_%s SET balance =
					balance - $1 WHERE id = 1 + $2', one)
					USING n, i % 20000;
				EXECUTE format('UPDATE account_%s SET balance =
					balance + $1 WHERE id = 20000 - $2', two)
					USING n, i % 20000;
				INSERT INTO journal (amount) VALUES (n);
				EXECUTE format('INSERT INTO account_%s
					VALUES (100000 + (SELECT max(seq)
						FROM journal), 0)', one);
				COMMIT;
			END LOOP;
		END
		$$;
	SQL
}

teardown_file() {
	pg_stop "$SERVER"
}

total() {
	pg_sql "$1" "SELECT (SELECT sum(balance) FROM account_1)
		+ (SELECT sum(balance) FROM account_2)
		+ (SELECT sum(balance) FROM account_3)
		+ (SELECT sum(balance) FROM account_4)
		+ (SELECT sum(balance) FROM account_5)
		+ (SELECT sum(balance) FROM account_6)"
}

# extra DATABASE: rows that transfers have added to the accounts, which is
# one for each of the journal's.
extra() {
	pg_sql "$1" "SELECT (SELECT count(*) FROM account_1)
		+ (SELECT count(*) FROM account_2)
		+ (SELECT count(*) FROM account_3)
		+ (SELECT count(*) FROM account_4)
		+ (SELECT count(*) FROM account_5)
		+ (SELECT count(*) FROM account_6) - 120000"
}

has_begun() {
	[ "$(pg_sql bank "SELECT count(*) FROM journal")" -gt 0 ]
}

# is_dumping PID: rows of an account are on their way, or that backup is over.
is_dumping() {
	kill -0 "$1" 2>/dev/null || return 0
	[ "$(pg_sql postgres "SELECT count(*) FROM pg_stat_activity
	    WHERE query LIKE 'COPY%account%' AND state <> 'idle'
	    AND pid <> pg_backend_pid()")" -gt 0 ]
}

@test "the sum holds and no later row appears, three times over" {
	for round in 1 2 3; do
		stop=$BATS_TEST_TMPDIR/stop
		rm -f "$stop"
		(
			while [ ! -e "$stop" ]; do
				psql -X -q -d bank -c "CALL transfer(50)"
			done
		) 3>&- &
		writer=$!
		await has_begun
		before=$(pg_sql bank "SELECT count(*) FROM journal")
		status=0
		cask_backup bank "$REPO" -j 4 --name "round$round" || status=$?
		after=$(pg_sql bank "SELECT count(*) FROM journal")
		touch "$stop"
		wait "$writer"
		[ "$status" -eq 0 ]
		# There was something to get wrong.
		[ "$after" -gt "$before" ]

		cask_restore "latest:round$round" "copy$round" -r "$REPO" \
		    --create --verify
		[ "$(total "copy$round")" = 120000000 ]
		journal=$(pg_sql "copy$round" "SELECT count(*) FROM journal")
		[ "$journal" -ge "$before" ]
		[ "$journal" -le "$after" ]
		[ "$(extra "copy$round")" -eq "$journal" ]
		# Nothing of the journal is skipped, and the sequence is not
		# behind it.
		[ "$(pg_sql "copy$round" "SELECT count(*) = coalesce(max(seq), 0)
			AND count(*) <= (SELECT last_value
			FROM journal_seq_seq) FROM journal")" = t ]
	done
}

@test "a table that is to be altered during the dump holds up nobody for long" {
	mkdir "$T/altered"
	cask_backup bank "$T/altered" -j 1 --level 9 \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	backup=$!
	await is_dumping $backup
	start=$SECONDS
	for i in 6 5 4 3 2 1; do
		echo "ALTER TABLE account_$i ADD COLUMN late integer;"
	done | pg_sql bank
	status=0
	wait "$backup" || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ $((SECONDS - start)) -le 180 ]
	# Either it was through with every table, or it says who waits.
	if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then
		[ "$status" -eq 4 ]
		grep -e 'waits to alter' -e 'wants a table for itself' \
		    "$BATS_TEST_TMPDIR/out"
		no_archive "$T/altered"
	fi
	cask_backup bank "$T/altered" --name again
	cask_restore latest:again altered -r "$T/altered" --create --verify
	[ "$(total altered)" = 120000000 ]
}

# is_waiting: the backup waits for a table, with its snapshot in hand.
is_waiting() {
	[ "$(pg_sql bank "SELECT count(*) > 0 FROM pg_locks
	    WHERE NOT granted AND mode = 'AccessShareLock'")" = t ]
}
is_locked() {
	[ "$(pg_sql bank "SELECT count(*) = 1 FROM pg_locks WHERE granted
	    AND mode = 'AccessExclusiveLock'
	    AND relation = 'journal'::regclass")" = t ]
}

@test "a sequence that outgrows its bounds as the dump begins is named, no more" {
	pg_sql bank "CREATE SEQUENCE outgrown MAXVALUE 10" \
	    "CREATE SEQUENCE as_ever" "SELECT setval('as_ever', 77)"
	mkfifo "$BATS_TEST_TMPDIR/sql"
	pg_sql bank <"$BATS_TEST_TMPDIR/sql" 3>&- &
	holder=$!
	exec 7>"$BATS_TEST_TMPDIR/sql"
	echo "BEGIN; LOCK TABLE journal;" >&7
	await is_locked
	cask_backup bank "$REPO" --name outgrown 3>&- 7>&- &
	backup=$!
	await is_waiting
	pg_sql bank "ALTER SEQUENCE outgrown MAXVALUE 1000" \
	    "SELECT setval('outgrown', 500)"
	exec 7>&-
	wait "$holder"
	wait "$backup"
	status=0
	cask_restore latest:outgrown outgrown -r "$REPO" --create --verify \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 3 ]
	grep 'warning: .*sequence public.outgrown: .*out of bounds' \
	    "$BATS_TEST_TMPDIR/out"
	[ "$(pg_sql outgrown "SELECT last_value FROM as_ever")" -eq 77 ]
	[ "$(total outgrown)" = 120000000 ]
	pg_sql bank "DROP SEQUENCE outgrown, as_ever"
}
