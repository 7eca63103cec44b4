#!/bin/sh
# Every C file is as clang-format writes it.
set -eu
cd "$(dirname "$0")/../.."

find src include tests -name '*.[ch]' ! -path 'src/db/queries.c' |
    sort | xargs clang-format --dry-run -Werror
