#!/bin/sh
# The manual pages say nothing that mandoc warns of.
# usage: BUILD=folder tests/lint/man.sh
set -eu
cd "$(dirname "$0")/../.."

pages=$(find man "${BUILD:-build}/man" -name '*.[1-9]' 2>/dev/null | sort)
[ -n "$pages" ] || {
	echo "no manual page found"
	exit 1
}
for page in $pages; do
	mandoc -Tlint -Wwarning "$page"
done
