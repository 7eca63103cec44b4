#ifndef JOB_RESTORE_SCHEDULE_H
#define JOB_RESTORE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "db/catalog.h"
#include "db/toc.h"
#include "job/statement.h"

/*
 * Which of a table of contents' entries can run now.
 *
 * An entry is a step, or two where statement_split_key() says so.  A step is
 * ready when every step that it depends on is done, and when all rows of the
 * tables that it depends on are in; where it takes an exclusive lock, that
 * goes for the tables' partitions and heirs too; where it calls functions of
 * the database's own, for all tables.  Steps that run at one time
 * never want the same table unless all of them only share it.
 *
 * There is no lock in here: the caller serialises.
 */
struct schedule;

enum step_form {
	STEP_WHOLE,     /* the entry as it is */
	STEP_INDEX,     /* a key's unique index */
	STEP_CONSTRAINT /* the key on top of that index */
};

struct step {
	size_t entry; /* an index into toc->entries */
	enum step_form form;
};

#define SCHEDULE_BATCH 64
/* A step on a table beyond this many bytes runs by itself. */
#define SCHEDULE_LARGE ((uint64_t)8 << 20)

/* schedule_new(toc, cat, passes, pass): of the entries of ${pass}; all but
 * ${passes} is lent. */
struct schedule *schedule_new(const struct toc *toc, const struct catalog *cat,
    const enum pass *passes, enum pass pass);
void schedule_free(struct schedule *s);

/* schedule_table_done(s, table): all rows of catalog table ${table} are in,
 * and committed.  What waits for it runs when that is so of the whole group
 * (job/groups.h).  Once for each table. */
void schedule_table_done(struct schedule *s, size_t table);

/* schedule_rows_done(s): all rows of all tables are in, and committed: what
 * calls functions that may read any of them runs then (job/callers.h). */
void schedule_rows_done(struct schedule *s);

/* schedule_cost(s, table): how much is to be done once that table's rows are
 * in; of a meaning only beside another's. */
uint64_t schedule_cost(const struct schedule *s, size_t table);

/* schedule_take(s, large, steps): take steps that are ready, for one
 * transaction: one on a large table, or, unless ${large}, several on small
 * ones, at most SCHEDULE_BATCH.  Return how many. */
size_t
schedule_take(struct schedule *s, int large, struct step steps[SCHEDULE_BATCH]);

/* schedule_more(s): whether there is a further step to take now. */
int schedule_more(const struct schedule *s);

/* schedule_done(s, steps, count): what schedule_take() gave is done. */
void schedule_done(struct schedule *s, const struct step *steps, size_t count);

/* schedule_left(s): steps that are not done.  schedule_running(s): those that
 * were taken and are not. */
size_t schedule_left(const struct schedule *s);
size_t schedule_running(const struct schedule *s);

/* schedule_unlock_next(s): with every row in, nothing ready and nothing
 * running, dependencies form a circle: let the first step that is left run.
 * Return 1, or 0 if there is none. */
int schedule_unlock_next(struct schedule *s);

#endif
