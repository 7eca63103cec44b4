# An archive to be attacked: every kind of entry, small, with tables of which it
# is known which rows each part has.

# attack_begin: for setup_file; what tests/tools/attack.pl wants of its
# environment, and an empty database "victim".
attack_begin()
{
	cask_begin
	export GOOD TWIN PARTS=$T/parts BOUNDED=$T/bounded SIGNER
	export SEED=${SEED:-$RANDOM}
	echo "# SEED=$SEED" >&3
	cc -std=c17 -D_GNU_SOURCE -O1 -o "$BOUNDED" \
	    "$PG_TOP/tests/tools/bounded.c"
	attack_source
	# Of everything twice: entries of the same names and sizes.
	cask_backup source "$REPO" -j 1
	cask_backup source "$REPO" -j 1 --name twin
	GOOD=$(the_archive "$REPO/source")
	TWIN=$(the_archive "$REPO/twin")
	SIGNER=$("$PGCASK" show "$GOOD" --json |
	    grep -o 'cask-signer-[0-9a-f]*' | head -n 1)
	attack_parts >"$PARTS"
	pg_new victim
	# DESIGN.md's bound; a sanitizer keeps a shadow of all memory.
	export KIB=$((128 << 10))
	! grep -q __asan_init "$PGCASK" || {
		KIB=$((KIB * 6))
		export ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=16
	}
}

# attack_source: make the database "source".  The rows of "sparse" lie a page
# each, so that it has three parts on servers that give runs of pages.
attack_source()
{
	pg_new source
	pg_sql source <<-'END'
		CREATE SCHEMA app;
		CREATE TYPE app.pair AS (a integer, b integer);
		CREATE TABLE app.one (i integer PRIMARY KEY, v text);
		CREATE TABLE app.two (i integer PRIMARY KEY, p app.pair, v text);
		CREATE TABLE app.noise (i integer, v text);
		CREATE TABLE app.none (i integer, v text);
		CREATE TABLE app.sparse (i integer, v text, pad text);
		ALTER TABLE app.sparse ALTER pad SET STORAGE PLAIN;
		INSERT INTO app.one SELECT i, md5('one' || i)
		    FROM generate_series(1, 300) AS i;
		INSERT INTO app.two
		    SELECT i, (i, -i)::app.pair, repeat(md5('two' || i), 2)
		    FROM generate_series(1, 300) AS i;
		INSERT INTO app.noise SELECT i, (SELECT
		    string_agg(md5('noise' || i || g), '' ORDER BY g)
		    FROM generate_series(1, 32) AS g)
		    FROM generate_series(1, 400) AS i;
		INSERT INTO app.sparse SELECT i, md5('sparse' || i),
		    repeat('x', 7000) FROM generate_series(1, 4400) AS i;
		ALTER TABLE app.sparse DROP pad;
		CREATE INDEX ON app.one (v);
		CREATE SEQUENCE app.number;
		SELECT lo_from_bytea(77, 'large'), lo_from_bytea(78, 'object');
	END
}

# attack_parts: the lines of PARTS: number, table, first and last row.
attack_parts()
{
	"$PGCASK" check "$GOOD" --read-data \
	    --open-key "$KEYS/k-open.key" >&2 || return
	perl -MJSON::PP -e '
		use strict;
		use warnings;
		sub cat {
			my @cat = ($ENV{PGCASK}, "cat", $ENV{GOOD}, $_[0],
			    "--open-key", "$ENV{KEYS}/k-open.key");
			open(my $in, "-|:raw", @cat) or die "cat: $!";
			local $/;
			my $all = <$in>;
			close $in or die "cat @_";
			return $all // "";
		}
		# The first field of each row, in the order of the parts.
		sub numbers {
			my ($t) = @_;
			my $rows = cat("$t->{schema}.$t->{name}");
			return map { /^(\d+)/ } split /\n/, $rows
			    if $t->{format} eq "text";
			my ($at, @all) = (19);
			while ((my $n = unpack "n", substr $rows, $at) < 65535) {
				push @all, unpack "N", substr $rows, $at + 6;
				$at += 2;
				while ($n-- > 0) {
					$at += 4 + unpack "N", substr $rows, $at;
				}
			}
			return @all;
		}
		my $tables = decode_json(cat("catalog"))->{tables};
		my $parts = decode_json(cat("manifest"))->{parts};
		my @left = map { [numbers($_)] } @$tables;
		my $number = 0;
		foreach my $p (@$parts) {
			my ($kind, $table, $rows) = @$p;
			$number++;
			if ($kind == 1) {
				print "$number - 0 0\n";
				next;
			}
			my @i = sort { $a <=> $b }
			    splice @{$left[$table]}, 0, $rows;
			die "rows of part $number" if @i != $rows ||
			    (@i && $i[-1] - $i[0] + 1 != @i);
			printf "%d %s %d %d\n", $number,
			    $tables->[$table]{name}, $i[0] // 0, $i[-1] // -1;
		}
	'
}

# attack MODE KIND COUNT [WHERE]
attack()
{
	perl "$PG_TOP/tests/tools/attack.pl" "$@"
}
