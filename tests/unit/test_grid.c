#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/grid.h"
#include "unit.h"

static const struct grid_column columns[] = {
	{ "NAME", 0 },
	{ "ROWS", 1 },
	{ "NOTE", 0 },
};

/* What grid_print() writes; the caller frees. */
static char *
printed(const struct grid *grid)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	grid_print(grid, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_columns_line_up(void **state)
{
	struct grid *grid = grid_new(columns, 3);
	char *text;

	(void)state;
	grid_add(grid, (const char *[]){ "a", "1", "x" });
	grid_add(grid, (const char *[]){ "longer", "1,000,000", NULL });
	grid_add(grid, (const char *[]){ "", "", "y" });
	text = printed(grid);
	assert_string_equal(text,
	    "NAME         ROWS  NOTE\n"
	    "a               1  x\n"
	    "longer  1,000,000\n"
	    "                   y\n");
	free(text);
	grid_free(grid);
}

static void
test_empty_columns_are_left_out(void **state)
{
	struct grid *grid = grid_new(columns, 3);
	char *text;

	(void)state;
	grid_add(grid, (const char *[]){ "a", NULL, "x" });
	grid_add(grid, (const char *[]){ "b", "", "y" });
	text = printed(grid);
	assert_string_equal(text,
	    "NAME  NOTE\n"
	    "a     x\n"
	    "b     y\n");
	free(text);
	grid_free(grid);
}

static void
test_characters_not_bytes(void **state)
{
	struct grid *grid = grid_new(columns, 3);
	char *text;

	(void)state;
	grid_add(grid, (const char *[]){ "K\xc3\xb6ln", "1", NULL });
	grid_add(
	    grid, (const char *[]){ "\xe6\x9d\xb1\xe4\xba\xac", "22", NULL });
	text = printed(grid);
	assert_string_equal(text,
	    "NAME  ROWS\n"
	    "K\xc3\xb6ln     1\n"
	    "\xe6\x9d\xb1\xe4\xba\xac      22\n");
	free(text);
	grid_free(grid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_line_up),
		cmocka_unit_test(test_empty_columns_are_left_out),
		cmocka_unit_test(test_characters_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
