# The database of choose.sql, in an archive, and restores of parts of it.

# choose_begin: for setup_file; a server with it, and $ARCHIVE.
choose_begin()
{
	export T=$BATS_FILE_TMPDIR REPO=$BATS_FILE_TMPDIR/repo
	mkdir "$REPO"
	cask_keys "$T/keys"
	pg_start SERVER
	pg_sql postgres "CREATE ROLE chooser"
	pg_new choose
	pg_sql choose <"$BATS_TEST_DIRNAME/choose.sql" >/dev/null
	cask_backup choose "$REPO"
	export ARCHIVE
	ARCHIVE=$(the_archive "$REPO")
}

# restore STATUS OPTION...: as cask_restore into the database copy; the status
# must be STATUS, and what is said is in $T/out.
restore()
{
	exits "$1" cask_restore "$ARCHIVE" copy "${@:2}"
}
