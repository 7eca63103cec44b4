#ifndef JOB_DOCTOR_DOCTOR_H
#define JOB_DOCTOR_DOCTOR_H

#include "archive/reader.h"
#include "job/backup/backup.h"
#include "job/backup/databases.h"
#include "job/doctor/report.h"
#include "job/restore/restore.h"

/*
 * Whether a job can be done, before it has to be: what a backup, or a
 * restore, would fail for or warn of, and what is wrong with what there is.
 * Nothing is changed: a file is made in the repository, and removed, as are
 * such files that an examination which was killed left there.
 *
 * Wherever it can, it asks the very functions that the job itself does.
 */

/* What opens and seals, as it was given; each may be NULL. */
struct doctor_keys {
	const char *seal_key; /* a path */
	const char *passphrase_file;
	const char *const *recipients; /* texts, or paths */
	size_t recipient_count;
	const char *open_key;          /* a path */
	const struct opening *opening; /* what was read of it */
};

struct doctor_opts {
	/* The backup that is to be made; its sealing is not looked at. */
	const struct backup_opts *backup;
	struct doctor_keys keys;
	int asks_server; /* a database was named, or all are meant */
	/* All databases of the server, but these; NULL: the one. */
	const struct databases_opts *all;
	int64_t max_age; /* seconds that the newest archive may be old */
	/* The backup is compared with the one before; ${state}: the folder
	 * where that is remembered, NULL: the usual. */
	int compares;
	const char *state;
};

/* doctor_backup(opts, report, err): fails only where it can't go on, as after a
 * signal. */
int doctor_backup(
    const struct doctor_opts *opts, struct report *report, struct err *err);

/* doctor_restore(reader, opts, report, err): the same of a restore of an
 * unlocked archive, a file. */
int doctor_restore(struct reader *reader, const struct restore_opts *opts,
    struct report *report, struct err *err);

#endif
