#!/usr/bin/env bats
# builds: asan
# What the command line accepts, and what it says when it does not.

load golden

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

@test "help explains the program and every command" {
	{
		say help
		for command in keygen backup restore list show cat export \
		    check diff salvage doctor prune unlabel accept help version
		do
			say help "$command"
		done
	} | golden help
}

@test "no line of help is wider than 79 columns" {
	for command in "" keygen backup restore list show cat export check \
	    diff salvage doctor prune unlabel accept help version; do
		"$PGCASK" help $command >>all
	done
	[ -s all ]
	never grep -E '^.{80}' all
}

@test "help COMMAND, COMMAND --help and COMMAND -? are the same" {
	for command in keygen backup restore list show cat export check \
	    prune unlabel; do
		"$PGCASK" help "$command" >a
		"$PGCASK" "$command" --help >b
		"$PGCASK" -? "$command" >c
		cmp a b
		cmp a c
	done
	"$PGCASK" help >a
	"$PGCASK" --help >b
	cmp a b
}

@test "the version is printed by any of its names" {
	"$PGCASK" version >a
	"$PGCASK" --version >b
	"$PGCASK" -V >c
	cmp a b
	cmp a c
	head -n 1 a | grep -Ex 'pgcask [0-9]+\.[0-9]+\.[0-9]+'
}

@test "a mistyped command or option gets the nearest match" {
	{
		say bakup
		say resotre
		say xyzzy
		say help lits
		say backup --jbos 4
		say backup --labl=x
		say backup --lable x
		say --verb list
		say list --js
		say show --xyzzy latest
		say list -Z
	} | golden nearest
}

@test "wrong use of commands and options is named" {
	{
		say
		say list one
		say backup erp
		say backup erp -d erp
		say keygen shop
		say restore latest erp
		say restore
		say cat latest
		say show a b
		say help backup restore
		say backup --create -d x
		say list --tables
		say keygen --json -o k
		say backup -j
		say backup --seal-key
		say backup --repo=
		say backup -r ''
		say backup --no-password=yes
		say list --json=yes
		say list -q -v
		say list -vq
	} | golden misuse
}

@test "numbers and choices are checked" {
	{
		for jobs in 0 65 4x -1 '' 99999999999999999999; do
			say backup --jobs "$jobs"
		done
		say backup -j0x4
		say backup --level 20
		say backup --level=0
		say backup --format=csv
		say restore x -j 65
	} | golden values
}

@test "what is missing or contradicts is named, with the way out" {
	{
		say keygen
		say keygen -o -
		say backup -d x
		mkdir repo
		say backup -d x -r repo
		say backup -d x -o file
		say backup -o file -r repo
		say backup -o file --name x
		say backup -o file --label x
		say backup -r repo --name ../x
		say backup -r repo --label .x
		say backup -r repo --name "$(printf 'x%.0s' {1..101})"
		say restore latest -r repo
		say restore latest -d x
		say list
		say show latest
		say show 1234abcd
		say show nothing
		say show nothing -r repo
		say show latest -r repo
		say show latest:erp -r repo
		say show 1234abcd -r repo
		say show 123 -r repo
		say show repo
		say list -r nowhere
		say show -
		say cat - schema
		say backup -r repo --seal-key nowhere
		say restore nothing -d x --open-key nowhere
	} | golden missing
	[ ! -e file ]
	[ -z "$(ls repo)" ]
}

@test "a key of the other kind is named, with the one to give" {
	"$PGCASK" keygen -q -o k
	(umask 077 && echo "not a key" >none)
	mkdir repo
	{
		say list -r repo --open-key k-seal.key
		say backup -d x -r repo --seal-key k-open.key
		say list -r repo --open-key none
		say list -r repo --signer none
		say list -r repo --signer ./none
		say backup -d x -r repo --seal-key none
	} | golden wrong-keys
}

@test "options are read in any form, order and company" {
	mkdir repo
	for words in "list -r repo" "list -rrepo" "list --repo repo" \
	    "list --repo=repo" "-r repo list" "-vrrepo list" \
	    "--repo=x list --repo=repo" "list -r repo --" "-r repo -- list"
	do
		run "$PGCASK" $words
		[ "$status" -eq 0 ]
		[ "$output" = "There is no archive in repo." ]
	done
	# After "--", nothing is an option.
	run "$PGCASK" show -- --repo
	[ "$status" -eq 10 ]
	[[ $output == *'there is no archive "--repo"'* ]]
	# A lone "-" is no option.
	run "$PGCASK" show - -r repo </dev/null
	[ "$status" -eq 6 ]
}

@test "variables stand in for options, which win over them" {
	mkdir repo other
	PGCASK_REPO=repo run "$PGCASK" list
	[ "$output" = "There is no archive in repo." ]
	PGCASK_REPO=repo run "$PGCASK" list -r other
	[ "$output" = "There is no archive in other." ]
	PGCASK_REPO='' run "$PGCASK" list
	[ "$status" -eq 2 ]
	# -o and the variable do not contradict each other.
	PGCASK_REPO=repo run "$PGCASK" backup -d x -o file
	[[ $output == *"no key was given"* ]]
}

@test "an archive is not written to a terminal, nor read from one" {
	"$PGCASK" keygen -q -o k
	TERM=xterm run script -qec "$PGCASK backup -d x -o - \
	    --seal-key k-seal.key" typescript
	[ "$status" -eq 2 ]
	[[ $output == *"would be written to a terminal"* ]]
	TERM=xterm run script -qec "$PGCASK show -" typescript
	[ "$status" -eq 2 ]
	[[ $output == *"is a terminal"* ]]
}

@test "output that can't be written is an error" {
	mkdir repo
	for command in help version "list -r repo" "list -r repo --json"; do
		run sh -c "\"\$PGCASK\" $command >/dev/full"
		[ "$status" -eq 5 ]
		[[ $output == *"standard output: No space left"* ]]
		run sh -c "\"\$PGCASK\" $command >&-"
		[ "$status" -eq 5 ]
	done
	run sh -c '"$PGCASK" keygen -q -o k >&- 2>&- <&-'
	[ "$status" -eq 0 ]
}
