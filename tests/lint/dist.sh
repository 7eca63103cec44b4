#!/bin/bash
# A build in the source tree leaves nothing that git would see; the
# distribution holds every file of the project, builds, and passes its tests.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD

copy=$(mktemp -d)
trap 'chmod -R u+w "$copy"; rm -rf "$copy"' EXIT
# Not a clone: what is tested is what lies here, committed or not.
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -co --exclude-standard -z
else
	find . -type f ! -path './build*/*' -print0
fi | while IFS= read -r -d '' file; do
	[ ! -e "$file" ] || printf '%s\0' "$file"
done | tar cf - --null -T - | tar xf - -C "$copy"
cd "$copy"
git -c init.defaultBranch=main init -q
git add -A
git ls-files >"$copy/.git/files"

autoreconf -fi >"$copy/.git/log" 2>&1 &&
    ./configure -q CFLAGS=-O0 >>"$copy/.git/log" 2>&1 &&
    make -s -j2 >>"$copy/.git/log" 2>&1 || {
	tail -n 30 "$copy/.git/log"
	exit 1
}
status=0
untracked=$(git status --porcelain | grep -v '^A ' || :)
if [ -n "$untracked" ]; then
	echo "after a build, git status says:"
	echo "$untracked"
	status=1
fi
make -s distcheck DISTCHECK_CONFIGURE_FLAGS=CFLAGS=-O0 >"$copy/.git/log" 2>&1 || {
	tail -n 40 "$copy/.git/log"
	exit 1
}
missing=$(tar tzf pgcask-*.tar.gz | sed 's|^[^/]*/||' | sort |
    comm -13 - <(grep -v -e '^\.gitignore$' -e '^\.ci/' .git/files | sort))
if [ -n "$missing" ]; then
	echo "not in the distribution:"
	echo "$missing"
	status=1
fi
cd "$top"
exit "$status"
