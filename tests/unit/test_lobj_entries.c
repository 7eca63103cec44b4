#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "db/lobj.h"
#include "job/acl.h"
#include "job/lobj_entries.h"
#include "job/statement.h"
#include "toc_made.h"
#include "unit.h"

static const struct names NOBODY = { NULL, 0 };

static struct toc *
empty_toc(const char *desc)
{
	struct made_entry e = {
		.id = 7, .tag = "1", .desc = desc, .section = TOC_PRE_DATA
	};

	return made_toc(16, &e, 1);
}

/* Everything that is run, a line for each entry's pass before it. */
static void
all_of(const struct toc *toc, struct buf *out)
{
	struct session session = { .user = "keeper",
		.absent = &NOBODY,
		.foreign = &NOBODY,
		.no_spaces = &NOBODY };
	enum pass *passes = calloc(toc->count, sizeof(*passes));
	size_t i;

	assert_non_null(passes);
	statement_passes(toc, passes);
	for (i = 1; i < toc->count; i++) {
		buf_printf(
		    out, "-- %d %s\n", (int)passes[i], toc->entries[i].tag);
		statement_definition(toc, &toc->entries[i], &session, out);
		statement_owner(&toc->entries[i], &session, out);
	}
	free(passes);
}

static void
test_entries(void **state)
{
	struct lobj_group groups[] = {
		{ (char[]){ "keeper" }, NULL, (char[]){ "3" } },
		{ (char[]){ "an\"na" },
		    (char[]){
			"{\"\\\"an\\\"\\\"na\\\"=r/\\\"an\\\"\\\"na\\\"\",\"=r/"
			"\\\"an\\\"\\\"na\\\"\",bob=rw*/anna}" },
		    (char[]){ "4-5" } },
	};
	struct lobj_note notes[] = { { 3, NULL, (char[]){ "it's \\" } },
		{ 4, (char[]){ "se\"linux" }, (char[]){ "top" } } };
	struct catalog cat = { .lobj_count = 3,
		.lobj_groups = groups,
		.lobj_group_count = 2,
		.lobj_notes = notes,
		.lobj_note_count = 2 };
	struct toc *toc = empty_toc("SCHEMA");
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)state;
	assert_true(lobj_entries_lacks(toc, &cat));
	must(lobj_entries_add(toc, &cat, &err));
	assert_false(lobj_entries_lacks(toc, &cat));
	all_of(toc, &out);
	assert_string_equal(buf_text(&out),
	    "-- 1 3\n"
	    "SELECT pg_catalog.lo_create('3');\n"
	    "-- 1 4..5\n"
	    "SELECT pg_catalog.lo_create('4');\n"
	    "SELECT pg_catalog.lo_create('5');\n"
	    "ALTER LARGE OBJECT 4 OWNER TO \"an\"\"na\";\n"
	    "ALTER LARGE OBJECT 5 OWNER TO \"an\"\"na\";\n"
	    "-- 4 LARGE OBJECTS 4..5\n"
	    "REVOKE ALL ON LARGE OBJECT 4 FROM \"an\"\"na\";\n"
	    "GRANT SELECT ON LARGE OBJECT 4 TO \"an\"\"na\";\n"
	    "GRANT SELECT ON LARGE OBJECT 4 TO PUBLIC;\n"
	    "SET SESSION AUTHORIZATION \"anna\";\n"
	    "GRANT SELECT ON LARGE OBJECT 4 TO \"bob\";\n"
	    "GRANT UPDATE ON LARGE OBJECT 4 TO \"bob\" WITH GRANT OPTION;\n"
	    "RESET SESSION AUTHORIZATION;\n"
	    "REVOKE ALL ON LARGE OBJECT 5 FROM \"an\"\"na\";\n"
	    "GRANT SELECT ON LARGE OBJECT 5 TO \"an\"\"na\";\n"
	    "GRANT SELECT ON LARGE OBJECT 5 TO PUBLIC;\n"
	    "SET SESSION AUTHORIZATION \"anna\";\n"
	    "GRANT SELECT ON LARGE OBJECT 5 TO \"bob\";\n"
	    "GRANT UPDATE ON LARGE OBJECT 5 TO \"bob\" WITH GRANT OPTION;\n"
	    "RESET SESSION AUTHORIZATION;\n"
	    "\n"
	    "-- 2 LARGE OBJECT 3\n"
	    "COMMENT ON LARGE OBJECT 3 IS E'it''s \\\\';\n\n"
	    "-- 2 LARGE OBJECT 4\n"
	    "SECURITY LABEL FOR \"se\"\"linux\" ON LARGE OBJECT 4 IS "
	    "'top';\n\n");
	buf_free(&out);
	toc_free(toc);
}

