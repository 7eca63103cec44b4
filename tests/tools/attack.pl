#!/usr/bin/perl
# Damage an archive in many ways, as any thief of the file can, and see that
# pgcask notices each.
# usage: attack.pl files flips|cuts|swaps COUNT FOLDER
#	attack.pl check flips|cuts|swaps COUNT
#	attack.pl restore flips|cuts|swaps COUNT DATABASE
#
# "files" leaves the damaged archives in a folder.  "check" runs keyless checks,
# of many at a time, and of each alone where not all of them are bad; "restore"
# brings each into a database, which has to be empty and is emptied again, every
# fourth from a stream, and looks at the rows that came.
# Environment:
#	GOOD, TWIN	the archive, and another of the same database
#	PARTS		a file with a line for each part of it: number, table
#			or "-", the first and last number of its rows
#	PGCASK, BOUNDED	the programs under test and of tests/tools/bounded.c
#	KIB		the bound of memory
#	KEYS		the folder of k-open.key; SIGNER, the signer
#	SEED		any number; ONLY, one case alone
# Case N depends on SEED and N, so that ONLY=N does the same again.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IPC::Open2;
use JSON::PP;
use lib dirname($0);
require 'tarcut.pl';

my ($mode, $kind, $count, $where) = @ARGV;
my $seed = $ENV{SEED} // time;
my $good = slurp($ENV{GOOD});
my @good = entries($good);
my @twin = entries(slurp($ENV{TWIN}));
my $folder = $mode eq 'files' ? $where : tempdir(CLEANUP => 1,
    -w '/dev/shm' ? (DIR => '/dev/shm') : (TMPDIR => 1));
my (@parts, @regions, %hits, @waiting, $sql, $sql_out, $failed);
my $SCREEN = 24;
my $TOGETHER = 50;

# ---- what is where ----

