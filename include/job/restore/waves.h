#ifndef JOB_RESTORE_WAVES_H
#define JOB_RESTORE_WAVES_H

#include "archive/manifest.h"
#include "db/catalog.h"
#include "db/conn.h"

/*
 * The order in which rows go into tables that have their foreign keys already:
 * in waves, so that what a row refers to came in an earlier one.
 */

struct waves_opts {
	const struct catalog *cat;
	/* NULL: a stream, of which the order is what it is. */
	const struct manifest *manifest;
	int deferred; /* keys that may wait for the transaction's end do */
};

/* waves_find(conn, opts, waves, count, err): the wave of each table of the
 * catalog, from 0, and how many there are.  ERR_FAIL where no order will do. */
int waves_find(struct conn *conn, const struct waves_opts *opts,
    unsigned *waves, unsigned *count, struct err *err);

#endif
