#include <stdlib.h>
#include <string.h>

#include "job/backup/plan.h"
#include "unit.h"

static struct table tables[] = {
	{ .kind = 'r', .splittable = 1, .pages = 5000, .bytes = 40960000 },
	{ .kind = 'r', .splittable = 1, .pages = 10, .bytes = 90000000 },
	{ .kind = 'p' },
	{ .kind = 'r', .splittable = 0, .pages = 5000, .bytes = 1000 },
	{ .kind = 'r', .splittable = 1, .pages = 0 },
	{ .kind = 'r', .splittable = 1, .pages = 9000, .left_out = 1 },
};
static const struct catalog catalog = { .tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]) };

/* Every page of every table in one item, the costliest item first. */
static void
test_items(void **state)
{
	struct plan *plan = plan_new(&catalog, 600);
	uint64_t before = UINT64_MAX, covered[6] = { 0 };
	size_t items[6] = { 0 }, lobjs = 0;
	struct plan_item item;

	(void)state;
	assert_int_equal(plan_size(plan), 3 + 1 + 1 + 1 + 3);
	while (plan_next(plan, &item)) {
		plan_done(plan);
		assert_true(item.bytes <= before);
		before = item.bytes;
		if (item.kind == PART_LOBJS) {
			assert_int_equal(item.first, lobjs);
			lobjs = item.last;
			continue;
		}
		items[item.table]++;
		/* Ranges of a table adjoin and the last is open. */
		assert_int_equal(item.range.first, covered[item.table]);
		covered[item.table] = item.range.last;
	}
	assert_int_equal(lobjs, 600);
	assert_int_equal(items[0], 3);
	assert_int_equal(items[2], 0);
	assert_int_equal(items[5], 0);
	for (size_t i = 0; i < 5; i++)
		if (i != 2)
			assert_true(covered[i] == RANGE_END);
	plan_free(plan);
}

/* However large, a late table is behind all others. */
static void
test_late(void **state)
{
	static struct table some[] = { { .kind = 'r', .bytes = 10 },
		{ .kind = 'r', .bytes = 40960000, .late = 1 },
		{ .kind = 'r', .bytes = 20 },
		{ .kind = 'r', .bytes = 50000000, .late = 1 } };
	static const struct catalog cat = { .tables = some, .table_count = 4 };
	static const size_t want[] = { 2, 0, 1, 3 };
	struct plan *plan = plan_new(&cat, 1);
	struct plan_item item;
	size_t i;

	(void)state;
	assert_int_equal(plan_next(plan, &item), 1);
	assert_int_equal(item.kind, PART_LOBJS);
	for (i = 0; i < 4; i++) {
		plan_done(plan);
		assert_int_equal(plan_next(plan, &item), 1);
		assert_int_equal(item.table, want[i]);
	}
	plan_free(plan);
}

static void
test_final(void **state)
{
	struct plan *plan = plan_new(&catalog, 0);
	struct plan_item item = { .kind = PART_ROWS, .table = 0 };
	struct part_head head = { 0 };

	(void)state;
	/* Three ranges: the first in two parts, the second empty. */
	assert_true(plan_close(plan, &item, 0, 1, &head));
	assert_false(head.final);
	assert_true(plan_close(plan, &item, 1, 1, &head));
	assert_false(head.final);
	assert_false(plan_close(plan, &item, 1, 0, &head));
	assert_false(head.final);
	assert_true(plan_close(plan, &item, 1, 1, &head));
	assert_true(head.final);
	assert_int_equal(head.table_parts, 3);
	/* An empty table has one empty part. */
	item.table = 4;
	assert_true(plan_close(plan, &item, 1, 0, &head));
	assert_true(head.final);
	assert_int_equal(head.table_parts, 1);
	assert_int_equal(head.table, 4);
	/* Large objects have no last part, and no empty one. */
	item.kind = PART_LOBJS;
	assert_false(plan_close(plan, &item, 1, 0, &head));
	assert_true(plan_close(plan, &item, 1, 1, &head));
	assert_false(head.final);
	plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
