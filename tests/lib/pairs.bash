# Pairs of server versions: the everything database of one goes into an archive
# and comes back on the other, and is compared with what pg_dump and pg_restore
# make of it; and the same for PostgreSQL's own regression database.
#
# What makes and compares dumps is of version 15 where both servers are as old,
# else of 18: a newer pg_dump writes what an older server does not know.

# pairs_clients MAJOR: the folder of those for servers up to that version.
pairs_clients()
{
	if [ "$1" -le 15 ]; then
		pg_bindir 15
	else
		pg_clients
	fi
}

# pairs_of FROM FOLDER [TO...]: every pair with that source; a line of the table
# for each on standard output, "ok" or "not ok" in front.
pairs_of()
{
	local from=$1 dir=$2 to status=0

	shift 2
	cask_keys "$dir/keys"
	everything_start SOURCE "$from" &&
	    (
		PATH=$(pairs_clients 18):$PATH
		everything_make every "$SOURCE/spaces"
	    ) &&
	    { [ "$from" -gt 15 ] || pairs_save "$dir/15"; } &&
	    pairs_save "$dir/18" && pg_ctl "$SOURCE" stop || status=1
	for to; do
		if [ "$status" -ne 0 ]; then
			echo "not ok $from -> $to: cannot make the source"
		elif [ "$to" -le 15 ]; then
			pair "$from" "$to" "$dir/15"
		else
			pair "$from" "$to" "$dir/18"
		fi
	done
	pg_stop "$SOURCE"
}

# pairs_save FOLDER: what the source is, as archive, as dump, and as told by
# the programs of the version that the folder is named after.
pairs_save()
(
	bin=$(pairs_clients "${1##*/}") || exit
	PATH=$bin:$PATH
	mkdir -p "$1/repo"
	everything_tell every "$1/source" &&
	    cask_backup every "$1/repo" --pg-bindir "$bin" >&2 &&
	    pg_dump -Fc --create -f "$1/dump" every &&
	    pg_dumpall --globals-only >"$1/globals.sql"
)

# pair FROM TO FOLDER
pair()
(
	from=$1 to=$2 dir=$3 ours=$3/ours-$2 theirs=$3/theirs-$2 failed=0 status=0
	PATH=$(pairs_clients "${dir##*/}"):$PATH
	mkdir -p "$ours" "$theirs"
	everything_spaces "$SOURCE/spaces"
	everything_start TARGET "$to" || failed=1
	cask_restore latest:every every -r "$dir/repo" --globals --create \
	    --verify >"$ours.out" 2>&1 || status=$?
	everything_tell every "$ours" || failed=1
	pg_stop "$TARGET"

	everything_spaces "$SOURCE/spaces"
	everything_start TARGET "$to" || failed=1
	psql -X -q -d postgres -f "$dir/globals.sql" >"$theirs.out" 2>&1
	if [ "$to" -ge 15 ]; then
		pg_restore --create -d postgres "$dir/dump" >>"$theirs.out" 2>&1
	else
		# Older servers may not know what it says of the locale.
		pg_new every "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'
		    TEMPLATE template0 TABLESPACE \"Every \"\"odd\"\" space\""
		pg_restore -d every "$dir/dump" >>"$theirs.out" 2>&1
	fi
	everything_tell every "$theirs" || failed=1
	pg_stop "$TARGET"
	pair_line "$from" "$to" "$dir" "$status" "$failed"
)

# pair_line FROM TO FOLDER EXIT-STATUS FAILED
pair_line()
{
	local dir=$3 ours=$3/ours-$2 theirs=$3/theirs-$2 failed=$5 side line=

	for side in schema rows globals properties large-objects states; do
		if diff "$dir/source/$side" "$ours/$side" >"$ours.$side.source"
		then
			line="$line  same"
		else
			line="$line  $(grep -c '^[<>]' "$ours.$side.source")"
		fi
		# Without --create it leaves the properties alone.
		[ "$2" -ge 15 ] || [ "$side" != properties ] || continue
		diff "$theirs/$side" "$ours/$side" >"$ours.$side.theirs" || {
			line="$line (pg_restore: $(grep -c '^[<>]' \
			    "$ours.$side.theirs"))"
			failed=1
		}
	done
	# No row may differ, whatever pg_restore does.
	[ ! -s "$ours.rows.source" ] || failed=1
	if [ "$failed" -eq 0 ]; then
		echo "ok $1 -> $2  exit $4 $line"
	else
		echo "not ok $1 -> $2  exit $4 $line"
	fi
}

