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

sub slurp
{
	open(my $in, '<:raw', $_[0]) or die "cannot open $_[0]: $!\n";
	local $/;
	return <$in>;
}

# A list of [name, all blocks of the entry]; what follows the last one is a
# name-less entry of its own.
sub entries
{
	my ($tar) = @_;
	my @entries;
	my $at = 0;

	while ($at + 512 <= length $tar) {
		my $head = substr($tar, $at, 512);
		my $name = unpack('Z100', $head);
		last if $name eq '';
		my $size = oct unpack('x124 Z12', $head);
		my $blocks = 1 + int(($size + 511) / 512);
		push @entries, [$name, substr($tar, $at, 512 * $blocks), $size];
		$at += 512 * $blocks;
	}
	push @entries, ['', substr($tar, $at), 0];
	return @entries;
}

sub set_name
{
	my ($entry, $name) = @_;

	substr($entry->[1], 0, 100) = pack('a100', $name);
	substr($entry->[1], 148, 8) = ' ' x 8;
	my $sum = unpack('%32C*', substr($entry->[1], 0, 512));
	substr($entry->[1], 148, 8) = sprintf("%06o\0 ", $sum);
}

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
open(my $to, '>:raw', $out) or die "cannot open $out: $!\n";
print $to map { $_->[1] } @e or die "cannot write $out: $!\n";
close $to or die "cannot write $out: $!\n";
