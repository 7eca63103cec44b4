#!/bin/sh
# cppcheck has nothing to say about the program.  Its advice against readdir()
# is older than C libraries whose readdir() is safe on a folder of ones own.
# usage: BUILD=folder tests/lint/cppcheck.sh
set -eu
cd "$(dirname "$0")/../.."

cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
    --enable=warning,performance,portability --library=posix --library=gnu \
    --suppress=missingIncludeSystem --suppress=readdirCalled -D_GNU_SOURCE -I include \
    -I "${BUILD:-build}" -j 2 src
