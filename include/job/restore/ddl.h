#ifndef JOB_RESTORE_DDL_H
#define JOB_RESTORE_DDL_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/toc.h"
#include "job/restore/denied.h"
#include "job/restore/schedule.h"
#include "job/statement.h"

/*
 * Running a table of contents' statements.
 *
 * Many run in one transaction, unless the connection is in one, which then
 * takes them.  When one of them is refused, all of them are
 * repeated one by one, so that the one that fails is named in a warning and
 * the others take effect.  What makes going on pointless (a lost connection,
 * a full disk, a cancel) is an error instead.  What the user has not the
 * right to is no failure of the statement: job/denied.h gathers that.  Any
 * thread may use a ddl, each with its own connection.
 */
struct ddl;

/* ddl_new(toc, passes, session): what these point to is lent. */
struct ddl *ddl_new(const struct toc *toc, const enum pass *passes,
    const struct session *session);
void ddl_free(struct ddl *ddl);

/* ddl_session(ddl, conn, err): the settings of a restoring session. */
int ddl_session(struct ddl *ddl, struct conn *conn, struct err *err);
/* ddl_helpers(conn, count, err): let an index build have ${count} helping
 * processes, or as many as the server is set to if that is fewer. */
int ddl_helpers(struct conn *conn, unsigned count, struct err *err);

/* ddl_run(ddl, conn, steps, count, err): run ${count} steps. */
int ddl_run(struct ddl *ddl, struct conn *conn, const struct step *steps,
    size_t count, struct err *err);

/* ddl_run_pass(ddl, conn, passes, pass, done, arg, err): run every entry of
 * ${pass} in the file's order, a transaction for so many; done(arg, count)
 * hears of each transaction, unless NULL. */
int ddl_run_pass(struct ddl *ddl, struct conn *conn, const enum pass *passes,
    enum pass pass, void (*done)(void *arg, size_t count), void *arg,
    struct err *err);

/* ddl_entry(ddl, entry): lent. */
const struct toc_entry *ddl_entry(const struct ddl *ddl, size_t entry);
/* ddl_has_failed(ddl, entry): whether the server refused that entry. */
int ddl_has_failed(struct ddl *ddl, size_t entry);
/* ddl_refused(ddl): how many statements it refused. */
unsigned ddl_refused(struct ddl *ddl);
/* ddl_refuse(ddl, what, err): count a refusal of somebody else's statement, and
 * warn of it; one for want of rights goes to the list of these. */
struct ddl_refusal {
	const char *what; /* in a warning of its own */
	const char *one;  /* as denied_add() takes them */
	const char *many;
	const char *name;
};
void ddl_refuse(
    struct ddl *ddl, const struct ddl_refusal *what, const struct err *err);
/* ddl_retry_owners(ddl, conn, err): give objects to those owners once more who
 * had not yet the right to have them. */
int ddl_retry_owners(struct ddl *ddl, struct conn *conn, struct err *err);
/* ddl_denied(ddl): what was left out for want of rights; lent. */
struct denied *ddl_denied(struct ddl *ddl);
/* ddl_list(ddl, to): tell ${to->lacks} of all that was refused or left out, and
 * of roles that the server lacks, when no other thread runs any more. */
void ddl_list(const struct ddl *ddl, const struct restore_listener *to);
/* ddl_finish(ddl): say how many refusals were not named, and what was denied.
 */
void ddl_finish(struct ddl *ddl);

#endif
