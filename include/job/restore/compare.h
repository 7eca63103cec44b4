#ifndef JOB_RESTORE_COMPARE_H
#define JOB_RESTORE_COMPARE_H

#include "archive/manifest.h"
#include "db/catalog.h"
#include "db/conn.h"
#include "job/progress.h"

/*
 * Comparing what a database holds with what a manifest says: every table is
 * read again and digested, large ones by page ranges.
 */

/* What was compared of one table, or of one group (job/groups.h). */
struct compared {
	int asked; /* this stands for a table or a group that was compared */
	struct digest saved;
	struct digest found;
	uint64_t bytes; /* of rows, as they were saved */
};

struct compare_opts {
	const struct catalog *cat;
	const struct manifest *manifest;
	const uint8_t *skip; /* of each table: not this one */
	unsigned jobs;
	struct conn **conns;
	struct progress *progress; /* or NULL */
	/* Of each table, to be filled in; then a difference is no error.  Or
	 * NULL. */
	struct compared *compared;
};

/* compare_digests(opts, tables, err): ${*tables} is how many were compared,
 * each by itself or within its group (job/groups.h).  A difference is
 * ERR_FAIL and names the tables, of a group the one that it is loaded
 * through. */
int compare_digests(
    const struct compare_opts *opts, size_t *tables, struct err *err);

#endif
