#!/bin/bash
# Make the corpus's seeds anew, from the golden archives of format 1: real
# entries, and the same with one thing wrong.  What fuzzers found since lies
# beside them under other names and is left alone.
# usage: PGCASK=build/pgcask tests/fuzz/corpus.sh
set -eu
PGCASK=$(readlink -f "$PGCASK")
cd "$(dirname "$0")"
mkdir -p corpus
cd corpus
golden=$PWD/../../golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$golden"/format-1* "$work"
chmod 600 "$work"/*
cask=$work/format-1.cask

# seed NAME/FILE: standard input becomes a seed.
seed()
{
	mkdir -p "${1%/*}"
	cat >"${1%/*}/seed-${1#*/}"
}

# entry NAME [ARCHIVE]
entry()
{
	case $1 in
	pgcask.json | index) tar xOf "${2:-$cask}" "$1" ;;
	*) "$PGCASK" cat "$cask" "$1" --open-key "$work/format-1-open.key" ;;
	esac
}

# change NAME/FILE ENTRY PERL: an entry after a substitution, which must hit.
change()
{
	entry "$2" | perl -0777 -pe "$3 or die 'no hit'" | seed "$1"
}

entry pgcask.json | seed header/recipient
entry pgcask.json "$work/format-1-passphrase.cask" | seed header/passphrase
change header/format-2 pgcask.json 's/"format":1/"format":2/'
change header/space pgcask.json 's/:/: /'
change header/order pgcask.json 's/\{("archive":"[^"]*"),/{/; s/,"tool/,$1,"tool/'
change header/extra pgcask.json 's/,"tool"/,"then":1,"tool"/'
change header/twice pgcask.json 's/("format":1)/$1,$1/'
change header/upper pgcask.json 's/("commitment":")([0-9a-f]{64})/$1 . uc $2/e'
change header/no-newline pgcask.json 's/\n$//'
change header/unsigned pgcask.json 's/("signer":)"[0-9a-f]*"/${1}null/'
change header/many-slots pgcask.json 's/\[(\{.*\})\]/"[" . join(",", ($1) x 67) . "]"/e'
change header/escape pgcask.json 's/"type":"x25519"/"type":"\\u001b]0;x"/'
change header/leap pgcask.json 's/("created":")[^"]*/${1}2026-02-30T00:00:00Z/'
entry pgcask.json "$work/format-1-passphrase.cask" | perl -pe \
    's/\[(\{.*\})\]/[$1,$1]/' | seed header/two-passphrases
entry pgcask.json "$work/format-1-passphrase.cask" | perl -pe \
    's/"memory":\d+/"memory":1073741825/' | seed header/memory

entry catalog | seed catalog/real
change catalog/parent catalog 's/("parent":)-1/${1}6/'
change catalog/provider catalog 's/("provider":")libc/$1libc; DROP/'
change catalog/encoding catalog "s/(\"encoding\":\")UTF8/\$1UTF8'/"
change catalog/raw catalog 's/"museum"/"\\uffff\\u00e9\\u0100\\u00c3"/'
change catalog/number catalog 's/("pages":)\d+/${1}18446744073709551616/'
change catalog/deep catalog 's/("extensions":)/$1 . ("[" x 3000)/e'

(printf '\x07' && entry manifest) | seed manifest/real
(printf '\x06' && entry manifest) | seed manifest/fewer-tables
(printf '\x07' && entry manifest | perl -pe 's/\[0,\d+/[0,7/') |
    seed manifest/no-table
(printf '\x07' && entry manifest | perl -pe 's/("total":)[0-9.e-]+/${1}1e300/') |
    seed manifest/for-ever
(printf '\x07' && entry manifest | perl -pe 's/("total":)[0-9.e-]+/$1-1/') |
    seed manifest/before-it-began
(printf '\x00{"tables":[],"parts":[]' &&
    printf ',"large_objects":{"rows":0,"bytes":0,"parts":0,"digest":"%032d"}' 0 &&
    printf ',"large_object_count":0,"warnings":["a"],"seconds":{' &&
    printf '"snapshot":0.5,"total":1.0},"jobs":1,"level":1}') |
    seed manifest/empty

(printf '\x01' && entry index) | seed index/keyed
(printf '\x00' && entry index) | seed index/signed
(printf '\x01' && entry index | tail -c 512) | seed index/no-records
(printf '\x01' && entry index | perl -0777 -pe \
    'substr($_, -512 + 96, 8) = pack("Q<", 1 << 60)') | seed index/count
(printf '\x01' && entry index | perl -0777 -pe \
    'substr($_, 8, 8) = pack("Q<", ~0 << 9)') | seed index/length
