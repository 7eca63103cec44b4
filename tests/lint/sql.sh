#!/bin/bash
# Every query of src/db/sql parses on a real server.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/pg.bash
. tests/lib/pg.bash

pg_start SERVER
trap 'pg_stop "$SERVER"' EXIT
status=0
count=0
for file in src/db/sql/*.sql; do
	[ -f "$file" ] || continue
	count=$((count + 1))
	{
		echo "SET search_path = '';"
		echo "PREPARE query AS"
		sed -e '/^[[:space:]]*--/d' "$file" |
		    perl -0pe 's/;\s*\z//'
		echo ";"
	} | pg_sql postgres 2>&1 | sed "s|^|$file: |" | grep . && status=1
done
[ "$count" -gt 0 ] || {
	echo "src/db/sql holds no query"
	status=1
}
exit "$status"
