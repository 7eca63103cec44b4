#ifndef JOB_BACKUP_WATCH_H
#define JOB_BACKUP_WATCH_H

#include "db/conn.h"

/*
 * Looking out for the application while a dump holds its locks.
 *
 * ACCESS SHARE stands in the way of those alone who want a table for
 * themselves: migrations, TRUNCATE, VACUUM FULL.  But whoever comes behind
 * these waits with them, plain readers too.  A thread of its own asks the
 * server about once a second, and warns of each such session once, or stops the
 * job (base/stop.h) with ERR_WARNINGS, so that all locks are gone at once.
 *
 * It asks over a connection that the backup has anyway: where these are scarce,
 * one for this alone would be the one that is refused.
 */
struct watch;

/* watch_start(leader, conn, yield, err): for the locks that ${leader}'s session
 * and its children hold; ${yield}: stop the job.  ${conn}, which is in no
 * transaction, is lent until watch_end(). */
struct watch *watch_start(
    const struct conn *leader, struct conn *conn, int yield, struct err *err);
/* watch_hold(watch): meanwhile ${conn} is the caller's again, until
 * watch_release(); NULL is fine. */
void watch_hold(struct watch *watch);
void watch_release(struct watch *watch);
/* watch_end(watch): NULL is fine. */
void watch_end(struct watch *watch);

#endif
