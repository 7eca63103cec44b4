#include "job/restore/fit.h"
#include "unit.h"

/* The same type, whatever its modifier, and strings of any sort. */
static void
test_same(void **state)
{
	static const char *const same[][2] = { { "integer", "integer" },
		{ "numeric(10,2)", "numeric" }, { "numeric", "numeric(4,0)" },
		{ "character varying(10)", "text" }, { "text", "character(4)" },
		{ "character varying(10)[]", "character varying[]" },
		{ "timestamp(3) with time zone", "timestamp with time zone" },
		{ "interval day to second(3)", "interval" },
		{ "app.\"odd (1)\"", "app.\"odd (1)\"" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_true(fit_same_binary(same[i][0], same[i][1]));
		assert_true(fit_same_binary(same[i][1], same[i][0]));
	}
}

/* What has as many bytes, or another type within, is not the same. */
static void
test_other(void **state)
{
	static const char *const other[][2] = { { "integer", "bigint" },
		{ "integer", "date" }, { "text", "text[]" },
		{ "text[]", "character varying[]" },
		{ "timestamp(3) with time zone",
		    "timestamp(3) without time zone" },
		{ "interval[]", "interval" }, { "app.mood", "log.mood" },
		{ "app.\"odd (1)\"", "app.\"odd (2)\"" },
		{ "bit(3)", "bit varying(3)" }, { "text", "app.code" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_false(fit_same_binary(other[i][0], other[i][1]));
		assert_false(fit_same_binary(other[i][1], other[i][0]));
	}
}

/* Tables with rows, quoted for SQL and once more for the array. */
static void
test_names(void **state)
{
	char a[] = "a", b[] = "b", odd[] = "O\"dd", slash[] = "t\\";
	struct table tables[] = { { .schema = a, .name = b, .kind = 'r' },
		{ .schema = a, .name = a, .kind = 'p' },
		{ .schema = b, .name = b, .kind = 'r', .left_out = 1 },
		{ .schema = odd, .name = slash, .kind = 'r' } };
	struct catalog cat = { .tables = tables, .table_count = 4 };
	struct buf names = { 0 };
	size_t places[4];

	(void)state;
	assert_int_equal(fit_names(&cat, places, &names), 2);
	assert_int_equal(places[0], 0);
	assert_int_equal(places[1], 3);
	assert_string_equal(buf_text(&names),
	    "{\"\\\"a\\\".\\\"b\\\"\","
	    "\"\\\"O\\\"\\\"dd\\\".\\\"t\\\\\\\"\"}");
	names.len = 0;
	cat.table_count = 0;
	assert_int_equal(fit_names(&cat, places, &names), 0);
	assert_string_equal(buf_text(&names), "{}");
	buf_free(&names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
