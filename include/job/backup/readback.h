#ifndef JOB_BACKUP_READBACK_H
#define JOB_BACKUP_READBACK_H

#include "archive/manifest.h"
#include "archive/writer.h"
#include "db/catalog.h"
#include "job/progress.h"

struct readback_opts {
	struct writer *writer; /* writer_complete() was called */
	const struct catalog *cat;
	const struct manifest *manifest;
	unsigned jobs;             /* threads, at least 1 */
	struct progress *progress; /* or NULL */
};

/* readback_run(opts, err): before the archive gets its name, read all of it
 * from where it was written, and compare it with its index and that with what
 * was signed.  Another thing than was written is ERR_STORAGE, and names the
 * entry and whose rows it holds. */
int readback_run(const struct readback_opts *opts, struct err *err);

#endif
