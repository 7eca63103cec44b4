# Archives of other times.  Only pgcask's clock is moved, and not the server's;
# a clock that shall not jump while it waits is left alone.

# A zone whose rules need no database: summer time from the last Sunday of
# March, 2 o'clock, to that of October, 3 o'clock.
export TZ=CET-1CEST,M3.5.0,M10.5.0/3

# at TIME COMMAND...: let it take that time, as date(1) reads it, for now.
at()
{
	local ahead

	# By how much is said, for in autumn an hour has its name twice.
	ahead=$(($(date -d "$1" +%s) - $(date +%s))) || return
	shift
	DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 \
	    timeout -k 5 300 faketime -f "$(printf %+d "$ahead")" "$@"
}

# night TIME REPO NAME [OPTION...]: an archive, the smallest that there is.
night()
{
	local when=$1 repo=$2 name=$3

	shift 3
	at "$when" "$PGCASK" backup --globals-only -r "$repo" --name "$name" \
	    --seal-key "$KEYS/k-seal.key" -q "$@"
}
