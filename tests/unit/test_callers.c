#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/callers.h"
#include "job/restore/schedule.h"
#include "toc_made.h"
#include "unit.h"

#define D(...)                 \
	(const int[])          \
	{                      \
		__VA_ARGS__, 0 \
	}
#define PRE(n, kind, name, ...) TEXT(n, kind, name, "CHECK (f())", __VA_ARGS__)
#define TEXT(n, kind, name, text, ...)                                   \
	{                                                                \
		.id = (n), .desc = (kind), .tag = (name), .schema = "s", \
		.section = TOC_PRE_DATA, .defn = (text),                 \
		.deps = D(__VA_ARGS__)                                   \
	}
#define POST(n, kind, name, ...)                                         \
	{                                                                \
		.id = (n), .desc = (kind), .tag = (name), .schema = "s", \
		.section = TOC_POST_DATA, .deps = D(__VA_ARGS__)         \
	}

/* Dump ids are the places in this list, from 1. */
static const struct made_entry entries[] = {
	PRE(1, "FUNCTION", "f()", 0),
	PRE(2, "DOMAIN", "d", 1),
	PRE(3, "TABLE", "plain", 0),
	PRE(4, "TABLE", "checked", 1),
	PRE(5, "TABLE", "by_domain", 2),
	PRE(6, "TABLE", "heir", 4),
	/* They depend on each other, and one of them on a function. */
	PRE(7, "TABLE", "left", 8),
	PRE(8, "TABLE", "right", 7, 1),
	PRE(9, "VIEW", "v", 1, 3),
	PRE(10, "MATERIALIZED VIEW", "m", 9),
	POST(11, "INDEX", "plain_key", 4),
	POST(12, "INDEX", "by_f", 3, 1),
	POST(13, "CHECK CONSTRAINT", "plain late", 3, 1),
	POST(14, "MATERIALIZED VIEW DATA", "m", 10),
	POST(15, "TRIGGER", "plain fires", 3, 1),
	TEXT(16, "TABLE", "by_default", "DEFAULT f()", 1),
	TEXT(17, "TABLE", "computed", "GENERATED ALWAYS AS (f()) STORED", 1),
	TEXT(18, "TABLE", "parted", "PARTITION BY LIST (f())", 1),
};
#define COUNT (sizeof(entries) / sizeof(entries[0]))

static void
test_find(void **state)
{
	static const uint8_t want[COUNT] = { 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1,
		1, 1, 0, 0, 1, 1 };
	struct toc *toc = made_toc(14, entries, COUNT);
	uint8_t *callers = callers_find(toc);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		if (callers[i] != want[i])
			fail_msg("%s %s: %d", entries[i].desc, entries[i].tag,
			    callers[i]);
	free(callers);
	toc_free(toc);
}

static void
test_mark(void **state)
{
	struct table tables[] = { { .schema = (char[]){ "s" },
				      .name = (char[]){ "plain" } },
		{ .schema = (char[]){ "s" }, .name = (char[]){ "heir" } },
		{ .schema = (char[]){ "t" }, .name = (char[]){ "absent" } } };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct toc_tree *tree = toc_tree_new(toc);

	(void)state;
	callers_mark(toc, tree, 0, tables, 3);
	assert_int_equal(tables[0].late, 0);
	assert_int_equal(tables[1].late, 1);
	assert_int_equal(tables[2].late, 0);
	/* Where its check is there already. */
	callers_mark(toc, tree, 1, tables, 3);
	assert_int_equal(tables[0].late, 1);
	toc_tree_free(tree);
	toc_free(toc);
}

/* How often an entry is among what can be taken now, all of which is done. */
static size_t
take_all(struct schedule *s, const struct toc *toc, const char *tag)
{
	struct step steps[SCHEDULE_BATCH];
	size_t i, n, seen = 0;

	while ((n = schedule_take(s, 0, steps)) > 0) {
		for (i = 0; i < n; i++)
			seen +=
			    strcmp(toc->entries[steps[i].entry].tag, tag) == 0;
		schedule_done(s, steps, n);
	}
	return seen;
}

/* An index over a function waits for the rows of tables that it is not on. */
static void
test_rows(void **state)
{
	struct table tables[] = { { .schema = (char[]){ "s" },
				      .name = (char[]){ "plain" },
				      .kind = 'r',
				      .parent = -1,
				      .load_via = -1 },
		{ .schema = (char[]){ "s" },
		    .name = (char[]){ "checked" },
		    .kind = 'r',
		    .parent = -1,
		    .load_via = -1 } };
	const struct catalog cat = { .tables = tables, .table_count = 2 };
	struct toc *toc = made_toc(14, entries, COUNT);
	enum pass *passes = mem_zalloc(COUNT * sizeof(*passes));
	struct schedule *s;

	(void)state;
	statement_passes(toc, passes);
	s = schedule_new(toc, &cat, passes, PASS_POST);
	schedule_table_done(s, 0);
	assert_int_equal(take_all(s, toc, "by_f"), 0);
	schedule_table_done(s, 1);
	assert_int_equal(take_all(s, toc, "plain_key"), 1);
	assert_int_equal(take_all(s, toc, "by_f"), 0);
	schedule_rows_done(s);
	schedule_rows_done(s);
	assert_int_equal(take_all(s, toc, "by_f"), 1);
	assert_int_equal(schedule_left(s), 0);
	schedule_free(s);
	free(passes);
	toc_free(toc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
