#include <string.h>

#include "job/proof/venue.h"

#define NOT_HELD "no drill was held"

/* Until a database is there for it nothing of an archive is in one; to have it
 * made takes rights, sessions and locales that are the server's. */
static int
is_unbegun(const char *phase)
{
	return strcmp(phase, "server") == 0 || strcmp(phase, "target") == 0;
}

/* Of a session that could not be had libpq tells no SQLSTATE. */
static int
is_crowded(const struct err *err)
{
	return strcmp(err->sqlstate, "53300") == 0 ||
	    (err->sqlstate[0] == '\0' &&
		(strstr(err->msg, "too many c") != NULL ||
		    strstr(err->msg, "connection slots") != NULL));
}

/* A session that could not be had, or was taken, while its server goes on.
 * Those that ask the copy are the last to be opened. */
static int
is_of_session(const char *phase, const struct err *err)
{
	return conn_was_ended(err) &&
	    (err->sqlstate[0] != '\0' || strcmp(phase, "assert") == 0 ||
		strstr(err->msg, "lost the connection") != NULL);
}

/* The copy, which is all there by then, lets nobody in, and its server does: a
 * setting of that database, say, needs a library that is not on this host.  In
 * a server of others they may have seen to that. */
static int
is_shut(const struct venue *v, const char *phase, const struct err *err)
{
	return v->own != NULL && strcmp(phase, "assert") == 0 &&
	    err->sqlstate[0] == '\0' && strstr(err->msg, "FATAL:") != NULL &&
	    !is_crowded(err) && throwaway_is_up(v->own);
}

static void
hint_room(const struct venue *v, struct err *err)
{
	err->kind = ERR_STORAGE;
	err->hint[0] = '\0';
	if (v->own == NULL)
		(void)err_hint(err, "make room on that server's disk");
	else
		(void)err_hint(err,
		    "make room on the disk of %s, or name another folder with "
		    "--work-dir",
		    throwaway_place(v->own));
}

/* What to do, unless the server has said it. */
static void
hint_next(int own, struct err *err)
{
	int crowded = is_crowded(err);

	/* Those of a restore are of what one does to keep the database, and
	 * those of a session of options that a drill has not. */
	if (crowded || strstr(err->hint, "--create") != NULL ||
	    strstr(err->hint, "-d") != NULL || strstr(err->hint, "-U") != NULL)
		err->hint[0] = '\0';
	if (crowded)
		(void)err_hint(err,
		    "a drill takes some sessions more than --jobs: ask for "
		    "fewer, or %s",
		    own ? "leave max_connections to it"
			: "let that server, database or role have more");
	else if (strstr(err->msg, "locale") != NULL)
		(void)err_hint(err,
		    "make that locale on this host (localedef), or drill "
		    "where there is one");
	else if (!own && strstr(err->msg, "role \"") != NULL &&
	    strstr(err->msg, "\" does not exist") != NULL)
		(void)err_hint(err,
		    "CREATE ROLE makes it, or --server names another; without "
		    "--server a server is made for the drill");
	else if (strcmp(err->sqlstate, "42501") == 0 && !own)
		(void)err_hint(err,
		    "ALTER ROLE ... CREATEDB lets that user, or --server names "
		    "another; without --server a server is made for the drill");
	else if (strncmp(err->sqlstate, "53", 2) == 0)
		(void)err_hint(err,
		    "let the server have more of it, or ask for fewer --jobs");
	else if (own)
		(void)err_hint(err, "drill again once that is mended");
	else
		(void)err_hint(err,
		    "check what --server says, and that it runs and lets you "
		    "in; without --server a server is made for the drill");
}

void
venue_lacks(int own, struct err *err)
{
	if (err->kind != ERR_DB && err->kind != ERR_STORAGE &&
	    err->kind != ERR_FAIL)
		return;
	(void)err_wrap(err, NOT_HELD);
	if (err->kind == ERR_DB)
		hint_next(own, err);
}

int
venue_failed(const struct venue *v, const char *phase, struct err *err)
{
	int ended, full;

	if (err->kind != ERR_DB)
		return 0;
	if (is_shut(v, phase, err)) {
		err->hint[0] = '\0';
		(void)err_wrap(err, "nobody can enter the restored database");
		return 0;
	}
	ended = is_crowded(err) ? 0
	    : v->own != NULL    ? throwaway_explain(v->own, err)
				: scratch_explain(v->scratch, err);
	/* disk_full; what a dying server says last. */
	full = strcmp(err->sqlstate, "53100") == 0 ||
	    (ended && strstr(err->msg, "No space left") != NULL);
	if (full)
		hint_room(v, err);
	else if (ended)
		err->hint[0] = '\0';
	else if (is_unbegun(phase) || is_crowded(err) ||
	    is_of_session(phase, err) || strncmp(err->sqlstate, "53", 2) == 0)
		hint_next(v->own != NULL, err);
	else
		return 0;
	(void)err_wrap(err, NOT_HELD);
	return 1;
}
