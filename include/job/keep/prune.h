#ifndef JOB_KEEP_PRUNE_H
#define JOB_KEEP_PRUNE_H

#include "job/keep/appraise.h"
#include "job/keep/policy.h"
#include "job/view/locate.h"

/*
 * Removing the archives of a repository that a policy keeps no longer, a NAME
 * at a time, under the lock that a backup into it takes.
 *
 * Before any goes, the newest is read whole (job/keep/vouch.h).
 *
 * An archive goes first, the small files beside it once that is certain: so
 * none is ever there without the mark that it is suspect.  Whoever is killed in
 * between leaves whole archives, and small files without one, which the next
 * run removes, as it does what backups that were killed left behind.  Whoever
 * reads an archive that is removed reads on to its end.
 */

struct prune_opts {
	const char *repo;
	const char *name;  /* or NULL: every one */
	const char *state; /* the ledgers' folder, or NULL */
	struct policy policy;
	struct trust trust; /* its signers are owned */
	int64_t expect;     /* seconds: how old the newest may be, or 0 */
	unsigned overrides; /* enum policy_refusal: those to disregard */
	int dry_run;        /* change nothing, not even a lock; read nothing */
	unsigned jobs;      /* threads that read, at least 1 */
	const char *read_back; /* NAME/FILE of what was just made, or NULL */
};

/* What became of one NAME. */
struct pruned {
	const char *name;
	size_t names; /* how many are there in all */
	int64_t now;  /* when it was judged */
	struct located all;
	struct policy_item *items; /* one for each of all.found */
	uint8_t *removed;          /* so, too: is gone; or would be, if dry */
	size_t kept;
	size_t gone;
	uint64_t freed;    /* bytes */
	unsigned refusals; /* enum policy_refusal, but for the overridden */
	/* ERR_ABNORMAL if something was refused, else why the work could not
	 * be done, or not to its end; or ERR_NONE. */
	struct err err;
};

/* prune_run(opts, tell, arg, err): call tell(pruned, arg) for each NAME, in
 * order, once it is done.  What fails of one NAME is told there, and the others
 * go on.  ERR_ABSENT when there is none, or not the one that is asked for.
 * Folders that may not be read are left alone with a warning, as are archives
 * of which appraise_tell() warns. */
int prune_run(const struct prune_opts *opts,
    void (*tell)(const struct pruned *pruned, void *arg), void *arg,
    struct err *err);

#endif
