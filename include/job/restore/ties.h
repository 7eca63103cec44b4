#ifndef JOB_RESTORE_TIES_H
#define JOB_RESTORE_TIES_H

#include "db/conn.h"
#include "job/choose/choice.h"

/*
 * What is tied to tables that are to be replaced, so that it would go with
 * them, or lose them, and nobody would hear of it: partitions that do not come
 * back, tables that they are parts of, publications, subscriptions.  And what
 * would be tied to the new ones: default privileges.
 */
struct ties;

/* What is replaced, and where; all of it is lent. */
struct ties_opts {
	struct conn *conn; /* its encoding is the archive's */
	const struct choice *choice;
	const struct toc *toc;
	const enum pass *passes;
};

/* ties_find(opts, err): while the old is there.  ERR_FAIL that names what would
 * be cut off and can't be tied again; what can, is kept in mind. */
struct ties *ties_find(const struct ties_opts *opts, struct err *err);
/* ties_loosen(t, conn, err): once the old is gone: suspend the user's default
 * privileges, or what he makes would have these besides those of the archive.
 */
int ties_loosen(struct ties *t, struct conn *conn, struct err *err);
/* ties_make(t, conn, refuse, arg, err): once the new is there, behind
 * ties_loosen(); refuse(arg,
 * what, why) hears of what the server refuses. */
int ties_make(const struct ties *t, struct conn *conn,
    void (*refuse)(void *arg, const char *what, const struct err *why),
    void *arg, struct err *err);
void ties_free(struct ties *t);

/* ties_relations(opts, names): append the quoted names of all the relations
 * that are replaced, as the text of an array. */
void ties_relations(const struct ties_opts *opts, struct buf *names);

#endif
