# An archive's tar, cut into its entries: what the tools here have in common.
use strict;
use warnings;

sub slurp
{
	open(my $in, '<:raw', $_[0]) or die "cannot open $_[0]: $!\n";
	local $/;
	return <$in> // '';
}

sub spew
{
	my ($path, $bytes) = @_;

	open(my $to, '>:raw', $path) or die "cannot open $path: $!\n";
	print $to $bytes or die "cannot write $path: $!\n";
	close $to or die "cannot write $path: $!\n";
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
	set_sum($entry);
}

sub set_size
{
	my ($entry, $size) = @_;

	substr($entry->[1], 124, 12) = sprintf('%011o ', $size);
	set_sum($entry);
}

sub set_sum
{
	my ($entry) = @_;

	substr($entry->[1], 148, 8) = ' ' x 8;
	my $sum = unpack('%32C*', substr($entry->[1], 0, 512));
	substr($entry->[1], 148, 8) = sprintf("%06o\0 ", $sum);
}

1;
