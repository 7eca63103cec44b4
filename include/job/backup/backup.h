#ifndef JOB_BACKUP_BACKUP_H
#define JOB_BACKUP_BACKUP_H

#include "archive/header.h"
#include "db/conn.h"
#include "job/backup/result.h"
#include "job/progress.h"
#include "job/choose/selection.h"

/* Sealing a live database into an archive. */

/* What is true of a server and was said: backups of one server that share this
 * say it once.  All zero at first. */
struct backup_said {
	int no_passwords;
};

/* What archives of roles and tablespaces alone are kept under, unless another
 * name is given; no database's archives are. */
#define BACKUP_GLOBALS "globals"

struct backup_opts {
	struct conn_opts conn;
	/* Where to: a repository, a file, or standard output. */
	const char *repo;   /* the folder, or NULL */
	const char *output; /* a path, "-" for standard output, or NULL */
	const char *name;   /* NULL: the database's, or BACKUP_GLOBALS */
	const char *label;  /* or NULL */
	unsigned jobs;
	int level; /* zstd */
	enum { BACKUP_AUTO, BACKUP_TEXT, BACKUP_BINARY } format;
	const char *pg_bindir; /* or NULL */
	const struct selection *selection;
	int statistics;        /* the planner's, too */
	int no_role_passwords; /* leave them out of the globals */
	unsigned lock_timeout; /* seconds to wait for a table, from 1 */
	int globals_only;      /* no database: roles and tablespaces alone */
	/* Give up, with ERR_WARNINGS, when another session waits for a table
	 * that the backup holds. */
	int yield;
	/* What is proven before the archive gets its name: nothing; that what
	 * lies there is what was written (not on standard output); and before
	 * that also that what was compressed is decompressed to the same. */
	enum { BACKUP_TRUST, BACKUP_READ_INDEX, BACKUP_READ_DATA } read_back;
	struct sealing sealing;
	struct progress *progress; /* or NULL */
	struct backup_said *said;  /* or NULL */
	/* completed(arg, result): the archive is whole, and gets its name
	 * next; settled(arg, result, placed): it has it, or never will.  No
	 * other backup of that NAME has begun.  Or both NULL. */
	void (*completed)(void *arg, const struct backup_result *result);
	void (*settled)(
	    void *arg, const struct backup_result *result, int placed);
	void *arg;
};

/* backup_run(opts, result, err): all or nothing; backup_result_clear() in any
 * case, of what was {0}. */
int backup_run(const struct backup_opts *opts, struct backup_result *result,
    struct err *err);

#endif
