#include <stdlib.h>
#include <string.h>

#include "job/proof/assertions.h"
#include "unit.h"

static void
test_parse(void **state)
{
	static const char text[] =
	    "-- a file of them; by hand\n"
	    "\n"
	    "-- the first\n"
	    "SELECT 1; -- behind it\n"
	    "/* the second; /* in */ it */ SELECT ';', \"a;b\", $x$;$x$;\n"
	    ";;\n"
	    "SELECT 3\n"
	    "  FROM t\n"
	    "-- nothing more;\n";
	struct assertions a = { 0 };

	(void)state;
	assert_int_equal(assertions_parse(&a, "f.sql", text), 3);
	assert_string_equal(a.at[0].title, "the first");
	assert_string_equal(a.at[0].sql, "SELECT 1");
	assert_int_equal(a.at[0].line, 4);
	assert_string_equal(a.at[1].sql, "SELECT ';', \"a;b\", $x$;$x$");
	assert_int_equal(a.at[1].line, 5);
	assert_string_equal(a.at[2].title, "SELECT 3");
	assert_string_equal(a.at[2].sql, "SELECT 3\n  FROM t\n-- nothing more");
	assert_int_equal(a.at[2].line, 7);
	assert_string_equal(a.at[2].file, "f.sql");
	assert_int_equal(assertions_failed(&a), 3);
	assertions_free(&a);
	assert_int_equal(a.count, 0);
}

/* Nothing is lost behind a comment that has no end, for the server refuses
 * that; and a line ends as it does for the server. */
static void
test_unended(void **state)
{
	static const char *const texts[] = {
		"SELECT true;\n/* below /srv/* is a row */\nSELECT false;\n",
		"SELECT true; /* SELECT false;", "/* SELECT true;"
	};
	struct assertions a = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t count = assertions_parse(&a, "f", texts[i]);

		assert_int_equal(count, i < 2 ? 2 : 1);
		assert_memory_equal(a.at[count - 1].sql, "/* ", 3);
		assertions_free(&a);
	}
	assert_int_equal(
	    assertions_parse(&a, "f", "SELECT 1;\r-- b\rSELECT 2; --\r3"), 3);
	assert_string_equal(a.at[1].title, "b");
	assert_string_equal(a.at[1].sql, "SELECT 2");
	assert_int_equal(a.at[1].line, 3);
	assertions_free(&a);
}

static void
test_nothing(void **state)
{
	static const char *const none[] = { "", " \n", "-- SELECT 1;", ";",
		"/* SELECT 1; */", "/**/--" };
	struct assertions a = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(assertions_parse(&a, "f", none[i]), 0);
	assertions_free(&a);
}

static void
test_read(void **state)
{
	struct assertions a = { 0 };
	struct err err = ERR_INIT;
	char *folder = unit_folder();
	char *path = unit_path(folder, "a.sql");

	(void)state;
	refused(assertions_read(&a, path, &err), ERR_USAGE);
	mentions(err.msg, path);
	unit_put(path, "SELECT '\xff'", 11);
	refused(assertions_read(&a, path, &err), ERR_USAGE);
	mentions(err.msg, "UTF-8");
	unit_put(path, "SELECT\0 1", 9);
	refused(assertions_read(&a, path, &err), ERR_USAGE);
	unit_put(path, "\xEF\xBB\xBFSELECT 1", 11);
	must(assertions_read(&a, path, &err));
	assert_string_equal(a.at[0].sql, "SELECT 1");
	assertions_free(&a);
	free(path);
	unit_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_unended),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
