#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/restore/schedule.h"
#include "toc_made.h"
#include "unit.h"

/*
 * A database in which dump id N is an entry: tables a and b, a partitioned
 * table p with its partition q, keys, indexes, a foreign key from b to a, and
 * one from b to p.
 */
enum id {
	FUNC = 1,
	A,
	B,
	P,
	Q,
	ATTACH,
	VIEW,
	A_KEY,
	A_IDX,
	A_IDX2,
	B_KEY,
	Q_KEY,
	Q_KEY_NOTE,
	B_TO_A,
	B_TO_P,
	B_TRIGGER,
	LAST
};

static const struct made_entry ENTRIES[] = {
	{ .id = FUNC, .tag = "f", .desc = "FUNCTION", .section = TOC_PRE_DATA },
	{ .id = A, .tag = "a", .desc = "TABLE", .section = TOC_PRE_DATA },
	{ .id = B, .tag = "b", .desc = "TABLE", .section = TOC_PRE_DATA },
	{ .id = P, .tag = "p", .desc = "TABLE", .section = TOC_PRE_DATA },
	{ .id = Q, .tag = "q", .desc = "TABLE", .section = TOC_PRE_DATA },
	{ .id = ATTACH,
	    .tag = "q",
	    .desc = "TABLE ATTACH",
	    .section = TOC_PRE_DATA,
	    .deps = (const int[]){ P, Q, 0 } },
	{ .id = VIEW,
	    .tag = "v",
	    .desc = "VIEW",
	    .section = TOC_PRE_DATA,
	    .deps = (const int[]){ A, 0 } },
	{ .id = A_KEY,
	    .tag = "a a_pkey",
	    .desc = "CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .defn = "ALTER TABLE ONLY s.a\n    ADD CONSTRAINT a_pkey "
		    "PRIMARY KEY (id);\n",
	    .deps = (const int[]){ A, 0 } },
	{ .id = A_IDX,
	    .tag = "a_idx",
	    .desc = "INDEX",
	    .section = TOC_POST_DATA,
	    .defn = "CREATE INDEX a_idx ON s.a (x);",
	    .deps = (const int[]){ A, 0 } },
	{ .id = A_IDX2,
	    .tag = "a_idx2",
	    .desc = "INDEX",
	    .section = TOC_POST_DATA,
	    .defn = "CREATE INDEX a_idx2 ON s.a (y);",
	    .deps = (const int[]){ A, 0 } },
	{ .id = B_KEY,
	    .tag = "b b_pkey",
	    .desc = "CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .defn = "ALTER TABLE ONLY s.b\n    ADD CONSTRAINT b_pkey "
		    "PRIMARY KEY (id);\n",
	    .deps = (const int[]){ B, 0 } },
	{ .id = Q_KEY,
	    .tag = "q q_pkey",
	    .desc = "CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .deps = (const int[]){ Q, 0 } },
	{ .id = Q_KEY_NOTE,
	    .tag = "CONSTRAINT q_pkey ON q",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .deps = (const int[]){ Q_KEY, 0 } },
	{ .id = B_TO_A,
	    .tag = "b b_to_a",
	    .desc = "FK CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .deps = (const int[]){ B, A, A_KEY, 0 } },
	{ .id = B_TO_P,
	    .tag = "b b_to_p",
	    .desc = "FK CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .deps = (const int[]){ B, P, 999, 0 } },
	{ .id = B_TRIGGER,
	    .tag = "b t",
	    .desc = "TRIGGER",
	    .section = TOC_POST_DATA,
	    .deps = (const int[]){ B, FUNC, 0 } },
};
#define COUNT (sizeof(ENTRIES) / sizeof(ENTRIES[0]))

/* The catalog's tables, the largest first, as it lists them. */
enum table_number { T_A, T_B, T_Q, T_P, T_COUNT };

struct world {
	struct table tables[T_COUNT];
	struct catalog cat;
	struct toc *toc;
	enum pass passes[COUNT];
	struct schedule *s;
};

static char NAME_S[] = "s", NAME_A[] = "a", NAME_B[] = "b", NAME_P[] = "p",
	    NAME_Q[] = "q";

static struct world *
world_new(enum pass pass, uint64_t a_bytes)
{
	struct world *w = calloc(1, sizeof(*w));
	struct made m;
	size_t i;

	assert_non_null(w);
	w->tables[T_A].name = NAME_A;
	w->tables[T_A].bytes = a_bytes;
	w->tables[T_B].name = NAME_B;
	w->tables[T_B].bytes = 1000;
	w->tables[T_Q].name = NAME_Q;
	w->tables[T_P].name = NAME_P;
	for (i = 0; i < T_COUNT; i++) {
		w->tables[i].schema = NAME_S;
		w->tables[i].kind = i == T_P ? 'p' : 'r';
		w->tables[i].parent = i == T_Q ? T_P : -1;
		w->tables[i].load_via = -1;
	}
	w->cat.tables = w->tables;
	w->cat.table_count = T_COUNT;
	made_head(&m, 16, 4, COUNT);
	for (i = 0; i < COUNT; i++) {
		struct made_entry e = ENTRIES[i];

		e.schema = "s";
		made_add(&m, &e);
	}
	w->toc = made_parse(&m);
	statement_passes(w->toc, w->passes);
	w->s = schedule_new(w->toc, &w->cat, w->passes, pass);
	return w;
}

static void
world_free(struct world *w)
{
	schedule_free(w->s);
	toc_free(w->toc);
	free(w);
}

/* Steps as text: their dump ids, "8i" for a key's index, "8c" for the rest. */
static const char *
text_of(const struct world *w, const struct step *steps, size_t count)
{
	static char text[512];
	size_t i, at = 0;

	text[0] = '\0';
	for (i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%d%s",
		    i > 0 ? " " : "", w->toc->entries[steps[i].entry].id,
		    steps[i].form == STEP_INDEX            ? "i"
			: steps[i].form == STEP_CONSTRAINT ? "c"
							   : "");
	return text;
}

/* takes(large, want): that these are what can run now; they are in ${steps}
 * and ${n}. */
#define takes(large, want)                                               \
	do {                                                             \
		int is_more = schedule_more(w->s);                       \
                                                                         \
		n = schedule_take(w->s, (large), steps);                 \
		assert_string_equal(text_of(w, steps, n), (want));       \
		assert_true(is_more == (n > 0) || ((large) && is_more)); \
	} while (0)

static void
test_waits_for_rows(void **state)
{
	struct world *w = world_new(PASS_POST, 1000);
	struct step steps[SCHEDULE_BATCH];
	size_t n;

	(void)state;
	assert_int_equal(schedule_left(w->s), 9);
	takes(0, "");
	schedule_table_done(w->s, T_Q);
	/* The comment rides in the transaction of its key. */
	takes(0, "12 13");
	schedule_done(w->s, steps, n);
	schedule_table_done(w->s, T_B);
	/* Not the foreign key to a, whose rows are not in; that to p, whose
	 * partition's are. */
	takes(0, "11 15 16");
	schedule_done(w->s, steps, n);
	takes(0, "");
	schedule_table_done(w->s, T_A);
	takes(0, "8 14 9 10");
	assert_int_equal(schedule_running(w->s), 4);
	schedule_done(w->s, steps, n);
	assert_int_equal(schedule_left(w->s), 0);
	assert_int_equal(schedule_running(w->s), 0);
	assert_int_equal(schedule_unlock_next(w->s), 0);
	world_free(w);
}

static void
test_partitions_count(void **state)
{
	struct world *w = world_new(PASS_POST, 1000);
	struct step steps[SCHEDULE_BATCH];
	size_t n;

	(void)state;
	schedule_table_done(w->s, T_B);
	/* The key to p waits for q's rows: it is checked against them. */
	takes(0, "11 16");
	schedule_done(w->s, steps, n);
	takes(0, "");
	schedule_table_done(w->s, T_Q);
	takes(0, "15 12 13");
	schedule_done(w->s, steps, n);
	world_free(w);
}

/* Where rows go through p, nothing happens to p or q before all are in. */
static void
test_groups(void **state)
{
	struct world *w = world_new(PASS_POST, 1000);
	struct step steps[SCHEDULE_BATCH];
	size_t n;

	(void)state;
	schedule_free(w->s);
	/* As if b were another partition of p. */
	w->tables[T_B].parent = T_P;
	w->tables[T_B].load_via = w->tables[T_Q].load_via = T_P;
	w->s = schedule_new(w->toc, &w->cat, w->passes, PASS_POST);
	schedule_table_done(w->s, T_Q);
	takes(0, "");
	schedule_table_done(w->s, T_A);
	takes(0, "8 9 10");
	schedule_done(w->s, steps, n);
	schedule_table_done(w->s, T_B);
	takes(0, "11 14 15 16 12 13");
	schedule_done(w->s, steps, n);
	assert_int_equal(schedule_left(w->s), 0);
	world_free(w);
}

static void
test_large_tables_first_and_side_by_side(void **state)
{
	struct world *w = world_new(PASS_POST, SCHEDULE_LARGE);
	struct step first[SCHEDULE_BATCH], steps[SCHEDULE_BATCH];
	struct step third[SCHEDULE_BATCH];
	size_t n, k;

	(void)state;
	assert_int_equal(schedule_left(w->s), 10);
	schedule_table_done(w->s, T_B);
	/* Only small ones are ready, and those were not asked for. */
	takes(1, "");
	schedule_table_done(w->s, T_A);
	k = schedule_take(w->s, 1, first);
	assert_string_equal(text_of(w, first, k), "8i");
	takes(1, "9");
	k = schedule_take(w->s, 1, third);
	assert_string_equal(text_of(w, third, k), "10");
	schedule_done(w->s, first, 1);
	/* The key itself locks out the indexes that are being built. */
	k = schedule_take(w->s, 1, first);
	assert_int_equal(k, 0);
	schedule_done(w->s, steps, n);
	k = schedule_take(w->s, 1, first);
	assert_int_equal(k, 0);
	schedule_done(w->s, third, 1);
	takes(1, "8c");
	/* What locks a stands in the way of what wants b and a. */
	k = schedule_take(w->s, 1, first);
	assert_int_equal(k, 0);
	schedule_done(w->s, steps, n);
	takes(1, "14");
	k = schedule_take(w->s, 0, first);
	assert_string_equal(text_of(w, first, k), "");
	schedule_done(w->s, steps, n);
	takes(0, "11 16");
	schedule_done(w->s, steps, n);
	world_free(w);
}

/* Before the rows, a kind that may hide what it needs keeps its place. */
static void
test_before_the_rows(void **state)
{
	struct world *w = world_new(PASS_PRE, SCHEDULE_LARGE);
	struct step steps[SCHEDULE_BATCH], more[SCHEDULE_BATCH];
	size_t n;

	(void)state;
	assert_int_equal(schedule_left(w->s), 7);
	/* One session can do it all, in an order that holds. */
	takes(0, "1 2 3 4 5 7 6");
	assert_int_equal(schedule_take(w->s, 0, more), 0);
	schedule_done(w->s, steps, n);
	assert_int_equal(schedule_left(w->s), 0);
	world_free(w);
}

/* Whatever order batches end in, nothing runs before what it depends on, all
 * of it runs once, and no two that run want one table unless they share. */
static void
test_any_order(void **state)
{
	uint8_t dice[64];
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 500; seed++) {
		struct world *w =
		    world_new(PASS_POST, seed % 2 ? SCHEDULE_LARGE : 1000);
		struct step running[3][SCHEDULE_BATCH];
		size_t counts[3] = { 0 }, i, turn, k, d, table = 0;
		int done[LAST] = { 0 };

		unit_fill(dice, sizeof(dice), seed);
		for (turn = 0; schedule_left(w->s) > 0; turn++) {
			size_t slot = dice[turn % 64] % 3;

			assert_true(turn < 200);
			if (dice[(turn + 7) % 64] % 4 == 0 && table < T_COUNT)
				schedule_table_done(w->s, table++);
			if (counts[slot] == 0) {
				counts[slot] =
				    schedule_take(w->s, 0, running[slot]);
				continue;
			}
			for (i = 0; i < counts[slot]; i++) {
				const struct toc_entry *e =
				    &w->toc->entries[running[slot][i].entry];

				for (d = 0; d < e->dep_count; d++)
					if (e->deps[d] >= A_KEY &&
					    e->deps[d] < LAST)
						assert_true(done[e->deps[d]]);
				if (running[slot][i].form != STEP_INDEX)
					assert_int_equal(done[e->id]++, 0);
			}
			schedule_done(w->s, running[slot], counts[slot]);
			counts[slot] = 0;
		}
		for (k = A_KEY; k < LAST; k++)
			assert_int_equal(done[k], 1);
		world_free(w);
	}
}

static void
test_circles_are_broken(void **state)
{
	static const int on_two[] = { 2, 0 }, on_one[] = { 1, 0 };
	const struct made_entry entries[] = {
		{ .id = 1,
		    .tag = "one",
		    .desc = "RULE",
		    .section = TOC_POST_DATA,
		    .deps = on_two },
		{ .id = 2,
		    .tag = "two",
		    .desc = "RULE",
		    .section = TOC_POST_DATA,
		    .deps = on_one },
	};
	struct catalog cat = { .table_count = 0 };
	enum pass passes[2];
	struct step steps[SCHEDULE_BATCH];
	struct schedule *s;
	struct toc *toc = made_toc(14, entries, 2);
	size_t n;

	(void)state;
	statement_passes(toc, passes);
	s = schedule_new(toc, &cat, passes, PASS_POST);
	assert_int_equal(schedule_take(s, 0, steps), 0);
	assert_int_equal(schedule_unlock_next(s), 1);
	n = schedule_take(s, 0, steps);
	assert_int_equal(n, 2);
	assert_int_equal(toc->entries[steps[0].entry].id, 1);
	schedule_done(s, steps, n);
	assert_int_equal(schedule_left(s), 0);
	schedule_free(s);
	toc_free(toc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_for_rows),
		cmocka_unit_test(test_partitions_count),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_large_tables_first_and_side_by_side),
		cmocka_unit_test(test_before_the_rows),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_circles_are_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
