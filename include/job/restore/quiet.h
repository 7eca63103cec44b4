#ifndef JOB_RESTORE_QUIET_H
#define JOB_RESTORE_QUIET_H

#include "db/catalog.h"
#include "db/conn.h"

/*
 * Triggers that would fire in a session whose session_replication_role is
 * replica: those that were enabled as ALWAYS or REPLICA.  They are disabled in
 * the transaction that loads their tables, and enabled as they were before it
 * ends: nobody else ever sees them disabled, and however it fails, they are
 * not.  The lock that this takes is on the table and lets nobody else write,
 * so that one session must load all of these tables.
 */
struct quiet;

/* quiet_find(conn, cat, tables, err): those that rows of ${cat} would fire in
 * the target; ${tables}, which has room for all, has 1 for each table whose
 * rows do.  ERR_FAIL names those that the user may not disable. */
struct quiet *quiet_find(struct conn *conn, const struct catalog *cat,
    uint8_t *tables, struct err *err);
void quiet_free(struct quiet *q);

/* quiet_count(q): how many triggers there are. */
size_t quiet_count(const struct quiet *q);

/* quiet_begin(q, conn, err): disable them in a transaction: the one that
 * ${conn} is in, or a new one.  quiet_end(q, conn, err): enable them, and
 * commit what quiet_begin() began. */
int quiet_begin(struct quiet *q, struct conn *conn, struct err *err);
int quiet_end(struct quiet *q, struct conn *conn, struct err *err);

#endif
