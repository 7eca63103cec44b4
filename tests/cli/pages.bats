#!/usr/bin/env bats
# builds: test
# The man page and the completions know every command and option there is,
# and no other.

load golden

# The long options that a command's help lists.
options_of() {
	"$PGCASK" help "$1" | grep -oE '^ .{5}--[a-z-]+' | grep -oE -- '--[a-z-]+' |
	    sort -u
}

commands() {
	"$PGCASK" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# complete WORD...: what bash offers for the last of them.
complete_words() {
	bash -c '
		. "$BUILD/completions/bash/pgcask"
		compopt() { :; }
		COMP_WORDS=(pgcask "$@")
		COMP_CWORD=$#
		_pgcask
		printf "%s\n" "${COMPREPLY[@]}"' complete "$@"
}

@test "help lists commands and options at all" {
	[ "$(commands | wc -l)" -ge 10 ]
	[ "$(options_of backup | wc -l)" -ge 15 ]
}

@test "the man page has every option of every command, with its help" {
	page=$(mandoc -Tascii -O width=200 "$BUILD/man/pgcask.1" | col -b)
	for command in $(commands); do
		grep -qE "^   $command\$" <<<"$page"
		for option in $(options_of "$command"); do
			grep -qE -- "^ .*$option(=|\$| )" <<<"$page"
		done
	done
	# And none that there is not.
	for command in $(commands); do
		options_of "$command"
	done | sort -u >"$BATS_TEST_TMPDIR/known"
	sed -n '/^\.Sh OPTIONS/,/^\.Sh JSON/p' "$BUILD/man/pgcask.1" |
	    sed -n 's/^\.It .*Fl \(-[a-z-]*\).*/-\1/p' | sort -u |
	    diff "$BATS_TEST_TMPDIR/known" -
}

@test "the man page shows each command's use, and an example of it" {
	page=$(mandoc -Tascii -O width=200 "$BUILD/man/pgcask.1" | col -b)
	for command in $(commands); do
		sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' <<<"$page" |
		    grep -qE "^     pgcask $command( |\$)"
		case $command in help|version) continue ;; esac
		sed -n '/^EXAMPLES/,/^SEE ALSO/p' <<<"$page" |
		    grep -qE "pgcask $command "
	done
}

@test "the man page has every exit status" {
	page=$(mandoc -Tascii "$BUILD/man/pgcask.1" | col -b)
	for status in 0 1 2 3 4 5 6 7 8 9 10; do
		sed -n '/^EXIT STATUS/,/^EXAMPLES/p' <<<"$page" |
		    grep -qE "^ +${status}[[:space:]]+[a-z]"
	done
}

@test "no option is defined twice for a command" {
	for command in $(commands); do
		[ -z "$("$PGCASK" help "$command" |
		    grep -oE '^ .{5}--[a-z-]+' | grep -oE -- '--[a-z-]+' |
		    sort | uniq -d)" ]
		[ -z "$("$PGCASK" help "$command" | grep -oE '^  -.,' |
		    sort | uniq -d)" ]
	done
}

@test "bash completes commands" {
	diff <(commands | sort) <(complete_words "" | sort)
	[ "$(complete_words ba)" = backup ]
	diff <(commands | sort) <(complete_words help "" | sort)
}

@test "bash completes every option of a command, and no other" {
	for command in $(commands); do
		diff <(options_of "$command") <(complete_words "$command" -- |
		    tr -d = | sort -u)
	done
}

@test "bash completes arguments" {
	cd "$BATS_TEST_TMPDIR"
	touch a-file
	mkdir a-folder
	[ "$(complete_words backup --format = "")" = "auto
text
binary" ]
	[ "$(complete_words backup --format = t)" = text ]
	[ "$(complete_words backup --repo = "")" = a-folder ]
	[ "$(complete_words backup -r "")" = a-folder ]
	[ "$(complete_words backup --seal-key = a-fi)" = a-file ]
	[ "$(complete_words restore la)" = latest ]
	[ "$(complete_words restore -r repo a-fi)" = a-file ]
	[ "$(complete_words cat -r repo la)" = latest ]
	[ "$(complete_words cat latest : a-fi)" = a-file ]
	[ "$(complete_words cat latest : shop -r repo "")" = "catalog
manifest
schema
globals" ]
	[ -z "$(complete_words restore latest "")" ]
}

@test "bash completes on a terminal, beside folders named like commands" {
	cd "$BATS_TEST_TMPDIR"
	mkdir backup "a folder"
	touch erp-seal.key
	cat >rc <<-END
		. "$BUILD/completions/bash/pgcask"
		pgcask() { printf '<%s>' "\$@" >>typed; echo >>typed; }
	END
	printf '%b\n' 'pgcask ba\t--sea\ter\t--form\tau\t--rep\ta\t' \
	    'pgcask restore a\t' 'pgcask restore la\t--cr\t' exit |
	    INPUTRC=/dev/null on_terminal bash --noprofile --rcfile rc -i
	diff - typed <<-END
		<backup><--seal-key=erp-seal.key><--format=auto><--repo=a folder/>
		<restore><a folder/>
		<restore><latest><--create>
	END
}

@test "zsh completes every option of a command, and no other" {
	for command in $(commands); do
		sed -n "/^	$command)/,/;;/p" "$BUILD/completions/zsh/_pgcask" |
		    grep -oE "'\*?--[a-z-]+" | grep -oE -- '--[a-z-]+' |
		    sort -u | diff <(options_of "$command") -
	done
	diff <(commands | sort) <(sed -n "s/^		'\([a-z]*\):.*/\1/p" \
	    "$BUILD/completions/zsh/_pgcask" | sort)
}