# regress_of MAJOR FOLDER: PostgreSQL's own regression database, of the source
# in PG_SOURCE/MAJOR.
regress_of()
{
	local major=$1 dir=$2 build status=0

	"$PG_TOP/packaging/deps.sh" source || return
	build=$(pg_cached "regress-$major-$(regress_sum "$major")" \
	    regress_build "$PG_SOURCE/$major") || {
		echo "not ok - regress $major: the source does not build"
		return 1
	}
	cask_keys "$dir/keys"
	PATH=$(pairs_clients "$major"):$PATH
	pg_start SERVER "$major" &&
	    regress_make "$major" "$build" "$dir" || status=1
	[ "$status" -ne 0 ] || regress_compare "$major" "$dir"
	[ "$status" -eq 0 ] || echo "not ok - regress $major: no database"
	pg_stop "$SERVER"
}

regress_sum()
{
	sha256sum "$PG_SOURCE/$1/configure" | cut -c 1-12
}

# regress_build SOURCE: the programs of its suite, in the current folder.
regress_build()
{
	"$1/configure" -q --without-readline --without-icu --without-zlib &&
	    make -s -C src/test/regress all &&
	    find . -name '*.o' -delete
}

# regress_make MAJOR BUILD FOLDER: run the suite for what it leaves behind;
# which of its tests pass does not matter.
regress_make()
{
	local suite=$2/src/test/regress source=$PG_SOURCE/$1/src/test/regress
	local without=none more=()

	[ "$1" -lt 16 ] || more=("--expecteddir=$source")
	# The server writes there, too.
	mkdir -p "$3/out/results"
	chmod 777 "$3/out" "$3/out/results"
	# The builds that there are of 17 and 18 crash on some, and all that
	# runs beside them is lost.
	[ "$1" -lt 16 ] || without='sqljson|hash_part'
	sed -E ":again; /^test:/s/ ($without)( |\$)/\2/; t again" \
	    "$source/parallel_schedule" >"$3/schedule"
	pg_new regression "TEMPLATE template0"
	timeout 500 "$suite/pg_regress" --use-existing --user=postgres \
	    --host="$PGHOST" --port="$PGPORT" --max-connections=8 \
	    --bindir="$(dirname "$(command -v psql)")" --dlpath="$suite" \
	    --inputdir="$source" --outputdir="$3/out" \
	    --schedule="$3/schedule" "${more[@]}" \
	    >"$3/regress.out" 2>&1
	[ "$(pg_sql regression "SELECT count(*) FROM pg_class
	    WHERE oid >= 16384 AND relkind <> 't'")" -gt 1200 ]
}

# regress_compare MAJOR FOLDER: a copy by pgcask and one by pg_dump and
# pg_restore are the same, and how far from the source.
regress_compare()
{
	local dir=$2 db status=0

	mkdir -p "$dir/repo" "$dir/ours" "$dir/theirs" "$dir/source"
	cask_backup regression "$dir/repo" \
	    --pg-bindir "$(pairs_clients "$1")" >&2 &&
	    cask_restore latest:regression ours -r "$dir/repo" --create \
		--verify >"$dir/ours.out" 2>&1
	cat "$dir/ours.out" >&2
	pg_new theirs "TEMPLATE template0"
	pg_dump -Fc -f "$dir/dump" regression &&
	    pg_restore -d theirs "$dir/dump" >"$dir/theirs.out" 2>&1
	for db in regression ours theirs; do
		pg_server_dump "$db" >"$dir/$db.schema" || status=1
		pg_contents "$db" >"$dir/$db.rows" || status=1
	done
	for side in schema rows; do
		diff "$dir/theirs.$side" "$dir/ours.$side" \
		    >"$dir/$side.diff" || status=1
		head -n 40 "$dir/$side.diff" >&2
	done
	# Rows are told by their text, in which the columns of some heirs stand
	# in another order, and a view that was stale is not any more.
	[ "$status" -eq 0 ] && printf 'ok' || printf 'not ok'
	printf ' regress %s: as pg_restore makes it; not as in the source: ' "$1"
	printf '%d of %d lines of its dump, %d of %d tables\n' \
	    "$(regress_differ "$dir" schema)" "$(wc -l <"$dir/ours.schema")" \
	    "$(regress_differ "$dir" rows)" "$(wc -l <"$dir/ours.rows")"
}

regress_differ()
{
	diff "$1/regression.$2" "$1/ours.$2" | grep -c '^>'
}
