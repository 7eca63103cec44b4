# Archives of other times.  Only pgcask's clock is moved, and not the server's;
# a clock that shall not jump while it waits is left alone.

# A zone whose rules need no database: summer time from the last Sunday of
# March, 2 o'clock, to that of October, 3 o'clock.
export TZ=CET-1CEST,M3.5.0,M10.5.0/3

# at "YYYY-MM-DD hh:mm:ss" COMMAND...: let it take that local time for now.
at()
{
	local when=$1

	shift
	DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 \
	    timeout -k 5 300 faketime -f "@$when" "$@"
}

# night TIME REPO NAME [OPTION...]: an archive, the smallest that there is.
night()
{
	local when=$1 repo=$2 name=$3

	shift 3
	at "$when" "$PGCASK" backup --globals-only -r "$repo" --name "$name" \
	    --seal-key "$KEYS/k-seal.key" -q "$@"
}
