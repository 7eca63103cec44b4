#ifndef JOB_DIGESTS_H
#define JOB_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

#include "db/catalog.h"
#include "db/conn.h"
#include "job/progress.h"
#include "stream/digest.h"

/*
 * The digests of a live database's tables, by workers that read them in
 * parallel, large ones by page ranges.  Nothing but sums is kept in memory.
 *
 * Of each table the columns that ${cat} states are read, in that order and
 * format, so that the digest is comparable with one of an archive.
 *
 * With a snapshot the workers join it, and again every few items, so that
 * locks do not pile up; somebody else may alter or truncate a table before its
 * turn comes, which snapshot_check() tells afterwards.  Without one, each
 * range is read as it is when its turn comes.
 */
struct digests_opts {
	const struct catalog *cat;
	const uint8_t *skip;   /* of each table: not this one */
	const uint32_t *lobjs; /* OIDs of large objects to read, or NULL */
	size_t lobj_count;
	const char *snapshot; /* or NULL */
	/* To be set, with a snapshot, for tables that hold characters which the
	 * connections' encoding has not, and whose digest is none; or NULL:
	 * then that is an error. */
	uint8_t *foreign;
	unsigned jobs;
	struct conn **conns;       /* one per job, in no transaction */
	struct progress *progress; /* or NULL */
};

struct digests {
	struct digest *tables; /* of each of the catalog's */
	uint64_t *bytes;       /* of their rows */
	struct digest lobjs;   /* of records, job/lobj_records.h */
};

/* digests_read(opts, out, err): free ${out} with digests_free() in any case. */
int digests_read(
    const struct digests_opts *opts, struct digests *out, struct err *err);
void digests_free(struct digests *d);

#endif
