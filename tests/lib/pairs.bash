# Pairs of server versions: the everything database of one goes into an archive
# and comes back on the other, and is compared with what pg_dump and pg_restore
# of the newest version make of it.

# pairs_of FROM FOLDER [TO...]: every pair with that source; a line of the table
# for each on standard output, "ok" or "not ok" in front.
pairs_of()
{
	local from=$1 dir=$2 to

	shift 2
	mkdir -p "$dir/repo"
	cask_keys "$dir/keys"
	everything_start SOURCE "$from" &&
	    everything_make every "$SOURCE/spaces" &&
	    everything_tell every "$dir/source" &&
	    cask_backup every "$dir/repo" --pg-bindir "$PAIRS_BIN" \
		>"$dir/backup.out" 2>&1 &&
	    pg_dump -Fc --create -f "$dir/dump" every &&
	    pg_dumpall --globals-only >"$dir/globals.sql" &&
	    pg_ctl "$SOURCE" stop || {
		cat "$dir/backup.out"
		echo "not ok - $from: cannot make the source"
		pg_stop "$SOURCE"
		return 1
	}
	for to; do
		pair "$from" "$to" "$dir"
	done
	pg_stop "$SOURCE"
}

# pair FROM TO FOLDER
pair()
{
	local from=$1 to=$2 dir=$3 ours=$3/ours-$2 theirs=$3/theirs-$2
	local status=0 refused

	mkdir -p "$ours" "$theirs"
	everything_spaces "$SOURCE/spaces"
	everything_start TARGET "$to" || status=1
	cask_restore latest:every every -r "$dir/repo" --globals --create \
	    --verify >"$ours.out" 2>&1 || refused=$?
	everything_tell every "$ours" || status=1
	pg_stop "$TARGET"

	everything_spaces "$SOURCE/spaces"
	everything_start TARGET "$to" || status=1
	psql -X -q -d postgres -f "$dir/globals.sql" >"$theirs.out" 2>&1
	if [ "$to" -ge 15 ]; then
		pg_restore --create -d postgres "$dir/dump" >>"$theirs.out" 2>&1
	else
		# Older servers do not know what it says of the locale.
		pg_new every "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'
		    TEMPLATE template0 TABLESPACE \"Every \"\"odd\"\" space\""
		pg_restore -d every "$dir/dump" >>"$theirs.out" 2>&1
	fi
	everything_tell every "$theirs" || status=1
	pg_stop "$TARGET"
	pair_line "$from" "$to" "$dir" "${refused:-0}" "$status"
}

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
