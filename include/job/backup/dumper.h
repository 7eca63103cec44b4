#ifndef JOB_BACKUP_DUMPER_H
#define JOB_BACKUP_DUMPER_H

#include "archive/manifest.h"
#include "archive/writer.h"
#include "job/backup/plan.h"
#include "job/progress.h"

/*
 * A worker's share of a dump: it pulls items from the plan, copies their rows
 * out over the shared snapshot, digests them, cuts them into parts, compresses
 * and seals these and hands them to the writer.  It ends its transaction every
 * so many items and joins the snapshot again, so that locks do not pile up.
 *
 * With ${proves}, a part is decompressed as soon as it is compressed, and what
 * comes back is cut into rows and digested again: a fault of the codec or of
 * memory ends the dump with ERR_DAMAGED.
 *
 * A table that another session wants for itself (it waits for the leader, and
 * every later lock waits behind it) would keep a worker waiting for ever.  So
 * a worker waits a moment only and leaves such a table to the leader, whose
 * lock on it is older than that session's wish.
 */

struct dumper_shared;

struct dumper_opts {
	const struct catalog *cat;
	const uint32_t *lobjs; /* OIDs, rising */
	size_t lobj_count;
	const char *snapshot;
	int level;  /* zstd */
	int proves; /* decompress every part again, and digest its rows */
	struct writer *writer;
	struct manifest *manifest;
	struct progress *progress; /* or NULL */
};

/* dumper_new(opts): what the workers share; everything is lent. */
struct dumper_shared *dumper_new(const struct dumper_opts *opts);
void dumper_free(struct dumper_shared *d);
/* dumper_items(d): how many items there are to pull. */
size_t dumper_items(const struct dumper_shared *d);
/* dumper_run(d, slot, conn, err), dumper_stop(d): for struct pool_opts. */
int dumper_run(void *d, unsigned slot, struct conn *conn, struct err *err);
void dumper_stop(void *d);
/* dumper_run_left(d, leader, err): copy what was left to the leader, when the
 * workers are done. */
int
dumper_run_left(struct dumper_shared *d, struct conn *leader, struct err *err);

#endif
