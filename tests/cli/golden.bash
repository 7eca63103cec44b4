# Golden output: what commands say is compared with tests/cli/golden/NAME.
# UPDATE_GOLDEN=1 rewrites these files instead; read what git diff shows then.

CLI_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/await.bash
. "$CLI_TOP/tests/lib/await.bash"
# shellcheck source=tests/lib/terminal.bash
. "$CLI_TOP/tests/lib/terminal.bash"
: "${PGCASK:=$CLI_TOP/build/pgcask}"
: "${BUILD:=$(dirname "$PGCASK")}"
export PGCASK BUILD LC_ALL=C
unset PGCASK_REPO PGCASK_SEAL_KEY PGCASK_OPEN_KEY PGCASK_PASSPHRASE_FILE \
	PGDATABASE PGSERVICE

# say WORD...: run pgcask and write down the call, what it printed on both
# streams, and its exit status.
say()
{
	local status=0

	printf '$ pgcask'
	[ $# -eq 0 ] || printf ' %s' "${@@Q}" | sed -E "s/ '([-=/.:,|A-Za-z0-9_]+)'/ \1/g"
	echo
	"$PGCASK" "$@" 2>&1 </dev/null || status=$?
	echo "=> $status"
	echo
}

# golden NAME: compare standard input with the golden file.
golden()
{
	local file=$CLI_TOP/tests/cli/golden/$1

	if [ "${UPDATE_GOLDEN-}" = 1 ]; then
		cat >"$file"
		return
	fi
	diff -u "$file" -
}

# never COMMAND...: it must fail ("!" alone does not end a test).
never()
{
	if "$@"; then
		echo "did not fail: $*"
		return 1
	fi
}
