#!/usr/bin/perl
# Surgery on an archive's tar, which any attacker can do without a key.
# usage: tamper.pl list FILE
#	tamper.pl drop|repeat N FILE OUT
#	tamper.pl swap N M FILE OUT
#	tamper.pl rename N NAME FILE OUT
#	tamper.pl flip OFFSET FILE OUT
#	tamper.pl replace N OTHER FILE OUT
#	tamper.pl edit N OLD NEW FILE OUT	same length, in the body
# Entries are numbered from 0.  replace takes the entry of the same number
# from another archive.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname($0);
require 'tarcut.pl';

my $what = shift @ARGV // '';
my $out = $what eq 'list' ? undef : pop @ARGV;
my $tar = slurp(pop @ARGV // die "no file\n");
my @e = entries($tar);

if ($what eq 'list') {
	printf "%d %s %d\n", $_, $e[$_][0], $e[$_][2] foreach 0 .. $#e - 1;
	exit 0;
} elsif ($what eq 'drop') {
	splice(@e, $ARGV[0], 1);
} elsif ($what eq 'repeat') {
	splice(@e, $ARGV[0], 0, $e[$ARGV[0]]);
} elsif ($what eq 'swap') {
	@e[@ARGV] = @e[reverse @ARGV];
} elsif ($what eq 'rename') {
	set_name($e[$ARGV[0]], $ARGV[1]);
} elsif ($what eq 'replace') {
	my @other = entries(slurp($ARGV[1]));
	$e[$ARGV[0]] = $other[$ARGV[0]];
} elsif ($what eq 'edit') {
	my ($n, $old, $new) = @ARGV;
	length $old == length $new or die "lengths differ\n";
	my $at = index($e[$n][1], $old);
	$at >= 512 or die "\"$old\" is not in entry $n\n";
	substr($e[$n][1], $at, length $new) = $new;
} elsif ($what eq 'flip') {
	substr($tar, $ARGV[0], 1) ^= "\x01";
	@e = (['', $tar]);
} else {
	die "what?\n";
}
spew($out, join '', map { $_->[1] } @e);
