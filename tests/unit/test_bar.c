#include <stdio.h>
#include <string.h>

#include "cli/bar.h"
#include "cli/grid.h"
#include "unit.h"

#define MB 1000000

/* 2 s into a phase that is half done. */
static void
half_done(struct bar_state *state, struct progress *p)
{
	char lines[2][BAR_LINE];

	*state = (struct bar_state){ 0 };
	progress_init(p);
	progress_phase(p, "rows");
	progress_total(p, 100 * MB, 1000);
	bar_format(state, p, 10, 100, lines);
	progress_add(p, 50 * MB, 12345);
	bar_format(state, p, 12, 100, lines);
}

static void
test_says_what_is_done_and_left(void **state)
{
	struct bar_state bar;
	struct progress p;
	char lines[2][BAR_LINE];

	(void)state;
	half_done(&bar, &p);
	bar_format(&bar, &p, 12, 100, lines);
	mentions(lines[0], "rows [");
	mentions(lines[0], "] ");
	mentions(lines[0], "50 %");
	mentions(lines[0], "50.0 MB of 100 MB");
	mentions(lines[0], "12,345 rows");
	mentions(lines[0], "25.0 MB/s");
	mentions(lines[0], "ETA 2.0 s");
	assert_string_equal(lines[1], "");
	progress_free(&p);
}

static void
test_fits_any_width(void **state)
{
	struct bar_state bar;
	struct progress p;
	char lines[2][BAR_LINE];
	size_t width;
	unsigned i;

	(void)state;
	half_done(&bar, &p);
	for (i = 0; i < PROGRESS_SLOTS; i++) {
		char label[PROGRESS_LABEL];

		(void)snprintf(label, sizeof(label), "\xc3\xa4\xc3\xb6.t%u", i);
		progress_slot(&p, i, label);
	}
	for (width = 1; width < 300; width++) {
		bar_format(&bar, &p, 12, width, lines);
		assert_true(grid_width(lines[0]) <= width);
		assert_true(grid_width(lines[1]) <= width);
	}
	progress_free(&p);
}

static void
test_labels_once_and_clean(void **state)
{
	struct bar_state bar;
	struct progress p;
	char lines[2][BAR_LINE];

	(void)state;
	half_done(&bar, &p);
	progress_slot(&p, 0, "public.a");
	progress_slot(&p, 1, "public.b\033[2J");
	progress_slot(&p, 3, "public.a");
	bar_format(&bar, &p, 12, 100, lines);
	assert_string_equal(lines[1], "  public.a, public.b?[2J");
	progress_free(&p);
}

static void
test_more_than_was_estimated(void **state)
{
	struct bar_state bar;
	struct progress p;
	char lines[2][BAR_LINE];

	(void)state;
	half_done(&bar, &p);
	progress_add(&p, 70 * MB, 0);
	bar_format(&bar, &p, 13, 100, lines);
	assert_null(strchr(lines[0], '%'));
	assert_null(strstr(lines[0], "ETA"));
	mentions(lines[0], "120 MB");
	progress_free(&p);
}

static void
test_steps_and_new_phases(void **state)
{
	struct bar_state bar;
	struct progress p;
	char lines[2][BAR_LINE];

	(void)state;
	half_done(&bar, &p);
	progress_phase(&p, "indexes");
	progress_steps(&p, 774);
	bar_format(&bar, &p, 20, 100, lines);
	assert_true(bar.rate == 0);
	assert_null(strstr(lines[0], "ETA"));
	progress_step(&p, 387);
	bar_format(&bar, &p, 24, 100, lines);
	mentions(lines[0], "indexes [");
	mentions(lines[0], "50 %");
	mentions(lines[0], "387 of 774");
	mentions(lines[0], "ETA 4.0 s");
	progress_free(&p);
}

static void
test_nothing_known(void **state)
{
	struct bar_state bar = { 0 };
	struct progress p;
	char lines[2][BAR_LINE];

	(void)state;
	progress_init(&p);
	progress_phase(&p, "schema");
	bar_format(&bar, &p, 1, 100, lines);
	bar_format(&bar, &p, 1, 100, lines);
	assert_string_equal(lines[0], "schema");
	progress_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_what_is_done_and_left),
		cmocka_unit_test(test_fits_any_width),
		cmocka_unit_test(test_labels_once_and_clean),
		cmocka_unit_test(test_more_than_was_estimated),
		cmocka_unit_test(test_steps_and_new_phases),
		cmocka_unit_test(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
