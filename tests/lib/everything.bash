# The everything database: an example of all that PostgreSQL keeps, as far as
# a server's version knows it, and the proof that a copy has all of it.
#
# tests/integration/everything/SINCE/NUMBER-NAME.sql makes it: those whose
# SINCE the server's major version has reached, in the order of NUMBER.

EVERYTHING=$PG_TOP/tests/integration/everything

# everything_bindir MAJOR: the programs of that server, with the test's own
# extension beside those that come with it and a provider of security labels.
everything_bindir()
{
	local bindir sum dir

	bindir=$(pg_bindir "$1") || return
	sum=$({
		"$bindir/postgres" --version
		cat "$EVERYTHING"/extension/* "$PG_TOP/tests/tools/label.c" \
		    "$PG_TOP/tests/lib/everything.bash"
	} | sha256sum | cut -c 1-12)
	dir=$(pg_cached "everything-$1-$sum" everything_install "$1" "$bindir") ||
		return
	dirname "$(find "$dir" -name postgres -path '*/bin/*')"
}

# A server finds its files from where its program lies: a copy of the program
# takes its folders along, as links, and looks for extensions in ours.
everything_install()
{
	local major=$1 bindir=$2 root share program

	if [ -d "${bindir%/bin}/share" ]; then
		root=${bindir%/bin}
		mkdir bin
		share=share
		ln -s "$root/lib" lib
	else
		root=/
		mkdir -p ".$bindir" usr/share/postgresql
		share=usr/share/postgresql/$major
		ln -s "${bindir%/bin}/lib" "./${bindir%/bin}/lib"
	fi
	for program in postgres initdb pg_ctl; do
		cp "$bindir/$program" ".${bindir#"${root%/}"}/"
	done
	cp -rs "$root/$share" "./$share"
	cp "$EVERYTHING"/extension/* "$(find . -type d -name extension)/"
	cc -shared -fPIC -DMAJOR="$major" -o label.so "$PG_TOP/tests/tools/label.c"
}

# everything_start VAR MAJOR: a server that can have the everything database.
everything_start()
{
	local bindir root

	bindir=$(everything_bindir "$2") || return
	root=$bindir
	while [ ! -f "$root/label.so" ]; do
		root=${root%/*}
		[ -n "$root" ] || return
	done
	pg_start "$1" "$bindir" &&
	    pg_configure "${!1}" "shared_preload_libraries = '$root/label.so'" &&
	    pg_ctl "${!1}" restart
}

# everything_spaces DIR: make the folders of the tablespaces, or empty them, so
# that another server can have them; the servers that had them are stopped.
everything_spaces()
{
	local space

	for space in "$1/space 1" "$1/space-2"; do
		rm -rf "$space"
		mkdir -p "$space"
		[ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$space"
	done
}

# everything_make DATABASE DIR: make it, and the roles and tablespaces, in a
# fresh server; the folders of DIR are the tablespaces'.
everything_make()
{
	local db=$1 dir=$2 major part

	major=$(pg_sql postgres "SHOW server_version_num")
	major=$((major / 10000))
	everything_spaces "$dir"
	pg_file postgres "$EVERYTHING/roles.sql" -v "space_1=$dir/space 1" \
	    -v "space_2=$dir/space-2" || return
	pg_new "$db" "LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8' TEMPLATE template0
	    TABLESPACE \"Every \"\"odd\"\" space\"" || return
	while read -r part; do
		pg_file "$db" "$part" || return
	done < <(everything_parts "$major")
	everything_properties "$db"
}

# pg_file DATABASE FILE [OPTION...]: run it; the first error ends it.
pg_file()
{
	PGOPTIONS="-c client_min_messages=error" psql -X -q \
	    -v ON_ERROR_STOP=1 -d "$1" -f "$2" "${@:3}" >/dev/null
}

# everything_parts MAJOR: the files, in their order.
everything_parts()
{
	local part since

	for part in "$EVERYTHING"/[0-9]*/*.sql; do
		since=$(basename "$(dirname "$part")")
		[ "$since" -gt "$1" ] || echo "${part##*/} $since $part"
	done | sort | cut -d ' ' -f 3-
}

# What belongs to the database itself.
everything_properties()
{
	local db=$1

	pg_sql postgres \
	    "ALTER DATABASE $db SET search_path = data, \"Odd \"\"schema\"\"\", public" \
	    "ALTER DATABASE $db SET statement_timeout = '10min'" \
	    "ALTER DATABASE $db SET \"ours.odd\" = 'it''s \"so\"'" \
	    "ALTER ROLE every_reader IN DATABASE $db SET work_mem = '8MB'" \
	    "ALTER ROLE every_reader IN DATABASE $db SET search_path = ''" \
	    "ALTER ROLE \"Every \"\"odd\"\" rôle; -- in it\" IN DATABASE $db
		SET DateStyle = 'SQL, DMY'" \
	    "ALTER DATABASE $db CONNECTION LIMIT 77" \
	    "ALTER DATABASE $db OWNER TO every_owner" \
	    "REVOKE ALL ON DATABASE $db FROM PUBLIC" \
	    "GRANT CONNECT, CREATE ON DATABASE $db TO every_reader
		WITH GRANT OPTION" \
	    "SET ROLE every_reader; GRANT CONNECT ON DATABASE $db
		TO every_writer; RESET ROLE" \
	    "COMMENT ON DATABASE $db IS E'every\\nthing'" \
	    "SECURITY LABEL ON DATABASE $db IS 'label of the database'" \
	    "ALTER DATABASE $db IS_TEMPLATE true"
}

# everything_tell DATABASE FOLDER: what the server in use says of it, a file
# for each side of it, so that two such folders can be compared.
everything_tell()
{
	local db=$1 to=$2

	mkdir -p "$to"
	pg_server_dump "$db" >"$to/schema" &&
	    grep -q "PostgreSQL database dump complete" "$to/schema" &&
	    pg_contents "$db" >"$to/rows" &&
	    everything_globals >"$to/globals" &&
	    pg_sql "$db" "$(everything_query properties)" >"$to/properties" &&
	    pg_sql "$db" "$(everything_query large-objects)" \
		>"$to/large-objects" &&
	    pg_sql "$db" "$(everything_query states)" >"$to/states"
}

everything_globals()
{
	pg_dumpall --globals-only | sed -e '/^\\\(un\)\{0,1\}restrict /d'
}

# everything_query NAME: a query that tells what no dump of the schema says.
everything_query()
{
	case $1 in
	properties)
		cat <<-'SQL'
			SELECT pg_get_userbyid(datdba), encoding, datcollate,
				datctype, datconnlimit, datacl, datistemplate,
				datallowconn, s.spcname,
				to_jsonb(d) ->> 'datlocprovider',
				coalesce(to_jsonb(d) ->> 'datlocale',
					to_jsonb(d) ->> 'daticulocale'),
				replace(shobj_description(d.oid,
					'pg_database'), E'\n', '%'),
				(SELECT string_agg(provider || label, ',')
				FROM pg_shseclabel WHERE objoid = d.oid),
				(SELECT array_agg(coalesce(setrole::regrole::text, '')
					|| ' ' || setconfig::text
					ORDER BY setrole::regrole::text)
				FROM pg_db_role_setting WHERE setdatabase = d.oid)
			FROM pg_database d
			JOIN pg_tablespace s ON s.oid = dattablespace
			WHERE datname = current_database()
		SQL
		;;
	large-objects)
		cat <<-'SQL'
			SELECT m.oid, lomowner::regrole, lomacl, md5(lo_get(m.oid)),
				replace(obj_description(m.oid,
					'pg_largeobject'), E'\n', '%'),
				(SELECT label FROM pg_seclabel
				WHERE objoid = m.oid AND classoid =
					'pg_largeobject'::regclass)
			FROM pg_largeobject_metadata m ORDER BY m.oid
		SQL
		;;
	states)
		# How many things of each sort have a comment is how many
		# there are of it.
		cat <<-'SQL'
			SET search_path = '';
			SELECT 'comments', classoid::regclass, count(*)
			FROM pg_description WHERE objoid >= 16384
			GROUP BY classoid ORDER BY classoid::regclass::text COLLATE "C";
			SELECT 'unpopulated', oid::regclass FROM pg_class
			WHERE relkind = 'm' AND NOT relispopulated
			ORDER BY oid::regclass::text COLLATE "C";
			SELECT 'owned', objid::regclass, refobjid::regclass,
				refobjsubid, deptype
			FROM pg_depend WHERE classid = 'pg_class'::regclass
			AND deptype IN ('a', 'i') AND refobjsubid > 0
			AND objid IN (SELECT oid FROM pg_class WHERE relkind = 'S')
			ORDER BY objid::regclass::text COLLATE "C"
		SQL
		;;
	esac
}
