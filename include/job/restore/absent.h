#ifndef JOB_RESTORE_ABSENT_H
#define JOB_RESTORE_ABSENT_H

#include "db/catalog.h"
#include "db/conn.h"
#include "db/toc.h"
#include "job/choose/selection.h"
#include "job/statement.h"

/*
 * What an archive names and a server does not have: roles, tablespaces; each
 * sort is one warning that lists all of it.  And roles that the user may not
 * give objects to, of which job/denied.h tells.  The statements go around
 * them.
 */
struct absent;

struct absent_opts {
	const struct toc *toc;
	const struct catalog *cat;
	const enum pass *passes;
	const struct selection *said;
	int whole;   /* all that the database had is to come */
	int globals; /* --globals has done what it can */
	int made;    /* the database is made, with what is its own */
	int quiet;   /* warn of nothing */
};

/* absent_find(conn, opts, err): ask the server, and warn.  What ${opts} points
 * to is lent as long as the result lives. */
struct absent *
absent_find(struct conn *conn, const struct absent_opts *opts, struct err *err);
void absent_free(struct absent *a);

/* absent_session(a): for whom statements are to be made; lent. */
const struct session *absent_session(const struct absent *a);

#endif
