#ifndef JOB_KEEP_UNMARKED_H
#define JOB_KEEP_UNMARKED_H

#include "job/keep/figures.h"
#include "job/keep/ledger.h"

/*
 * Suspects whose mark could not be written, as on a full disk: this host's
 * ledger has them, and whoever runs here next gives them the mark, or takes
 * them for marked.
 */

/* unmarked_heal(l, folder): write the marks that are missing in ${folder}, the
 * REPO/NAME that ${l} is of, which is locked, and have the ledger forget those
 * that are there; return how many.  What can't be written is a warning. */
size_t unmarked_heal(struct ledger *l, const char *folder);

/* The ids of some. */
struct unmarked {
	char (*ids)[FIGURES_ID_SIZE];
	size_t count;
};

/* unmarked_recall(state, repo, name, heals, u): all that the ledger of that
 * folder knows of, having written their marks if ${heals}; without, nobody is
 * waited for.  What is not there has none; nor has what can't be read, with a
 * warning.  ${state}: as in ledger_folder(). unmarked_has(u, id);
 * unmarked_clear(u): free what it has. */
void unmarked_recall(const char *state, const char *repo, const char *name,
    int heals, struct unmarked *u);
int unmarked_has(const struct unmarked *u, const char *id);
void unmarked_clear(struct unmarked *u);

#endif
