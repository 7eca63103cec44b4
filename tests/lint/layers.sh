#!/bin/sh
# A room includes only headers of its own and of the rooms below it, and so do
# the parts of the room job; libpq's are seen by db alone.
set -eu
cd "$(dirname "$0")/../.."

find src include -name '*.[ch]' | sort | xargs perl -ne '
	sub complain { print @_; $bad = 1 }
	BEGIN {
		my @all = qw(base stream storage db archive job cli);
		%below = (
			base => "base", stream => "base|stream",
			storage => "base|stream|storage", db => "base|db",
			archive => "base|stream|storage|db|archive",
			job => "base|stream|storage|db|archive|job",
			cli => join("|", @all),
		);
		# What is in none of the parts serves them all.
		%parts = (
			"" => "", choose => "choose", backup => "choose|backup",
			restore => "choose|restore",
			view => "choose|restore|view",
			proof => "choose|restore|view|proof",
			salvage => "choose|restore|view|salvage",
			keep => "choose|restore|view|proof|keep",
			doctor => "choose|backup|restore|view|proof|keep|doctor",
		);
	}
	my ($room) = $ARGV =~ m{^(?:src|include)/([^/]+)/};
	my ($here) = $ARGV =~ m{^(.*)/};
	my $part = $ARGV =~ m{/job/([^/]+)/} ? $1 : "";
	if (!defined $below{$room}) {
		complain("$ARGV: no such room\n") if $. == 1;
	} elsif (/^\s*#\s*include\s+"([^"]+)"/) {
		my $h = $1;
		my $ok = $h eq "config.h" || $h =~ m{^(?:$below{$room})/} ||
		    ($h !~ m{/} && -e "$here/$h");
		$ok = 0 if $room eq "job" && $h =~ m{^job/([^/]+)/} &&
		    $1 !~ /^(?:$parts{$part})$/;
		complain("$ARGV:$.: $room must not include \"$h\"\n") if !$ok;
	} elsif (/^\s*#\s*include\s+<(libpq-fe\.h|postgres_ext\.h|pg_config.*)>/) {
		complain("$ARGV:$.: <$1> belongs to db\n") if $room ne "db";
	}
	close ARGV if eof;
	END { $? = 1 if $bad }
'
