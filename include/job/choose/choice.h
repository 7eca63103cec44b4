#ifndef JOB_CHOOSE_CHOICE_H
#define JOB_CHOOSE_CHOICE_H

#include "db/catalog.h"
#include "db/toc.h"
#include "db/toc_tree.h"
#include "job/choose/selection.h"
#include "job/statement.h"

/*
 * What a restore takes of an archive.  With a table come its indexes,
 * constraints, triggers, rules, policies, statistics, comments and privileges,
 * the sequences that it owns, and its rows.  A partition's place in its parent
 * comes where both do.
 */
struct choice {
	/* What was said here, and what was when the archive was made. */
	struct selection said;
	int is_part; /* rules choose: the target may hold other things */
	struct toc_tree *tree;
	uint8_t *entries; /* of the table of contents: whether to be made */
	/* The archive's catalog, in which rows and values that are not wanted
	 * are left out.  Its tables have the archive's numbers. */
	struct catalog cat;
};

/* choice_new(sel, toc, cat, err): ERR_USAGE as selection_pick(), and where
 * what is asked for is not in the archive.  All is lent. */
struct choice *choice_new(const struct selection *sel, const struct toc *toc,
    const struct catalog *cat, struct err *err);
void choice_free(struct choice *c);

/* choice_mask(c, toc, passes): entries that are not to be made get PASS_NONE.
 */
void
choice_mask(const struct choice *c, const struct toc *toc, enum pass *passes);

/* choice_change(c, toc, marks, take): put the entries that are marked, and all
 * that belongs to them, into the choice or out of it. */
void choice_change(
    struct choice *c, const struct toc *toc, const uint8_t *marks, int take);

#endif
