#ifndef JOB_LOCKERS_H
#define JOB_LOCKERS_H

#include "base/buf.h"
#include "db/conn.h"

/* Sessions that have a table for themselves, told to people. */

/* The columns of waiting.sql, and the first five of lockers.sql. */
enum {
	LOCKERS_PID,
	LOCKERS_WHO,
	LOCKERS_TABLE,
	LOCKERS_SECONDS,
	LOCKERS_STATEMENT,
	LOCKERS_BEHIND
};

/* lockers_describe(rows, row, does, out): append "bob (pid 12) ${does} table
 * public.t, since 3.0 s: ALTER TABLE ...". */
void lockers_describe(
    const PGresult *rows, int row, const char *does, struct buf *out);

/* lockers_blame(conn, lock_timeout, err): where ${err} is of a lock that did
 * not come in ${lock_timeout} seconds, put into it who has it, if that can be
 * told; ${conn} is in no transaction, or NULL. */
void lockers_blame(struct conn *conn, unsigned lock_timeout, struct err *err);

#endif
