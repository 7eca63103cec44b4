# What bats files about failures share: runs that something happens to half
# way, and what is to be seen afterwards.  They have a server in SERVER.

# shellcheck source=tests/lib/cask.bash
. "$(dirname "${BASH_SOURCE[0]}")/cask.bash"

# big_table DATABASE: a table of 45 MB, many thousand rows of which are on
# their way at any moment.
big_table()
{
	pg_sql "$1" "CREATE TABLE big AS SELECT i, md5(i::text) AS a,
		md5((i * 7)::text) AS b, repeat(md5((i % 999)::text), 9) AS c
		FROM generate_series(1, 120000) i"
}

# start COMMAND...: a program in the background, its id in $pid.  What it says
# goes to the file "out" of the test.
start()
{
	"$@" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
}

# outcome: wait for what was started: its exit status is in $status, its words
# in $said, which fit on one screen.
outcome()
{
	status=0
	wait "$pid" || status=$?
	said=$(cat "$BATS_TEST_TMPDIR/out")
	echo "status $status: $said"
	[ "$(wc -l <<<"$said")" -le "$SCREEN" ]
}

# shoot ROUND COMMAND...: start a program and send it a signal, another one each
# round, within a second; its exit status is in $status, the signal's name in
# $signal.
shoot()
{
	local round=$1 signals=(INT TERM KILL)

	shift
	signal=${signals[round % 3]}
	start "$@"
	sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
	kill "-$signal" "$pid" 2>/dev/null || :
	echo "round $round: $signal"
	outcome
	case $signal:$status in
	*:0 | INT:130 | TERM:143 | KILL:137) ;;
	*) return 1 ;;
	esac
}

# cut_after BYTES COMMAND...: the command fails, as it should, when it has had
# so many bytes from the server and the connection is cut.
cut_after()
{
	local bytes=$1 dir proxy status=0

	shift
	dir=$(mktemp -d /tmp/pgcask.XXXXXX)
	perl "$PG_TOP/tests/tools/cut-proxy.pl" "$dir/.s.PGSQL.5432" \
	    "$SERVER/s/.s.PGSQL.5432" "$bytes" 3>&- &
	proxy=$!
	await [ -S "$dir/.s.PGSQL.5432" ]
	PGHOST=$dir refuses 4 . "$@" || status=1
	kill "$proxy" 2>/dev/null || :
	rm -rf "$dir"
	echo "after $bytes bytes"
	return "$status"
}

# password_server: another server, in SECOND, to which alice must say "right".
password_server()
{
	pg_start SECOND
	pg_sql postgres "SET password_encryption = 'scram-sha-256'" \
	    "CREATE ROLE alice SUPERUSER LOGIN PASSWORD 'right'"
	pg_hba "$SECOND" "local all alice scram-sha-256" "local all all trust"
}

# started SERVER: start one again that was stopped, once it is down.
started()
{
	await [ ! -e "$1/data/postmaster.pid" ]
	server_start "$1" "$(cat "$1/bindir")"
}
