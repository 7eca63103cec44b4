# Tasks that a script runs side by side, one per core.  "KIND:WHAT" is the
# script's function task_KIND, called with WHAT.  What a task said is in NAME.out
# of the script's folder $results, with "-" for ":" and "/", and in NAME.count
# how many of its tests passed and failed.

: "${results:?}"

# tasks_kinds: every KIND that there is.
tasks_kinds()
{
	declare -F | sed -n 's/^declare -fx\{0,1\} task_//p'
}

# tasks_program: install what the tests need, and build, unless PGCASK names the
# program; set that and BUILD.
tasks_program()
{
	packaging/deps.sh test || return
	if [ -z "${PGCASK-}" ]; then
		tests/run.sh '^build:build-test$' || return
		PGCASK=$PWD/build-test/pgcask
	fi
	BUILD=$(dirname "$PGCASK")
	export PGCASK BUILD
}

# tasks_run FUNCTION: call it, exported like all that it calls, with each name
# on standard input, a line each.
tasks_run()
{
	xargs -r -d '\n' -P "$(nproc)" -I{} bash -c "$1"' "$1"' task {}
}

# tasks_one NAME [FOLDER]: run it; it says TAP, of which the plan does not
# matter.  The status is whether all of it passed; where not, FOLDER is named as
# what is worth a look.
tasks_one()
{
	local name=$1 base=$results/${1//[:\/]/-} start=$SECONDS out
	local passed failed

	out=$base.out
	task_"${name%%:*}" "${name#*:}" >"$out" 2>&1 </dev/null || :
	passed=$(grep -c '^ok ' "$out")
	failed=$(grep -c '^not ok ' "$out")
	# A task that says nothing has failed.
	[ $((passed + failed)) -gt 0 ] || failed=1
	echo "$passed $failed" >"$base.count"
	tasks_line "$name" "$passed" "$failed" "$start"
	[ "$failed" -eq 0 ] || {
		grep -A 12 '^not ok' "$out" | head -n 40 | sed 's/^/    /'
		echo "    (all of it: $out${2:+, $2})"
		return 1
	}
}

# tasks_line NAME PASSED FAILED START: what is said of one, begun at that
# $SECONDS.
tasks_line()
{
	printf '%-44s %5d passed %3d failed %4d s\n' "$1" "$2" "$3" \
	    $((SECONDS - $4))
}

# tasks_sum: the line that ends it all; the status is whether something passed
# and nothing failed.
tasks_sum()
{
	cat "$results"/*.count | awk '
		{ passed += $1; failed += $2 }
		END {
			print passed + 0 " passed, " failed + 0 " failed"
			exit failed > 0 || passed == 0
		}'
}

export -f tasks_one tasks_line
