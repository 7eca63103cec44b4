#!/usr/bin/perl
# Which archives retention keeps, worked out from what pgcask(1) says of it
# ("Retention") and from nothing else.
# usage: policy-oracle.pl NOW RULE=N... <TIMES
#	NOW	seconds since 1970
#	RULE=N	last, hourly, daily, weekly, monthly, yearly; within in seconds
#	TIMES	a line for each archive that no label or doubt sets apart:
#		seconds since 1970
# Prints the times of those that are kept, sorted.  Local time is that of TZ.
use strict;
use warnings;
use POSIX qw(floor strftime);

my ($now, @rules) = @ARGV;
my %count = map { split /=/ } @rules;
my @times = sort { $b <=> $a } map { chomp; $_ } <STDIN>;
my %kept = map { $_ => 1 } grep { $_ > $now + 3600 } @times;
my @rest = grep { $_ <= $now + 3600 } @times;

# What two moments share if they are in the same hour, day, and so on.  An hour
# that comes twice is told by whether it is summer time.
my %names = (
	hourly => '%Y-%m-%d %H',
	daily => '%Y-%m-%d',
	weekly => '%G-%V',
	monthly => '%Y-%m',
	yearly => '%Y',
);

# Like days, for example: a list of lists of moments, the newest first.
sub periods
{
	my ($rule) = @_;
	my (%of, @order);

	for my $time (@rest) {
		my @local = localtime $time;
		my $name = strftime($names{$rule}, @local);
		$name .= $local[8] ? ' summer' : ' winter' if $rule eq 'hourly';
		push @order, $name unless $of{$name};
		push @{ $of{$name} }, $time;
	}
	return map { $of{$_} } @order;
}

for my $rule (keys %count) {
	my $n = $count{$rule};
	next if !@rest || !$n;
	if ($rule eq 'within') {
		$kept{$_} = 1 for grep { $rest[0] - $_ <= $n } @rest;
		next;
	}
	my @newest = $rule eq 'last' ? @rest : map { $_->[0] } periods($rule);
	$kept{$_} = 1 for @newest[0 .. ($n < @newest ? $n : @newest) - 1];
	$kept{ $rest[-1] } = 1 if @newest < $n;
}
$kept{ $rest[0] } = 1 if @rest;
print "$_\n" for sort { $a <=> $b } keys %kept;
