# What doctor finds, as JSON in $T/json.

# examine STATUS OPTION...: it ends with that status, has a remedy for whatever
# is not ok, and says no more than a line on standard error.
examine()
{
	local want=$1 status=0

	shift
	timeout -k 5 100 "$PGCASK" doctor --json "$@" >"$T/json" 2>"$T/err" ||
	    status=$?
	[ "$status" -eq "$want" ] && [ "$(wc -l <"$T/err")" -le 1 ] &&
	    jq -e 'all(.[]; .level == "ok" or .remedy != null)' \
		"$T/json" >/dev/null || {
		cat "$T/err"
		findings
		echo "status $status instead of $want"
		return 1
	}
}

# findings: all of them, a line each.
findings()
{
	jq -r '.[] | "\(.level) \(.check): \(.what) -> \(.remedy)"' "$T/json"
}

# finds CHECK LEVEL PATTERN [REMEDY]: there is such a finding; what is not ok
# has a remedy.
finds()
{
	jq -e --arg check "$1" --arg level "$2" --arg what "$3" \
	    --arg remedy "${4-.}" 'any(.[]; .check == $check and
		.level == $level and (.what | test($what)) and
		(.level == "ok" or (.remedy // "" | test($remedy))))' \
	    "$T/json" >/dev/null || {
		findings
		echo "no finding $*"
		return 1
	}
}

# only CHECK...: these alone are not ok.
only()
{
	local found

	found=$(jq -r '[.[] | select(.level != "ok") | .check] | unique |
	    join(" ")' "$T/json")
	[ "$found" = "$(printf '%s\n' "$@" | sort -u | paste -sd ' ')" ] || {
		echo "found: $found"
		return 1
	}
}
