#ifndef JOB_BACKUP_PLAN_H
#define JOB_BACKUP_PLAN_H

#include "archive/writer.h"
#include "db/catalog.h"
#include "db/copy.h"

/*
 * The work of a dump: ranges of tables and runs of large objects, the most
 * expensive first, and late tables (job/callers.h) behind all others, one after
 * another; pulled by workers.  Also knows when a table's last part is
 * made.  Any thread may call plan_next() and plan_close().
 */

/* Heap pages in a range.  Fixed, so that a range that did not change gives
 * the same rows again. */
#define PLAN_RANGE_PAGES 2048
/* Large objects in an item. */
#define PLAN_LOBJS 256

struct plan_item {
	enum part_kind kind;
	size_t table;       /* PART_ROWS */
	struct range range; /* PART_ROWS */
	size_t first, last; /* PART_LOBJS: first <= i < last of the OIDs */
	int late;           /* of a table that is: behind all others */
	uint64_t bytes;     /* an estimate */
};

struct plan;

/* plan_new(cat, lobj_count): ${cat} is lent.  Free with plan_free(). */
struct plan *plan_new(const struct catalog *cat, size_t lobj_count);
void plan_free(struct plan *plan);
size_t plan_size(const struct plan *plan);
/* plan_next(plan, item): the next item; 0 when there are no more.  One of a
 * late table waits until all before it are done, but for the same table's.
 * plan_done(plan): all parts of an item have their place in the archive.
 * plan_stop(plan): there are no more, and nobody waits. */
int plan_next(struct plan *plan, struct plan_item *item);
void plan_done(struct plan *plan);
void plan_stop(struct plan *plan);

/*
 * plan_close(plan, item, last, rows, head): a worker closes a part of ${item};
 * ${last} if it is the last of that item, ${rows} whether the part has any.
 * Fills the head's table, final and table_parts.  Return whether the part is
 * to be written: an empty one is, only when it ends its table.
 */
int plan_close(struct plan *plan, const struct plan_item *item, int last,
    int rows, struct part_head *head);

#endif