(printf '\x01' && entry index | perl -0777 -pe \
    'substr($_, -512 + 200, 1) = "x"') | seed index/not-zero

(head -c 1536 "$cask" && head -c 1024 /dev/zero) | seed tar/one
(head -c 4096 "$cask" && head -c 1024 /dev/zero) | seed tar/cut
(head -c 1536 "$cask" && head -c 512 /dev/zero) | seed tar/half-end
(head -c 1536 "$cask" && head -c 1025 /dev/zero) | seed tar/more
tar cf - --format=pax -C "$work" format-1.passphrase | seed tar/foreign
perl -e 'print "\0" x 124 . "77777777777 " . "\0" x 376' | seed tar/size

entry schema | seed toc/real
entry schema | head -c 700 | seed toc/cut
for at in 5 6 8 9 10 11 40 60 300; do
	entry schema | perl -0777 -pe "substr(\$_, $at, 1) ^= qq(\\xff)" |
	    head -c 3000 | seed "toc/byte-$at"
done

printf 'rows\nrows\nrows\n' | zstd -q --check | seed zstd/small
printf '' | zstd -q --check | seed zstd/empty
head -c 9000000 /dev/zero | zstd -q --check | seed zstd/bomb
head -c 100000 /dev/zero | zstd -q --check --long=27 | seed zstd/window
head -c 100000 /dev/zero | zstd -q --check | perl -0777 -pe \
    's/.\z/\xff/s' | seed zstd/checksum
(printf '\x50\x2a\x4d\x18\x02\0\0\0hi' && printf x | zstd -q) |
    seed zstd/skippable
(printf x | zstd -q && printf x | zstd -q) | seed zstd/two
printf 'rows\n' | zstd -q | head -c 9 | seed zstd/cut

# block ROWS COLUMNS SECTIONS: a block of columns; sections in Perl's escapes.
block()
{
	perl -e 'my $s = eval qq("$ARGV[2]");
	    print pack("V3", $ARGV[0], $ARGV[1], length $s), $s' "$@"
}
block 2 2 '\3\4\0\0\0\0\0\0\1\2\0\3\5abcdefgh' | seed columns/two
block 3 1 '\2\2\3\2\0\0\1\2\3\4\5' | seed columns/planes
block 2 1 '\0\xff\xfe\xfe\0\0\0'"$(printf 'x%.0s' {1..254})" |
    seed columns/long
block 9 0 '' | seed columns/no-columns
block 700000 1 '\1\xff' | seed columns/most-rows
block 700000 1 '\1\xfd' | seed columns/bomb
block 1 1 '\4\1a' | seed columns/shape
(block 0 0 '\0\1\0\0\0\1a' && block 1 1 '\1\1a') | seed columns/long-row
block 0 0 '' | seed columns/empty-row

# Whether there is a head, then the tag and length of each message.
printf '\1\1\100\0\3\5\0' | seed seal/part
printf '\1\1\100\0\0\377\377\0\377\377\3\377\377' | seed seal/full
printf '\0\3\0\0' | seed seal/empty
printf '\0\0\377\377\3\0\0' | seed seal/empty-last
printf '\0\0\377\377\0\377\377' | seed seal/endless
printf '\0\3\5\0\3\5\0' | seed seal/two-ends
printf '\0\0\5\0\3\5\0' | seed seal/short-message
printf '\0\2\377\377\3\5\0' | seed seal/rekey
printf '\1\0\100\0\3\5\0' | seed seal/head-by-tag
printf '\1\1\77\0\3\6\0' | seed seal/short-head
printf '\0\1\100\0\3\5\0' | seed seal/unasked-head

echo "a passphrase" >"$work/phrase"
chmod 600 "$work/phrase"
"$PGCASK" keygen -q --passphrase-file "$work/phrase" -o "$work/new"
seed keyfile/seal <"$work/format-1-seal.key"
seed keyfile/open <"$work/format-1-open.key"
seed keyfile/protected <"$work/new-open.key"
sed 's/^protected: \([^ ]*\) [0-9]* [0-9]* /protected: \1 1 8192 /' \
    "$work/new-open.key" | seed keyfile/cheap
sed 's/^protected: \([^ ]*\) /protected: \1 -1 /' "$work/new-open.key" |
    seed keyfile/negative
sed 's/^\(protected: .*\)/\1 more/' "$work/new-open.key" | seed keyfile/more
sed 's/$/\r/' "$work/format-1-open.key" | seed keyfile/crlf
sed 's/secret: ../secret: zz/' "$work/format-1-open.key" | seed keyfile/digits
tr '\n' '\0' <"$work/format-1-seal.key" | seed keyfile/nul
head -c 65536 /dev/zero | seed keyfile/long

