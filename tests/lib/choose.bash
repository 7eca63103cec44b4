# The database of choose.sql, in an archive, and restores of parts of it.

# choose_server: for setup_file; a server with it.
choose_server()
{
	cask_begin
	pg_sql postgres "CREATE ROLE chooser"
	pg_new choose
	pg_sql choose <"$BATS_TEST_DIRNAME/choose.sql" >/dev/null
}

# choose_begin: that, and $ARCHIVE.
choose_begin()
{
	choose_server
	cask_backup choose "$REPO"
	export ARCHIVE
	ARCHIVE=$(the_archive "$REPO")
}

# choose_copy: for setup; the database copy is as the source.
choose_copy()
{
	pg_use "$SERVER"
	pg_drop copy
	pg_sql postgres "CREATE DATABASE copy TEMPLATE choose"
}

# tell: all of the copy.
tell()
(
	export PGUSER=postgres
	pg_server_dump copy && pg_contents copy
)

# changed SQL...: the copy is changed so, and then told in $T/before.
changed()
{
	pg_sql copy "$@"
	tell >"$T/before"
}

# restore STATUS OPTION...: as cask_restore into the database copy; the status
# must be STATUS, and what is said is in $T/out.
restore()
{
	exits "$1" cask_restore "$ARCHIVE" copy "${@:2}"
}
