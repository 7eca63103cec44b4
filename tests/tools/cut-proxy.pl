#!/usr/bin/perl
# A proxy between unix sockets that cuts the line.
# usage: cut-proxy.pl LISTEN TARGET BYTES
# Passes everything through until the server has sent BYTES in all, then
# closes every connection in the middle, accepts no more, and exits.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);

my ($listen, $target, $left) = @ARGV;
my $server = IO::Socket::UNIX->new(
	Type => SOCK_STREAM, Local => $listen, Listen => 64)
    or die "cannot listen on $listen: $!\n";
my $select = IO::Select->new($server);
my (%peer, %from_server);

$SIG{PIPE} = 'IGNORE';
while (1) {
	foreach my $from ($select->can_read) {
		if ($from == $server) {
			my $client = $server->accept or next;
			my $up = IO::Socket::UNIX->new(
				Type => SOCK_STREAM, Peer => $target) or next;
			$peer{$client} = $up;
			$peer{$up} = $client;
			$from_server{$up} = 1;
			$select->add($client, $up);
			next;
		}
		my $to = $peer{$from} or next;
		my $n = sysread($from, my $data, 16384);
		if (!$n) {
			$select->remove($from, $to);
			delete @peer{ $from, $to };
			close $_ foreach $from, $to;
			next;
		}
		if ($from_server{$from} && ($left -= $n) < 0) {
			# Half of a message gets through.
			syswrite($to, $data, $n / 2);
			unlink $listen;
			exit 0;
		}
		for (my $at = 0; $at < $n;) {
			my $sent = syswrite($to, $data, $n - $at, $at);
			last if !defined $sent;
			$at += $sent;
		}
	}
}
