#!/bin/bash
# Make the golden archives of the current format.  For the one who adds a
# format: those of earlier formats are never made again, for the proof is that
# an archive of that day can still be read.
# usage: PGCASK=build/pgcask tests/golden/make.sh FORMAT
set -eu
cd "$(dirname "$0")"
# shellcheck source=tests/lib/cask.bash
. ../lib/cask.bash

format=format-${1:?which format?}
PGCASK=$(cd ../.. && readlink -f "$PGCASK")
work=$(mktemp -d)
pg_start SERVER
trap 'pg_stop "$SERVER"; rm -rf "$work"' EXIT
pg_new museum
pg_sql museum <"$format.sql" >/dev/null
echo "no secret, a test" >"$work/passphrase"
chmod 600 "$work/passphrase"
"$PGCASK" keygen -q -o "$work/golden"
"$PGCASK" backup -q -d museum -o "$work/$format.cask" -j 2 \
    --seal-key "$work/golden-seal.key"
"$PGCASK" backup -q -d museum -o "$work/$format-passphrase.cask" -j 2 \
    --passphrase-file "$work/passphrase"
pg_contents museum >"$work/$format.contents"
cp "$work/$format.cask" "$work/$format-passphrase.cask" \
    "$work/$format.contents" .
cp "$work/golden-open.key" "$format-open.key"
cp "$work/golden-seal.key" "$format-seal.key"
cp "$work/passphrase" "$format.passphrase"
