#!/usr/bin/env bats
# builds: asan
# Keys are made in pairs, private, and never over others.

load golden

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

# What is random in what keygen prints.
mask() {
	sed -E 's/(cask-[a-z]+-)[0-9a-f]{64}/\1KEY/'
}

@test "keygen says which file belongs where" {
	(umask 077 && echo "correct horse" >pass)
	{
		say keygen -o k
		say keygen -o locked --passphrase-file pass
		say keygen -q -o quiet
	} | mask | golden keygen
	[ "$(stat -c %a k-seal.key k-open.key quiet-seal.key | sort -u)" = 600 ]
}

@test "keys are private whatever the umask" {
	umask 000
	"$PGCASK" keygen -q -o k
	[ "$(stat -c %a k-seal.key k-open.key | sort -u)" = 600 ]
}

@test "two pairs are different, and so are their parts" {
	"$PGCASK" keygen -o a >a.out
	"$PGCASK" keygen -o b >b.out
	[ "$(cat a.out b.out | grep -o 'cask-[a-z]*-[0-9a-f]*' | sort -u |
	    wc -l)" -eq 4 ]
	never cmp -s a-seal.key b-seal.key
	never cmp -s a-open.key b-open.key
}

@test "no key file is ever overwritten, and none is left alone" {
	for taken in seal open; do
		mkdir "$taken"
		echo mine >"$taken/k-$taken.key"
		run "$PGCASK" keygen -o "$taken/k"
		[ "$status" -eq 5 ] || [ "$status" -eq 7 ]
		[[ $output == *"k-$taken.key"* ]]
		[ "$(cat "$taken/k-$taken.key")" = mine ]
		[ "$(ls "$taken")" = "k-$taken.key" ]
	done
	ln -s /nowhere/at-all dangling-open.key
	run "$PGCASK" keygen -o dangling
	[ "$status" -ne 0 ]
	[ ! -e dangling-seal.key ]
}

@test "a folder that is not there is named" {
	run "$PGCASK" keygen -o nowhere/k
	[ "$status" -eq 5 ] || [ "$status" -eq 7 ]
	[[ $output == *nowhere/k-* ]]
}

@test "an open key is protected by a passphrase that only its user reads" {
	(umask 077 && echo "correct horse" >pass && : >empty)
	(umask 022 && echo "correct horse" >public)
	run "$PGCASK" keygen -o a --passphrase-file public
	[ "$status" -eq 7 ]
	run "$PGCASK" keygen -o a --passphrase-file empty
	[ "$status" -eq 7 ]
	run "$PGCASK" keygen -o a --passphrase-file nowhere
	[ "$status" -ne 0 ]
	[ ! -e a-seal.key ]
	"$PGCASK" keygen -q -o a --passphrase-file pass
	mkdir repo
	"$PGCASK" list -r repo --open-key a-open.key --passphrase-file pass
	(umask 077 && echo "wrong horse" >wrong)
	run "$PGCASK" list -r repo --open-key a-open.key --passphrase-file wrong
	[ "$status" -eq 7 ]
	# Without a terminal, nobody can be asked.
	run setsid -w "$PGCASK" list -r repo --open-key a-open.key
	[ "$status" -eq 7 ]
	[[ $output == *"--passphrase-file"* ]]
}

@test "the passphrase is asked for on the terminal and not shown" {
	(umask 077 && echo "correct horse" >pass)
	"$PGCASK" keygen -q -o a --passphrase-file pass
	mkdir repo
	{
		await grep -qs 'Passphrase of the open key: ' shown
		echo "correct horse"
		await grep -q 'There is no archive' shown
	} | on_terminal "$PGCASK list -r repo --open-key a-open.key"
	grep -q 'There is no archive' shown
	never grep -q 'correct horse' shown
}

@test "the question for a passphrase can be left by a signal" {
	(umask 077 && echo "correct horse" >pass)
	"$PGCASK" keygen -q -o a --passphrase-file pass
	mkdir repo
	{
		await grep -qs 'Passphrase of the open key: ' shown
		printf '\003'
		await grep -q 'status [0-9]' shown
	} | on_terminal "$PGCASK list -r repo --open-key a-open.key;" \
	    'echo status $?; stty -a'
	grep -q 'stopped by a signal: Interrupt' shown
	grep -q 'status 130' shown
	# The terminal echoes again.
	grep -qE '(^| )echo( |$)' shown
}

@test "an interrupt at any moment on the way to the question is heard" {
	(umask 077 && echo "correct horse" >pass)
	"$PGCASK" keygen -q -o a --passphrase-file pass
	mkdir repo
	for ms in 000 002 004 006 008 010 015 020 030 050 100 200; do
		rm -f shown
		# Whatever has the terminal from "ready" on is pgcask, or is
		# about to be; the shell around it only tells its status.
		{
			await grep -qs 'ready' shown
			sleep "0.$ms"
			printf '\003'
			await grep -q 'status [0-9]' shown
		} | on_terminal "trap : INT; bash -c 'echo ready;" \
		    "exec $PGCASK list -r repo --open-key a-open.key';" \
		    'echo status $?; stty -a'
		echo "after $ms ms:"
		cat shown
		grep -q 'status 130' shown
		grep -qE '(^| )echo( |$)' shown
	done
}
