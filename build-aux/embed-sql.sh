#!/bin/sh
# Turn every named .sql file into a C string constant sql_NAME.
# Usage: embed-sql.sh FILE.sql... > queries.c
set -eu
printf '/* Made by build-aux/embed-sql.sh from src/db/sql; do not edit. */\n'
printf '#include "db/queries.h"\n'
for file; do
	name=$(basename "$file" .sql | tr '-' '_')
	printf '\nconst char sql_%s[] =\n' "$name"
	# Comment lines stay out; quotes and backslashes are escaped.
	sed -e '/^--/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
	    -e 's/^\(.*\)$/    "\1\\n"/' "$file"
	printf '    "";\n'
done
