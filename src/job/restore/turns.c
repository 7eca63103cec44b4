#include <stdlib.h>

#include "base/mem.h"
#include "job/restore/turns.h"

/* A part, and how much is to be done once its table's rows are in. */
struct turn {
	uint32_t late; /* 1 + its table, if that is late */
	uint64_t cost;
	uint64_t number;
};

static int
compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->late != y->late)
		return x->late < y->late ? -1 : 1;
	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Whether the rows or large objects of a part are to be loaded. */
static int
wants_part(const struct catalog *cat, const struct part_head *head)
{
	return head->kind == PART_ROWS
	    ? table_has_rows(&cat->tables[head->table])
	    : cat->lobj_count > 0;
}

uint64_t *
turns_by_cost(const struct manifest *manifest, const struct catalog *cat,
    const struct schedule *schedule, size_t *count)
{
	size_t i, n = 0, all = manifest->part_count;
	struct turn *turns = mem_array(NULL, all + 1, sizeof(*turns));
	uint64_t *order = mem_array(NULL, all + 1, sizeof(*order));

	for (i = 0; i < all; i++) {
		const struct part_head *head = &manifest->parts[i].head;

		if (!wants_part(cat, head))
			continue;
		turns[n] = (struct turn){ .number = i + 1 };
		if (head->kind == PART_ROWS) {
			turns[n].cost = schedule_cost(schedule, head->table);
			turns[n].late =
			    cat->tables[head->table].late ? 1 + head->table : 0;
		}
		n++;
	}
	if (n > 0)
		qsort(turns, n, sizeof(*turns), compare_turns);
	for (i = 0; i < n; i++)
		order[i] = turns[i].number;
	free(turns);
	*count = n;
	return order;
}