# Every byte of the file, by [what it is, from, length].
sub find_regions
{
	my $at = 0;

	foreach my $e (@good[0 .. $#good - 1]) {
		my ($name, $all, $size) = @$e;
		my $pad = length($all) - 512 - $size;

		push @regions, ["$name: tar header", $at, 512];
		if ($name eq 'index') {
			my $tail = $size - 512;
			my $records = 48 * unpack 'Q<',
			    substr($all, 512 + $tail + 96, 8);
			push @regions,
			    ['index: records', $at + 512, $records],
			    ['index: zeros', $at + 512 + $records,
				$tail - $records],
			    ['index: tail', $at + 512 + $tail, 512];
		} else {
			push @regions, ["$name: body", $at + 512, $size];
		}
		push @regions, ["$name: padding", $at + 512 + $size, $pad];
		$at += length $all;
	}
	push @regions, ['final zero blocks', $at, length($good) - $at];
	@regions = grep { $_->[2] > 0 } @regions;
}

# Where each part lies, and its rows: [table, first, last, offset, length of
# header and body, of padding too, number of the entry].
sub find_parts
{
	my ($at, $n) = (0, 0);
	my %of;

	open(my $in, '<', $ENV{PARTS}) or die "$ENV{PARTS}: $!\n";
	while (<$in>) {
		my ($number, @rows) = split;
		$of{$number} = \@rows;
	}
	foreach my $e (@good) {
		push @parts, [@{delete $of{$2 + 0}}, $at, 512 + $e->[2],
		    length $e->[1], $n]
		    if $e->[0] =~ m{^(data|lo)/(\d+)$};
		$at += length $e->[1];
		$n++;
	}
	die "parts of no entry\n" if %of || !@parts;
}

# ---- damage ----

sub any { return int rand $_[0]; }

sub flip
{
	my $region = $regions[any(scalar @regions)];
	my $at = $region->[1] + any($region->[2]);
	my $bits = 1 + any(255);
	my $bad = $good;

	substr($bad, $at, 1) ^= chr $bits;
	$hits{$region->[0]}++;
	return ("byte $at ^ $bits ($region->[0])", $bad);
}

# Half of them in or between the entries, half of them at a block's border.
sub cut
{
	my $region = $regions[any(scalar @regions)];
	my $to = $region->[1] + any($region->[2]);

	$to -= $to % 512 if any(2);
	$hits{$region->[0]}++;
	return ("cut to $to ($region->[0])", substr($good, 0, $to));
}

sub shuffle
{
	my @e = @good;
	my $last = $#e - 1;
	my ($n, $m) = (any($last + 1), any($last + 1));
	my $how = (qw(swap swap drop repeat twin disguise size index))[any(8)];

	$m = ($n + 1) % ($last + 1) if $n == $m;
	if ($how eq 'swap') {
		@e[$n, $m] = @e[$m, $n];
	} elsif ($how eq 'drop') {
		splice(@e, $n, 1);
	} elsif ($how eq 'repeat') {
		splice(@e, $m, 0, $e[$n]);
	} elsif ($how eq 'twin') {
		$e[$n] = $twin[$n];
	} elsif ($how eq 'disguise') {
		# Each under the other's name.
		my @names = ($e[$n][0], $e[$m][0]);
		@e[$n, $m] = map { [@$_] } @e[$m, $n];
		set_name($e[$n], $names[0]);
		set_name($e[$m], $names[1]);
	} elsif ($how eq 'size') {
		# As large as a header can say, or somewhat off.
		$e[$n] = [@{$e[$n]}];
		set_size($e[$n], (8 ** 11 - 1, 5 << 30, $e[$n][2] + 512,
		    $e[$n][2] ^ 1)[any(4)]);
	} else {
		# With an index that fits, but for its signature.
		$m = $last - 1 if $m == $last;
		splice(@e, $n < $last ? $n : 0, 1);
		fit_index(\@e);
	}
	$hits{$how}++;
	return ("$how $n $m", join '', map { $_->[1] } @e);
}

# Records of what is there now; of hashes, those of the entries that are left.
sub fit_index
{
	my ($e) = @_;
	my $index = [@{$e->[-2]}];
	my $size = $index->[2];
	my $old = substr($index->[1], 512, $size - 512);
	my ($at, $records) = (0, '');
	my %hash;

	foreach my $was (@good[0 .. $#good - 2]) {
		$hash{$was->[1]} = substr($old, 16, 32);
		substr($old, 0, 48) = '';
	}
	foreach my $now (@$e[0 .. $#$e - 2]) {
		$records .= pack('Q< Q<', $at, length $now->[1]) .
		    $hash{$now->[1]};
		$at += length $now->[1];
	}
	my $tail = substr($index->[1], 512 + $size - 512, 512);
	substr($tail, 96, 16) = pack('Q< Q<', length($records) / 48, $at);
	my $pad = "\0" x ($size - 512 - length $records);
	$index->[1] = substr($index->[1], 0, 512) . $records . $pad . $tail;
	$e->[-2] = $index;
}

# ---- what happened ----

# Run a command under the bounds: its status, output and messages.
sub run
{
	my ($in, @command) = @_;
	my $child = fork // die "fork: $!\n";

	if ($child == 0) {
		open(STDIN, '<', $in) or die "$in: $!\n";
		open(STDOUT, '>', "$folder/out") or die "out: $!\n";
		open(STDERR, '>', "$folder/err") or die "err: $!\n";
		exec($ENV{BOUNDED}, 60, $ENV{KIB}, @command) or die;
	}
	waitpid($child, 0);
	return ($? >> 8, slurp("$folder/out"), slurp("$folder/err"));
}

sub complain
{
	my ($n, $what, $why) = @_;

	print "case $n of seed $seed: $what: $why\n";
	die "enough\n" if ++$failed >= 10;
}

# The message, or why it is none.
sub refusal
{
	my ($status, $out, $err, @right) = @_;

	return "status $status: $err" if !grep { $status == $_ } @right;
	return "it says on standard output: $out" if $out ne '';
	return "it says: $err"
	    if $err !~ /^pgcask: ./ || ($err =~ tr/\n//) > $SCREEN;
	return;
}

sub check
{
	my ($n, $what, $path) = @_;
	my @signer = $n % 2 ? ('--signer', $ENV{SIGNER}) : ();
	my $why = refusal(run('/dev/null', $ENV{PGCASK}, 'check', @signer,
	    $path), 6);

	complain($n, $what, $why) if defined $why;
}

# Those that wait, [number, what was done, path], in one process.
sub check_waiting
{
	my @all = splice @waiting;
	my @signer = @all % 2 ? ('--signer', $ENV{SIGNER}) : ();
	my ($status, $out) = run('/dev/null', $ENV{PGCASK}, 'check', '--json',
	    @signer, map { $_->[2] } @all);
	my $results = eval { decode_json($out) } // [];

	if ($status != 6 || @$results != @all ||
	    grep { $_->{result} ne 'bad' } @$results) {
		print "not all are bad: status $status\n";
		$failed++;
		check(@$_) foreach @all;
	}
	unlink glob "$folder/*.cask*";
}

# ask SQL: the rows it gives, of a session that stays.
sub ask
{
	my @rows;

	print $sql "$_[0];\n\\echo --done\n";
	while (my $row = <$sql_out>) {
		chomp $row;
		return @rows if $row eq '--done';
		push @rows, $row;
	}
	die "psql is gone\n";
}

# What is in the database that must not be: rows of a part that is not as it
# was, and rows that are none of ours.  Of a file the index tells where a part
# is; in a stream it is the entry of that number, wherever the ones before have
# moved it, and its padding comes after it.
sub wrong_rows
{
	my ($bad, $stream) = @_;
	my %there = map { $_ => 1 } ask("SELECT relname FROM pg_class
	    WHERE relkind = 'r' AND relnamespace = to_regnamespace('app')");
	my @asked = map { "SELECT '$_: not as they were', count(*) FROM app.$_
	    WHERE v <> repeat(md5('$_' || i), length(v) / 32)" }
	    grep { $_ ne 'noise' } keys %there;

	push @asked, "SELECT 'noise: not as they were', count(*) FROM app.noise
	    WHERE v <> (SELECT string_agg(md5('noise' || i || g), ''
	        ORDER BY g) FROM generate_series(1, 32) AS g)"
	    if $there{noise};
	my @entries = entries($bad);
	foreach my $part (@parts) {
		my ($table, $first, $last, $at, $size, $padded, $n) = @$part;
		my $is = $stream ? $n < @entries ? $entries[$n][1] : ''
		    : $at < length $bad ? substr($bad, $at) : '';
		my $len = $stream ? $size : $padded;

		next if length $is >= $len &&
		    substr($is, 0, $len) eq substr($good, $at, $len);
		push @asked, "SELECT 'large objects', count(*)
		    FROM pg_largeobject" if $table eq '-';
		push @asked, "SELECT '$table $first to $last', count(*)
		    FROM app.$table WHERE i BETWEEN $first AND $last"
		    if $there{$table};
	}
	return if !@asked;
	return grep { !/\|0$/ } ask(join ' UNION ALL ', @asked);
}

sub restore
{
	my ($n, $what, $bad, $path) = @_;
	my $stream = any(4) == 0;
	my $create = $stream && any(3) == 0;
	my @command = ($ENV{PGCASK}, 'restore', $stream ? '-' : $path,
	    $create ? '--create' : (), '-d', $create ? "${where}_new" : $where,
	    '-j', 1 + any(2), '--open-key', "$ENV{KEYS}/k-open.key");
	my $head = length $good[0][1];
	# A header that is damaged may open with no key.
	my @right = substr($bad, 0, $head) eq substr($good, 0, $head) ? 6
	    : (6, 7);
	my $why = refusal(run($stream ? $path : '/dev/null', @command),
	    @right);

	$what .= $stream ? $create ? ', a stream, --create' : ', a stream' : '';
	complain($n, $what, $why) if defined $why;
	complain($n, $what, "there are rows: $_")
	    foreach wrong_rows($bad, $stream);
	complain($n, $what, "there is a database $_")
	    foreach ask("SELECT datname FROM pg_database
	        WHERE datname LIKE '${where}_new%'");
	ask('DROP SCHEMA IF EXISTS app CASCADE');
	ask('SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata');
}

# ---- all cases ----

find_regions();
-d $folder or mkdir $folder or die "$folder: $!\n";
if ($mode eq 'restore') {
	find_parts();
	my $pid = open2($sql_out, $sql, qw(psql -X -q -A -t -v ON_ERROR_STOP=1
	    -d), $where);
	ask('SET client_min_messages = error');
}
my %make = (flips => \&flip, cuts => \&cut, swaps => \&shuffle);
foreach my $n (defined $ENV{ONLY} ? $ENV{ONLY} : 1 .. $count) {
	srand($seed * 1000003 + $n);
	$0 = "attack $mode $kind $n of $count";
	my ($what, $bad) = $make{$kind}->();
	my $path = sprintf "%s/%04d.cask", $folder,
	    $mode eq 'restore' ? 0 : $n;
	die "$what changes nothing\n" if $bad eq $good;
	spew($path, $bad);
	restore($n, $what, $bad, $path) if $mode eq 'restore';
	next if $mode ne 'check';
	# The first ones alone, as they are when all is not well.
	push @waiting, [$n, $what, $path];
	check(@{pop @waiting}) if $n <= 10 || defined $ENV{ONLY};
	check_waiting() if @waiting == $TOGETHER;
}
check_waiting() if @waiting;
print "$mode, $kind: $count of seed $seed, ", $failed // 0, " not noticed\n";
print "  $hits{$_} x $_\n" foreach sort keys %hits;
exit($failed ? 1 : 0);