/* What pg_dump listed is not listed twice. */
static void
test_listed_already(void **state)
{
	static const char *const kinds[] = { "BLOB", "BLOB METADATA" };
	struct lobj_group group = { (char[]){ "a" }, NULL, (char[]){ "1" } };
	struct catalog cat = {
		.lobj_count = 1, .lobj_groups = &group, .lobj_group_count = 1
	};
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct toc *toc = empty_toc(kinds[i]);

		assert_false(lobj_entries_lacks(toc, &cat));
		must(lobj_entries_add(toc, &cat, &err));
		assert_int_equal(toc->count, 1);
		toc_free(toc);
	}
}

/* Many are cut into entries that one transaction has locks for. */
static void
test_many(void **state)
{
	struct lobj_group group = { (char[]){ "anna" }, NULL,
		(char[]){ "1-3 4294966000-4294967295" } };
	struct catalog cat = {
		.lobj_count = 1299, .lobj_groups = &group, .lobj_group_count = 1
	};
	struct toc *toc = empty_toc("SCHEMA");
	struct err err = ERR_INIT;
	size_t i, seen = 0;
	uint64_t before = 0;

	(void)state;
	must(lobj_entries_add(toc, &cat, &err));
	assert_true(toc->count > 10);
	for (i = 1; i < toc->count; i++) {
		const char *p = toc->entries[i].defn;
		size_t count = 0;

		assert_int_equal(toc->entries[i].id, 7 + (int)i);
		for (; *p != '\0'; p = strchr(p, '\n') + 1, count++) {
			uint64_t oid = strtoull(p, NULL, 10);

			assert_true(oid > before);
			before = oid;
		}
		assert_in_range(count, 1, 128);
		seen += count;
	}
	assert_int_equal(seen, 1299);
	assert_true(before == UINT32_MAX);
	toc_free(toc);
}

static void
test_runs(void **state)
{
	static const char *const bad[] = { "0", "a", "-1", "1-", "2-1", "1-1",
		"1,2", "4294967296", "01", " 1" };
	const char *p = "7 9-11 4294967295";
	uint32_t first, last;
	size_t i;

	(void)state;
	assert_int_equal(lobj_next_run(&p, &first, &last), 1);
	assert_true(first == 7 && last == 7);
	assert_int_equal(lobj_next_run(&p, &first, &last), 1);
	assert_true(first == 9 && last == 11);
	assert_int_equal(lobj_next_run(&p, &first, &last), 1);
	assert_true(first == UINT32_MAX && last == UINT32_MAX);
	assert_int_equal(lobj_next_run(&p, &first, &last), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = bad[i];
		if (lobj_next_run(&p, &first, &last) != -1)
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void
test_acl(void **state)
{
	static const char *const bad[] = { "", "{", "}", "{a}", "{a=r}",
		"{a=r/b", "{a=r/b,}", "{a=r/b}}", "{\"a=r/b}", "a=r/b",
		"{\"\\\"a=r/b\"}", "{a=r/b}x" };
	static const char *const words[] = { "SELECT", "UPDATE" };
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	struct acl acl;
	size_t i;

	(void)state;
	must(acl_parse("{}", &acl, &err));
	assert_int_equal(acl.count, 0);
	acl_free(&acl);
	must(acl_parse(
	    "{=r/a,\"\\\"b,\\\\\\\\ \\\"\\\"}=/\\\"=rw*/c d\"}", &acl, &err));
	assert_int_equal(acl.count, 2);
	assert_string_equal(acl.items[0].grantee, "");
	assert_string_equal(acl.items[0].grantor, "a");
	assert_string_equal(acl.items[1].grantee, "b,\\\\ \"}=/");
	assert_string_equal(acl.items[1].rights, "rw*");
	assert_string_equal(acl.items[1].grantor, "c d");
	assert_int_equal(acl_rights(&acl.items[1], "rw", words, 1, &out), 1);
	assert_string_equal(buf_text(&out), "UPDATE");
	buf_free(&out);
	assert_int_equal(acl_rights(&acl.items[0], "rw", words, 1, &out), 0);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	acl_free(&acl);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused(acl_parse(bad[i], &acl, &err), ERR_DAMAGED);
		acl_free(&acl);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_listed_already),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_acl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
