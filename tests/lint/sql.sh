#!/bin/bash
# Every query of src/db/sql parses on a real server, and is used; none stands
# anywhere else, but those that db makes of names and values, and what a schema
# has where there is no command.
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

for file in src/db/sql/*.sql; do
	name=sql_$(basename "$file" .sql | tr - _)
	grep -rqw --include='*.c' --exclude=queries.c "$name" src || {
		echo "$file: nothing uses it"
		status=1
	}
done
# Literals of C that begin like a query, or have one behind another command.
find src -name '*.c' ! -path 'src/db/*' | sort | xargs perl -ne '
	if (/"(?:[^"\\]*;)?\s*(?:
	    SELECT\s(?!pg_catalog\.lo_(?:create|unlink)\() |
	    VALUES\b | WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\b)/x) {
		print "$ARGV:$.: a query belongs into src/db\n";
		$bad = 1;
	}
	close ARGV if eof;
	END { $? = 1 if $bad }
' || status=1
exit "$status"
