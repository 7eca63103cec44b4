#include "job/restore/replace.h"
#include "unit.h"

static void
becomes(const char *desc, const char *drop, const char *text)
{
	char kind[64], statement[128], empty[] = "";
	struct toc_entry e = { .desc = kind, .drop = statement };
	struct buf out = { 0 };

	(void)snprintf(kind, sizeof(kind), "%s", desc);
	(void)snprintf(statement, sizeof(statement), "%s", drop);
	e.schema = e.tag = e.owner = e.defn = empty;
	replace_text(&e, &out);
	assert_string_equal(buf_text(&out), text);
	buf_free(&out);
}

/* What is not there is no error. */
static void
test_drops(void **state)
{
	(void)state;
	becomes("TABLE", "DROP TABLE app.\"Orders\";\n",
	    "DROP TABLE IF EXISTS app.\"Orders\";\n");
	becomes("MATERIALIZED VIEW", "DROP MATERIALIZED VIEW a.b;\n",
	    "DROP MATERIALIZED VIEW IF EXISTS a.b;\n");
	becomes("FUNCTION", "DROP FUNCTION a.f(integer);\n",
	    "DROP FUNCTION IF EXISTS a.f(integer);\n");
	becomes("OPERATOR CLASS", "DROP OPERATOR CLASS a.o USING btree;\n",
	    "DROP OPERATOR CLASS IF EXISTS a.o USING btree;\n");
	becomes("CAST", "DROP CAST (a.m AS integer);\n",
	    "DROP CAST IF EXISTS (a.m AS integer);\n");
	/* A base type, whose functions depend on it as it does on them. */
	becomes("TYPE", "DROP TYPE a.base CASCADE;\n",
	    "DROP TYPE IF EXISTS a.base CASCADE;\n");
}

/* What is more than the object itself stays. */
static void
test_stays(void **state)
{
	(void)state;
	becomes("DATABASE", "DROP DATABASE erp;\n", "");
	becomes("SCHEMA", "DROP SCHEMA app;\n", "");
	becomes("EXTENSION", "DROP EXTENSION pg_trgm;\n", "");
	becomes("SUBSCRIPTION", "DROP SUBSCRIPTION s;\n", "");
	becomes("VIEW", "DROP VIEW a.b CASCADE;\n", "");
	becomes("INDEX ATTACH", "", "");
	becomes(
	    "FK CONSTRAINT", "ALTER TABLE ONLY a.b DROP CONSTRAINT k;\n", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
