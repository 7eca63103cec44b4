#include <stdlib.h>

#include "job/restore/globals.h"
#include "unit.h"

/* One statement after another, until there are no more. */
static void
takes(const char *script, const char *const *statements)
{
	char *got;

	for (; *statements != NULL; statements++) {
		got = globals_next(&script);
		if (got == NULL)
			fail_msg("nothing instead of %s", *statements);
		assert_string_equal(got, *statements);
		free(got);
	}
	assert_null(globals_next(&script));
	assert_string_equal(script, "");
}

static void
test_statements(void **state)
{
	static const char *const statements[] = { "SET a = off;",
		"CREATE ROLE \"a;--\nb\";",
		"COMMENT ON ROLE x IS 'one\n\\two; it''s\n-- three';",
		"ALTER ROLE x SET y TO E'\\';\\'';", "SELECT 1", NULL };

	(void)state;
	takes("--\n-- PostgreSQL database cluster dump\n--\n\n"
	      "\\restrict ab;c'd\n\nSET a = off;\n\n-- ;'\n"
	      "CREATE ROLE \"a;--\nb\";\n"
	      "COMMENT ON ROLE x IS 'one\n\\two; it''s\n-- three';\r\n"
	      "ALTER ROLE x SET y TO E'\\';\\'';\n\\unrestrict abc\n"
	      "SELECT 1\n\n",
	    statements);
}

static void
test_nothing(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	takes("", none);
	takes("\n -- a comment", none);
	takes("\\restrict abc", none);
}

static void
is_named(const char *statement, const char *name)
{
	char *got = globals_name(statement);

	assert_string_equal(got, name);
	free(got);
}

static void
test_names(void **state)
{
	char text[200], name[101];

	(void)state;
	is_named("CREATE ROLE x;", "CREATE ROLE x");
	is_named("ALTER ROLE x WITH LOGIN PASSWORD 'secret';", "ALTER ROLE x");
	is_named("COMMENT ON ROLE x IS 'one\ntwo WITH';",
	    "COMMENT ON ROLE x IS 'one");
	/* It ends between characters. */
	(void)snprintf(text, sizeof(text), "x%099dää", 0);
	(void)snprintf(name, sizeof(name), "x%099d", 0);
	is_named(text, name);
	(void)snprintf(text, sizeof(text), "x%098dää", 0);
	(void)snprintf(name, sizeof(name), "x%098d", 0);
	is_named(text, name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
