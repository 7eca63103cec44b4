#!/bin/sh
# A file of more than 700 lines wants to be two things, as does a function of
# more than 100.
set -eu
cd "$(dirname "$0")/../.."

find src include tests packaging -type f \( -name '*.[ch]' -o -name '*.sh' \
    -o -name '*.bash' -o -name '*.bats' -o -name '*.sql' -o -name '*.pl' \) |
    sort | xargs perl -ne '
	$start = $. if /^\{/ && $ARGV =~ /\.c$/;
	if (/^\}/ && $start) {
		my $n = $. - $start + 1;
		print "$ARGV:$start: a function of $n lines\n" if $n > 100;
		$bad ||= $n > 100;
		$start = 0;
	}
	if (eof) {
		print "$ARGV: $. lines\n" if $. > 700;
		$bad ||= $. > 700;
		close ARGV;
	}
	END { $? = 1 if $bad }
'
