#include <stdio.h>
#include <string.h>

#include "job/groups.h"
#include "unit.h"

/*
 * top (list) has plain, and by (hash of an enum), which has x and deep
 * (range), which has y and z.  Rows of x, y and z go through by.
 */
enum { X, PLAIN, Y, Z, ALONE, TOP, DEEP, BY, COUNT };

static struct table tables[COUNT] = {
	[X] = { .kind = 'r', .parent = BY, .load_via = BY },
	[PLAIN] = { .kind = 'r', .parent = TOP, .load_via = -1 },
	[Y] = { .kind = 'r', .parent = DEEP, .load_via = BY },
	[Z] = { .kind = 'r', .parent = DEEP, .load_via = BY },
	[ALONE] = { .kind = 'r', .parent = -1, .load_via = -1 },
	[TOP] = { .kind = 'p', .parent = -1, .load_via = -1 },
	[DEEP] = { .kind = 'p', .parent = BY, .load_via = -1 },
	[BY] = { .kind = 'p', .parent = TOP, .load_via = -1 },
};
static const struct catalog cat = { .tables = tables, .table_count = COUNT };

static char heard[64];

static void
hear(void *arg, size_t table)
{
	size_t len = strlen(heard);

	(void)arg;
	(void)snprintf(heard + len, sizeof(heard) - len, " %zu", table);
}

/* finish(table, want): that no more rows come into these then. */
#define finish(table, want)                       \
	do {                                      \
		heard[0] = '\0';                  \
		groups_done(g, table, hear, 0);   \
		assert_string_equal(heard, want); \
	} while (0)

static void
test_keys(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		assert_int_equal(groups_key(&cat, i),
		    i == X || i == Y || i == Z ? BY : (int)i);
}

static void
test_waits(void **state)
{
	struct groups *g = groups_new(&cat);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		assert_int_equal(groups_waits(g, i), i != TOP);
	finish(ALONE, " 4");
	finish(Y, "");
	finish(X, "");
	assert_true(groups_waits(g, X));
	assert_true(groups_waits(g, BY));
	finish(PLAIN, " 1");
	/* All of the group at once, each table once. */
	finish(Z, " 0 7 2 6 3");
	for (i = 0; i < COUNT; i++)
		assert_false(groups_waits(g, i));
	/* Nobody waits for what has no rows of its own. */
	finish(TOP, "");
	groups_free(g);
}

/* Rows of others may come into what has none of its own. */
static void
test_left_out(void **state)
{
	struct groups *g;

	(void)state;
	tables[Y].left_out = tables[Z].left_out = 1;
	g = groups_new(&cat);
	assert_true(groups_waits(g, Y));
	assert_true(groups_waits(g, DEEP));
	finish(X, " 0 7 2 6 3");
	assert_false(groups_waits(g, Y));
	groups_free(g);
	tables[X].left_out = 1;
	g = groups_new(&cat);
	assert_false(groups_waits(g, Y));
	assert_false(groups_waits(g, BY));
	assert_true(groups_waits(g, PLAIN));
	groups_free(g);
	tables[X].left_out = tables[Y].left_out = tables[Z].left_out = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
