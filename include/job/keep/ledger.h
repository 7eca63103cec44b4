#ifndef JOB_KEEP_LEDGER_H
#define JOB_KEEP_LEDGER_H

#include "base/err.h"
#include "job/keep/figures.h"

/*
 * What this host remembers of its backups of one NAME in one repository, for it
 * cannot open them: the figures of the newest that was normal, or accepted, and
 * of those after it that were not.  Each way of choosing (all of the database,
 * or these tables) has a series of its own.
 *
 * A JSON file, NAME-HASH.json, mode 0600, in a folder of the host, never in the
 * repository: it names tables and counts rows.  Replaced whole; whoever has it
 * open keeps others out, but for those that only peek.  One thread at a time.
 */
struct ledger;

/* ledger_folder(given): where they are kept: ${given} unless NULL, else
 * $XDG_STATE_HOME/pgcask, /var/lib/pgcask for root, or ~/.local/state/pgcask.
 * NULL when there is no home.  The caller frees. */
char *ledger_folder(const char *given);

/* ledger_open(folder, repo, name, err): the folder is made if need be.  One
 * that is not there, or is no ledger, is empty: ledger_is_new(), ledger_fault()
 * (why what is there can't be read, or NULL; lent) tell.  NULL, ERR_STORAGE,
 * when there can't be any; ERR_LOCKED when another has it for ten seconds, and
 * ERR_INTERRUPT when a signal ends that wait.
 * ledger_peek(folder, repo, name): the same to look at alone, without waiting
 * for anybody: nothing is made, and it is not for ledger_save(). */
struct ledger *ledger_open(
    const char *folder, const char *repo, const char *name, struct err *err);
struct ledger *
ledger_peek(const char *folder, const char *repo, const char *name);
int ledger_is_new(const struct ledger *l);
const char *ledger_fault(const struct ledger *l);
void ledger_close(struct ledger *l);

/* ledger_normal(l, chosen, f, err): the figures that the next backup of what
 * ${chosen} says is compared with.  Return 1, 0 when there are none, or -1. */
int ledger_normal(const struct ledger *l, const char *chosen, struct figures *f,
    struct err *err);

/* ledger_add(l, chosen, f, suspect): a backup ended so. */
void ledger_add(
    struct ledger *l, const char *chosen, const struct figures *f, int suspect);

/* ledger_accept(l, id): the archive ${id} is normal after all.  Return 1 when
 * its figures are now what the next one is compared with, 0 when those of a
 * later one are, -1 when nothing is known of it. */
int ledger_accept(struct ledger *l, const char *id);

/* A suspect whose mark could not be written: this host knows of it all the
 * same, until the mark is there or it is accepted. */
struct ledger_unmarked {
	const char *file; /* in the folder NAME */
	const char *id;
	const char *reason; /* as are those of suspect_mark() */
	const char *against;
};

/* ledger_add_unmarked(l, u): one more.  ledger_each_unmarked(l, each, arg):
 * call each(arg, u) for all, and forget those for which it gives 1; return how
 * many these are. */
void ledger_add_unmarked(struct ledger *l, const struct ledger_unmarked *u);
size_t ledger_each_unmarked(struct ledger *l,
    int (*each)(void *arg, const struct ledger_unmarked *u), void *arg);

int ledger_save(const struct ledger *l, struct err *err);

#endif
