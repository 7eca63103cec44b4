#include <stdlib.h>

#include "base/mem.h"
#include "job/restore/statistics.h"
#include "unit.h"

#define RELATION                                        \
	"SELECT * FROM pg_catalog.pg_restore_relation_" \
	"stats(\n\t'version', '180004'::integer,\n\t"

/* What the calls of a script are about, in order; "?" where they don't say. */
static void
tell(const char *script, const char *const *names)
{
	struct sqlname of;
	char *statement, *name;

	for (; *names != NULL; names++) {
		statement = statistics_next(&script);
		if (statement == NULL)
			fail_msg("nothing about %s", *names);
		name = NULL;
		if (statistics_of(statement, &of)) {
			name = mem_printf("%s.%s", of.schema, of.name);
			sqlname_free(&of);
		}
		assert_string_equal(name != NULL ? name : "?", *names);
		free(name);
		free(statement);
	}
	assert_null(statistics_next(&script));
}

static void
test_about(void **state)
{
	static const char *const names[] = { "public.t",
		"a 'b'.it's \\ relname', '", "s.", "?", "?", NULL };

	(void)state;
	tell("SET lock_timeout = 0;\n"
	     "SELECT pg_catalog.set_config('search_path', '', false);\n"
	     "-- Statistics for Name: t\n" RELATION
	     "'schemaname', 'public',\n\t'relname', 't',\n\t"
	     "'relpages', '0'::integer\n);\n" RELATION
	     "'schemaname', 'a ''b''',\n\t"
	     "'relname', 'it''s \\ relname'', '''\n);\n" RELATION
	     "'schemaname', 's',\n\t'relname', ''\n);\n" RELATION
	     "'relation', 's.t'::regclass\n);\n" RELATION
	     "'schemaname', 's',\n\t'relname', E'\\\\'\n);\n",
	    names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
