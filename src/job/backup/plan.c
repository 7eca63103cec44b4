#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/backup/plan.h"

/* What an object of unknown size counts for in the order of work. */
#define LOBJ_BYTES 65536

struct table_state {
	size_t open; /* ranges not finished yet */
	uint32_t parts;
};

struct plan {
	struct plan_item *items;
	size_t count;
	struct table_state *tables;
	pthread_mutex_t lock; /* guards tables and what follows */
	pthread_cond_t changed;
	size_t next;
	unsigned running; /* items that were taken and are not done */
	size_t table;     /* of the last one that was taken */
	int stopping;
};

static void
add(struct plan *plan, const struct plan_item *item)
{
	size_t n = plan->count;

	if ((n & (n - 1)) == 0)
		plan->items = mem_array(
		    plan->items, n > 0 ? 2 * n : 1, sizeof(*plan->items));
	plan->items[plan->count++] = *item;
}

static void
add_table(struct plan *plan, const struct catalog *cat, size_t index)
{
	const struct table *t = &cat->tables[index];
	struct plan_item item = { .kind = PART_ROWS, .table = index };
	uint64_t ranges = 1, i;

	if (!table_has_rows(t))
		return;
	if (t->splittable && t->pages > PLAN_RANGE_PAGES)
		ranges = (t->pages + PLAN_RANGE_PAGES - 1) / PLAN_RANGE_PAGES;
	item.late = t->late;
	item.bytes = t->bytes / ranges;
	for (i = 0; i < ranges; i++) {
		item.range.first = i * PLAN_RANGE_PAGES;
		/* Rows may have come since the pages were counted. */
		item.range.last =
		    i + 1 < ranges ? (i + 1) * PLAN_RANGE_PAGES : RANGE_END;
		add(plan, &item);
	}
	plan->tables[index].open = ranges;
}

static int
by_cost(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	if (x->late != y->late)
		return x->late - y->late;
	if (x->late && x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->range.first != y->range.first)
		return x->range.first < y->range.first ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

struct plan *
plan_new(const struct catalog *cat, size_t lobj_count)
{
	struct plan *plan = mem_zalloc(sizeof(*plan));
	struct plan_item item = { .kind = PART_LOBJS };
	size_t i;

	(void)pthread_mutex_init(&plan->lock, NULL);
	(void)pthread_cond_init(&plan->changed, NULL);
	plan->tables = mem_zalloc(cat->table_count * sizeof(*plan->tables));
	for (i = 0; i < cat->table_count; i++)
		add_table(plan, cat, i);
	for (i = 0; i < lobj_count; i += PLAN_LOBJS) {
		item.first = i;
		item.last =
		    lobj_count - i > PLAN_LOBJS ? i + PLAN_LOBJS : lobj_count;
		item.bytes = (item.last - item.first) * LOBJ_BYTES;
		add(plan, &item);
	}
	if (plan->count > 0)
		qsort(plan->items, plan->count, sizeof(*plan->items), by_cost);
	return plan;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	(void)pthread_cond_destroy(&plan->changed);
	(void)pthread_mutex_destroy(&plan->lock);
	free(plan->items);
	free(plan->tables);
	free(plan);
}

size_t
plan_size(const struct plan *plan)
{
	return plan->count;
}

/* A late table's parts stand behind all others', so these are done first. */
static int
has_turn(const struct plan *plan)
{
	const struct plan_item *item = &plan->items[plan->next];

	return !item->late || plan->running == 0 || plan->table == item->table;
}

int
plan_next(struct plan *plan, struct plan_item *item)
{
	int got;

	(void)pthread_mutex_lock(&plan->lock);
	while (!plan->stopping && plan->next < plan->count && !has_turn(plan))
		(void)pthread_cond_wait(&plan->changed, &plan->lock);
	got = !plan->stopping && plan->next < plan->count;
	if (got) {
		*item = plan->items[plan->next++];
		plan->table = item->table;
		plan->running++;
	}
	(void)pthread_mutex_unlock(&plan->lock);
	return got;
}

void
plan_done(struct plan *plan)
{
	(void)pthread_mutex_lock(&plan->lock);
	plan->running--;
	(void)pthread_cond_broadcast(&plan->changed);
	(void)pthread_mutex_unlock(&plan->lock);
}

void
plan_stop(struct plan *plan)
{
	(void)pthread_mutex_lock(&plan->lock);
	plan->stopping = 1;
	(void)pthread_cond_broadcast(&plan->changed);
	(void)pthread_mutex_unlock(&plan->lock);
}

int
plan_close(struct plan *plan, const struct plan_item *item, int last, int rows,
    struct part_head *head)
{
	struct table_state *t;

	head->kind = item->kind;
	head->table = 0;
	head->final = 0;
	head->table_parts = 0;
	if (item->kind == PART_LOBJS)
		return rows;
	t = &plan->tables[item->table];
	head->table = (uint32_t)item->table;
	(void)pthread_mutex_lock(&plan->lock);
	if (last && --t->open == 0)
		head->final = 1;
	if (rows || head->final)
		t->parts++;
	if (head->final)
		head->table_parts = t->parts;
	(void)pthread_mutex_unlock(&plan->lock);
	return rows || head->final;
}
