#ifndef JOB_RESTORE_COMPARE_H
#define JOB_RESTORE_COMPARE_H

#include "archive/manifest.h"
#include "db/catalog.h"
#include "db/conn.h"
#include "job/progress.h"

/*
 * Comparing what a database holds with what a manifest says: every table is
 * read again and digested, large ones by page ranges, and so are large objects.
 * To judge what differs is the caller's.
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
	/* Of each table: rows of others of its group may have come into it,
	 * though none of its own were saved. */
	const uint8_t *takes;
	/* OIDs of large objects to be read, or NULL. */
	const uint32_t *lobjs;
	size_t lobj_count;
	unsigned jobs;
	struct conn **conns;
	struct progress *progress; /* or NULL */
};

/* compare_digests(opts, compared, lobjs, err): fill ${compared} for each table,
 * of a group (job/groups.h) for the one that it is loaded through, and
 * ${*lobjs} with what was found of those. */
int compare_digests(const struct compare_opts *opts, struct compared *compared,
    struct digest *lobjs, struct err *err);
/* compare_is_same(one): also where nothing was asked. */
int compare_is_same(const struct compared *one);

#endif
