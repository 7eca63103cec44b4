# Waiting for what a machine, however slow and busy, will come to.

# await COMMAND...: run it again and again until it succeeds; give up after
# $AWAIT seconds, two minutes by default.
await()
{
	local end=$((SECONDS + ${AWAIT:-120}))

	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "waited in vain: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}