# Of the whole archive, so that each entry is met: the golden one, and
# what a thief of the file could do to it.
seed reader/0-golden <"$cask"
size=$(stat -c %s "$cask")
for at in 100 600 2000 9000 $((size - 3000)) $((size - 1300)); do
	perl -0777 -pe "substr(\$_, $at, 1) ^= qq(\\x01)" "$cask" |
	    seed "reader/byte-$at"
done
head -c $((size - 512)) "$cask" | seed reader/cut
(head -c 1536 "$cask" && tail -c 2560 "$cask") | seed reader/hollow
head -c 1536 "$cask" | seed reader/header-alone

# What is left of it: bytes FROM to TO, then the next two, and so on; without
# its largest part, which is a third of it.
left()
{
	local from to

	while [ $# -gt 0 ]; do
		from=$1 to=$2
		shift 2
		tail -c +$((from + 1)) "$cask" | head -c $((to - from))
	done
}

# at NAME: where the tar header of an entry is; where the next one is.
at()
{
	tar tRf "$cask" | awk -v name="$1" '
		$3 == name { print 512 * substr($2, 1, length($2) - 1) }'
}
zeros()
{
	head -c "$1" /dev/zero
}
first=$(at data/00000001) second=$(at data/00000002) third=$(at lo/00000003)
manifest=$(at manifest) index=$(at index)
left 0 "$first" "$second" "$size" | seed salvage/one-part-gone
left 0 "$first" "$third" "$index" | seed salvage/no-index
left 0 "$first" "$third" "$manifest" | seed salvage/no-manifest
left 0 "$first" "$manifest" "$size" | seed salvage/no-parts
left 0 $((third - 700)) | seed salvage/cut
(left 0 "$first" && left "$third" "$manifest" |
    perl -0777 -pe 's{(data|lo)/0{6}}{"x" x length $&}ge') |
    seed salvage/no-names
(left 0 "$first" && zeros 512 && left $((second + 512)) "$index") |
    seed salvage/no-head
(zeros 512 && left 512 "$first" "$third" "$index") | seed salvage/no-first-head
(zeros 1536 && left 1536 "$first" "$third" "$size") |
    seed salvage/header-gone
(left 0 "$first" "$third" "$index" && left "$third" "$index") |
    seed salvage/twice
(left 0 "$first" "$manifest" "$index" "$third" "$manifest") |
    seed salvage/other-order
left 0 "$first" $((third + 1)) "$index" | seed salvage/byte-gone

# What somebody who has the keys has sealed; the tables whose rows are few, or
# one of them alone, with a schema of one entry.
PGCASK=$PGCASK perl -MJSON::PP -e '
	my ($cask, $key, $all, $small) = @ARGV;
	sub cat {
		open(my $in, "-|", $ENV{PGCASK}, "cat", $cask, $_[0],
		    "--open-key", $key) or die;
		binmode $in;
		local $/;
		return <$in>;
	}
	my $json = JSON::PP->new->canonical->ascii;
	my $cat = $json->decode(cat("catalog"));
	my $man = $json->decode(cat("manifest"));
	my %zero = (bytes => 0, parts => 0, rows => 0, digest => "0" x 32);
	my (@parts, @bodies);
	for my $p (@{$man->{parts}}) {
		my ($kind, $table, $rows, $bytes, $sealed, $digest) = @$p;
		if ($kind == 1 || $bytes > 5000) {
			$man->{tables}[$table] = {%zero} if $kind == 0;
			next;
		}
		my $t = $cat->{tables}[$table];
		my $name = join ".", map { s/"/""/gr =~ s/.*/"$&"/sr }
		    $t->{schema}, $t->{name};
		utf8::encode($name);
		my $body = cat($name);
		$body = substr($body, 19, -2) if $t->{format} eq "binary";
		push @parts, $p;
		push @bodies, "\0" . pack("V4 Q< Q< H32 V x12", $kind, $table,
		    1, 1, $rows, $bytes,
		    join("", reverse $digest =~ /../g), 0) . $body;
	}
	$man->{parts} = \@parts;
	$man->{large_objects} = {%zero};
	$cat->{large_objects} = $man->{large_object_count} = 0;
	sub put {
		my ($path, $schema) = @_;
		open(my $out, ">:raw", $path) or die;
		print $out join "\n%%\n", $json->encode($cat), $schema,
		    $json->encode($man), @bodies;
		close $out or die;
	}
	put($all, cat("schema"));
	@parts = grep { $_->[1] == 2 } @parts;
	@bodies = grep { unpack("x5 V", $_) == 2 } @bodies;
	$parts[0][1] = 0;
	substr($bodies[0], 5, 4) = pack "V", 0;
	$cat->{tables} = [$cat->{tables}[2]];
	$cat->{sequences} = [];
	$man->{tables} = [$man->{tables}[2]];
	sub int { pack "CV", $_[0] < 0 ? 1 : 0, abs $_[0] }
	sub str { &int(length $_[0]) . $_[0] }
	put($small, "PGDMP" . pack("C6", 1, 14, 0, 4, 8, 1) .
	    &int(0) x 8 . str("museum") . str("15") . str("15") . &int(1) .
	    &int(7) . &int(1) . str("1259") . str("16400") . str("a") .
	    str("TABLE") . &int(2) . str("CREATE TABLE a (b text);\n") .
	    str("DROP TABLE a;\n") . &int(-1) . str("museum") . str("") .
	    str("heap") . str("postgres") . str("false") . &int(-1) .
	    "\0" x 9);
' "$cask" "$work/format-1-open.key" "$work/sealed" "$work/small"
seed sealed/small <"$work/small"
seed sealed/real <"$work/sealed"
perl -0777 -pe 's/"binary"/"text"/g or die' "$work/sealed" | seed sealed/text
perl -0777 -pe 's/^\{/{"globals_only":true,/' "$work/sealed" | seed sealed/globals
perl -0777 -pe 's/\n%%\n\0/\n%%\n\x02/g or die' "$work/sealed" | seed sealed/raw
perl -0777 -pe 's/\n%%\n\0.*//s or die' "$work/sealed" | seed sealed/no-parts
perl -0777 -pe 's/\n%%\n\0(.{48})\0/\n%%\n\0$1\x01/sg or die' "$work/sealed" |
    seed sealed/columns

root=$(tail -c 1536 "$cask" | head -c 32 | od -An -vtx1 | tr -d ' \n')
marks='{"root":"'$root'","checked":"2026-11-21T02:15:00Z","depth":"data",'
seed marks/good <<<"$marks"'"fault":null,"done":{"hashes":"1-7","data":"2"}}'
seed marks/fault <<<"$marks"'"fault":"a\u001bb","done":{"hashes":"","data":""}}'
seed marks/beyond <<<"$marks"'"fault":null,"done":{"hashes":"8","data":"2-1"}}'
seed marks/other <<<"${marks/$root/${root:2}00}"'"fault":null,"done":
	{"hashes":"1","data":"1"}}'
seed marks/empty </dev/null

printf '1\tone\n2\ttwo\n\n' | seed rows/lines
printf '1\tone\n2\ttw' | seed rows/cut
printf '\0\2\0\0\0\1a\377\377\377\377\0\0\0\1\0\0\0\0' | seed rows/tuples
printf '\0\1\200\0\0\0' | seed rows/negative
(printf '\115\0\0\0\0\0\20\0\0\0\0\0\3\0\0\0abc' && head -c 12 /dev/zero &&
    printf '\1\0\20\0') | seed rows/records
perl -e 'print pack("V4 Q< Q< Q< Q< V x12", 0, 3, 1, 2, 4, 50, 6, 7, 1)' |
    seed rows/head

entry globals | seed script/globals
seed script/roles <<'END'
CREATE ROLE app; -- one
ALTER ROLE app WITH NOSUPERUSER PASSWORD 'SCRAM-SHA-256$4096:a''b\';
\connect template1
GRANT app TO other WITH ADMIN OPTION GRANTED BY postgres;
END
seed script/quotes <<'END'
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $q$SELECT $$;$$ || ';'$q$;
/* one /* in another; */ */ SELECT U&"d\0061t" , E'\';', "a"";" ;
CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;
COPY t (a) FROM stdin;
END
seed script/statistics <<'END'
SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180000'::integer,
	'schemaname', 'public',
	'relname', 't',
	'relpages', '1'::integer
);
END
printf '{=r/a,"b c=a*w*/a","q\\"u=X/a"}' | seed script/acl
printf 'a\\tb\tc\n\\.\n' | seed script/rows

seed filter/all <<'END'
# what is to be kept
include table public.a*	# and not
include table_and_children "Odd ""name""".b?
exclude schema "x\ny"
exclude table_data_and_children "a\\b".[a-z]{1,3}|(q\w)+
Include Extension plpgsql

exclude table_data "two
lines"
END
printf 'include table' | seed filter/cut
printf 'include foreign_data x\n' | seed filter/not-here
printf 'exclude table "a' | seed filter/quote
printf 'exclude table \\\\1*+?**(\n' | seed filter/regexp
