#!/bin/sh
# Every script is clean for shellcheck.
set -eu
cd "$(dirname "$0")/../.."

find tests packaging build-aux .ci -type f \
    \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path '.ci/run' \) |
    sort | xargs shellcheck -S warning -x -P SCRIPTDIR -P .
