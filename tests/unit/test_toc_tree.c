#include <stdlib.h>
#include <string.h>

#include "db/inventory.h"
#include "toc_made.h"
#include "unit.h"

#define D(...)                 \
	(const int[])          \
	{                      \
		__VA_ARGS__, 0 \
	}

/* What pg_dump writes for tables with all that may be theirs.  Dump ids are
 * the places in this list, from 1. */
static const struct made_entry entries[] = {
	{ .id = 1,
	    .tag = "app",
	    .desc = "SCHEMA",
	    .section = TOC_PRE_DATA,
	    .defn = "CREATE SCHEMA app;" },
	{ .id = 2,
	    .tag = "SCHEMA app",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .deps = D(1) },
	{ .id = 3,
	    .tag = "f()",
	    .desc = "FUNCTION",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(1) },
	{ .id = 4,
	    .tag = "a",
	    .desc = "TABLE",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(1),
	    .defn = "CREATE TABLE app.a (\n    x text DEFAULT '\nINHERITS ('"
		    "::text\n);\n" },
	{ .id = 5,
	    .tag = "a b",
	    .desc = "TABLE",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(4, 1),
	    .defn = "CREATE TABLE app.\"a b\" (\n    y integer DEFAULT 1,\n"
		    "    CONSTRAINT c CHECK ((y > 0))\n)\n"
		    "INHERITS (app.a, public.a);\n" },
	{ .id = 6,
	    .tag = "a",
	    .desc = "TABLE",
	    .section = TOC_PRE_DATA,
	    .schema = "public" },
	{ .id = 7,
	    .tag = "v",
	    .desc = "VIEW",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(4, 4) },
	{ .id = 8,
	    .tag = "a_id_seq",
	    .desc = "SEQUENCE",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .defn = "CREATE SEQUENCE app.a_id_seq;",
	    .deps = D(1, 4) },
	{ .id = 9,
	    .tag = "a_id_seq",
	    .desc = "SEQUENCE OWNED BY",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(8) },
	{ .id = 10,
	    .tag = "i_id_seq",
	    .desc = "SEQUENCE",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .defn = "ALTER TABLE app.\"a b\" ALTER COLUMN i ADD GENERATED;",
	    .deps = D(5) },
	{ .id = 11,
	    .tag = "free",
	    .desc = "SEQUENCE",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(1) },
	{ .id = 12,
	    .tag = "a id",
	    .desc = "DEFAULT",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(8, 4, 4) },
	/* Of two tables that it depends on, the tag says which. */
	{ .id = 13,
	    .tag = "a b c",
	    .desc = "CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(4, 5) },
	{ .id = 14,
	    .tag = "a b other_fkey",
	    .desc = "FK CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(5, 13, 4),
	    .defn =
		"ALTER TABLE ONLY app.a\n    ADD CONSTRAINT \"b other_fkey\" "
		"FOREIGN KEY (\" REFERENCES x\") REFERENCES "
		"app.\"a b\"(y) ON DELETE CASCADE;\n" },
	{ .id = 15,
	    .tag = "a b r",
	    .desc = "RULE",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(5, 6, 4),
	    .defn = "CREATE RULE \"b r\" AS\n    ON DELETE TO app.a DO  DELETE "
		    "FROM app.\"a b\";\n" },
	{ .id = 16,
	    .tag = "a b p",
	    .desc = "POLICY",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(6, 5, 4),
	    .defn = "CREATE POLICY \"b p\" ON app.a USING (true);\n" },
	{ .id = 17,
	    .tag = "a t",
	    .desc = "TRIGGER",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(3, 4) },
	{ .id = 18,
	    .tag = "a_x",
	    .desc = "INDEX",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(3, 4) },
	{ .id = 19,
	    .tag = "INDEX a_x",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .schema = "app",
	    .deps = D(18) },
	{ .id = 20,
	    .tag = "a",
	    .desc = "ROW SECURITY",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(4) },
	{ .id = 21,
	    .tag = "st",
	    .desc = "STATISTICS",
	    .section = TOC_POST_DATA,
	    .schema = "stats",
	    .deps = D(4, 1) },
	{ .id = 22,
	    .tag = "TABLE a",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app",
	    .deps = D(4) },
	{ .id = 23,
	    .tag = "COLUMN a.x",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app",
	    .deps = D(4, 22) },
	{ .id = 24,
	    .tag = "v",
	    .desc = "MATERIALIZED VIEW DATA",
	    .section = TOC_DATA,
	    .schema = "app",
	    .deps = D(7) },
	{ .id = 25,
	    .tag = "a b",
	    .desc = "TABLE ATTACH",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(5, 4) },
	{ .id = 26,
	    .tag = "p",
	    .desc = "PUBLICATION",
	    .section = TOC_POST_DATA },
	{ .id = 27,
	    .tag = "p a",
	    .desc = "PUBLICATION TABLE",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(4, 26) },
	{ .id = 28,
	    .tag = "PUBLICATION p",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .deps = D(26) },
	{ .id = 29,
	    .tag = "d",
	    .desc = "DOMAIN",
	    .section = TOC_PRE_DATA,
	    .schema = "app" },
	{ .id = 30,
	    .tag = "d checked",
	    .desc = "CHECK CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(29) },
	{ .id = 31,
	    .tag = "v x",
	    .desc = "DEFAULT",
	    .section = TOC_PRE_DATA,
	    .schema = "app",
	    .deps = D(4, 7) },
	/* Privileges as pg_dump wrote them before 14. */
	{ .id = 32,
	    .tag = "TABLE a",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "public" },
	{ .id = 33,
	    .tag = "COLUMN \"a b\".y",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app" },
	{ .id = 34,
	    .tag = "SEQUENCE free",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app" },
	{ .id = 35,
	    .tag = "FUNCTION f()",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app" },
	{ .id = 36, .tag = "SCHEMA app", .desc = "ACL", .section = TOC_NONE },
	{ .id = 37, .tag = "SCHEMA gone", .desc = "ACL", .section = TOC_NONE },
	/* What is about something that is not here. */
	{ .id = 38,
	    .tag = "gone g",
	    .desc = "TRIGGER",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(500) },
	{ .id = 39,
	    .tag = "CAST (a AS b)",
	    .desc = "COMMENT",
	    .section = TOC_NONE },
	{ .id = 40,
	    .tag = "DEFAULT PRIVILEGES FOR TABLES",
	    .desc = "DEFAULT ACL",
	    .section = TOC_POST_DATA,
	    .schema = "app",
	    .deps = D(1) },
};
#define COUNT (sizeof(entries) / sizeof(entries[0]))

static void
test_owners(void **state)
{
	/* By dump id; 0: stands by itself. */
	static const int owners[COUNT + 1] = { [2] = 1,
		[8] = 4,
		[9] = 8,
		[10] = 5,
		[12] = 4,
		[13] = 5,
		[14] = 4,
		[15] = 4,
		[16] = 4,
		[17] = 4,
		[18] = 4,
		[19] = 18,
		[20] = 4,
		[21] = 4,
		[22] = 4,
		[23] = 4,
		[24] = 7,
		[25] = 5,
		[27] = 26,
		[28] = 26,
		[30] = 29,
		[31] = 7,
		[32] = 6,
		[33] = 5,
		[34] = 11,
		[35] = 3,
		[36] = 1 };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct toc_tree *tree = toc_tree_new(toc);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		if (toc_tree_owner(tree, i) + 1 != owners[i + 1])
			fail_msg("%s %s: of %d, not of %d", entries[i].desc,
			    entries[i].tag, toc_tree_owner(tree, i) + 1,
			    owners[i + 1]);
	assert_int_equal(toc_tree_root(tree, 18), 3);
	assert_int_equal(toc_tree_root(tree, 8), 3);
	assert_int_equal(toc_tree_root(tree, 3), 3);
	assert_int_equal(toc_tree_of_id(tree, 5), 4);
	assert_int_equal(toc_tree_of_id(tree, 500), -1);
	assert_int_equal(toc_tree_of_id(tree, 0), -1);
	assert_int_equal(toc_tree_relation(tree, "app", "a b"), 4);
	assert_int_equal(toc_tree_relation(tree, "public", "a"), 5);
	assert_int_equal(toc_tree_relation(tree, "app", "gone"), -1);
	assert_int_equal(toc_tree_relation(tree, "app", "f()"), -1);
	toc_tree_free(tree);
	toc_tree_free(NULL);
	toc_free(toc);
}

static void
test_statements(void **state)
{
	struct toc *toc = made_toc(14, entries, COUNT);
	struct sqlname n;
	const char *at = NULL;

	(void)state;
	assert_true(toc_reference(&toc->entries[13], &n));
	assert_string_equal(n.schema, "app");
	assert_string_equal(n.name, "a b");
	sqlname_free(&n);
	assert_false(toc_reference(&toc->entries[12], &n));
	/* What looks like it in a literal is none. */
	assert_false(toc_parents(&toc->entries[3], &at, &n));
	at = NULL;
	assert_true(toc_parents(&toc->entries[4], &at, &n));
	assert_string_equal(n.schema, "app");
	assert_string_equal(n.name, "a");
	sqlname_free(&n);
	assert_true(toc_parents(&toc->entries[4], &at, &n));
	assert_string_equal(n.schema, "public");
	sqlname_free(&n);
	assert_false(toc_parents(&toc->entries[4], &at, &n));
	toc_free(toc);
}

static void
test_circle(void **state)
{
	const struct made_entry circle[] = {
		{ .id = 1,
		    .tag = "x",
		    .desc = "COMMENT",
		    .section = TOC_NONE,
		    .deps = D(2) },
		{ .id = 2,
		    .tag = "y",
		    .desc = "COMMENT",
		    .section = TOC_NONE,
		    .deps = D(1) },
		{ .id = 3,
		    .tag = "z",
		    .desc = "COMMENT",
		    .section = TOC_NONE,
		    .deps = D(3) },
	};
	struct toc *toc = made_toc(14, circle, 3);
	struct toc_tree *tree = toc_tree_new(toc);

	(void)state;
	assert_in_range(toc_tree_root(tree, 0), 0, 1);
	assert_int_equal(toc_tree_root(tree, 2), 2);
	toc_tree_free(tree);
	toc_free(toc);
}

static void
test_inventory(void **state)
{
	static char text_app[] = "app", text_ab[] = "a b", text_a[] = "a";
	static char text_ext[] = "ext", text_shop[] = "shop";
	static char text_utf8[] = "UTF8", text_option[] = "data-only";
	static char *options[] = { text_option };
	struct table tables[] = { { .schema = text_app,
				      .name = text_a,
				      .kind = 'p',
				      .parent = -1 },
		{ .schema = text_app,
		    .name = text_ab,
		    .kind = 'r',
		    .parent = 0 },
		{ .schema = text_ext,
		    .name = text_a,
		    .kind = 'r',
		    .parent = -1 } };
	struct sequence sequences[] = { { .schema = text_ext,
	    .name = text_ab } };
	struct catalog cat = { .dbname = text_shop,
		.encoding = text_utf8,
		.tables = tables,
		.table_count = 3,
		.sequences = sequences,
		.sequence_count = 1 };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct toc_tree *tree = toc_tree_new(toc);
	struct inventory *inv = inventory_of_archive(toc, tree, &cat);
	int at;

	(void)state;
	assert_string_equal(inv->dbname, "shop");
	/* Schemas: app, public, stats, ext. */
	assert_int_equal(inv->schema_count, 4);
	at = inventory_find(inv, "app", "a_id_seq");
	assert_int_equal(inv->relations[at].kind, 'S');
	assert_int_equal(
	    inv->relations[at].owner, inventory_find(inv, "app", "a"));
	assert_false(inv->relations[at].is_identity);
	at = inventory_find(inv, "app", "i_id_seq");
	assert_int_equal(
	    inv->relations[at].owner, inventory_find(inv, "app", "a b"));
	assert_true(inv->relations[at].is_identity);
	/* What no entry defines belongs to some extension. */
	at = inventory_find(inv, "ext", "a");
	assert_true(inv->relations[at].extension >= 0);
	assert_true(inv->relations[at].has_settings);
	at = inventory_find(inv, "ext", "a b");
	assert_int_equal(inv->relations[at].kind, 'S');
	assert_true(inv->relations[at].has_settings);
	/* By the catalog, and twice by INHERITS. */
	assert_int_equal(inv->heritage_count, 3);
	assert_int_equal(
	    inv->heritage[0].child, inventory_find(inv, "app", "a b"));
	assert_int_equal(
	    inv->heritage[2].parent, inventory_find(inv, "public", "a"));
	inventory_free(inv);
	/* Where there are no definitions, tables are but tables. */
	cat.options = options;
	cat.option_count = 1;
	inv = inventory_of_archive(toc, tree, &cat);
	at = inventory_find(inv, "ext", "a");
	assert_int_equal(inv->relations[at].extension, -1);
	inventory_free(inv);
	toc_tree_free(tree);
	toc_free(toc);
}

static void
test_names(void **state)
{
	static const struct {
		const char *text;
		const char *schema;
		const char *name;
		const char *rest;
	} cases[] = {
		{ "a", NULL, "a", "" },
		{ "a.b c", "a", "b", " c" },
		{ "a_1$.\"B c\"(x)", "a_1$", "B c", "(x)" },
		{ "\"say \"\"hi\"\"\".\".\";", "say \"hi\"", ".", ";" },
		{ "\xc3\xa4\xc3\xb6, x", NULL, "\xc3\xa4\xc3\xb6", ", x" },
	};
	static const char *const none[] = { "", " a", "(a)", "\"a", "a.",
		"a.\"b" };
	struct sqlname n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *rest = sqlname_read(cases[i].text, &n);

		assert_non_null(rest);
		assert_string_equal(rest, cases[i].rest);
		assert_string_equal(n.name, cases[i].name);
		if (cases[i].schema == NULL)
			assert_null(n.schema);
		else
			assert_string_equal(n.schema, cases[i].schema);
		sqlname_free(&n);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(sqlname_read(none[i], &n));
}

static void
test_find(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{ "a WORD b", "b" },
		{ "'WORD ' WORD b", "b" },
		{ "E'\\'WORD ' WORD b", "b" },
		{ "'it''s WORD ' WORD b", "b" },
		{ "\"WORD \"\"WORD \" WORD b", "b" },
		{ "(WORD (WORD )) WORD b", "b" },
		{ "-- WORD x\nWORD b", "b" },
		{ "'WORD b", NULL },
		{ "(WORD b", NULL },
		{ "", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = sqlname_find(cases[i].text, "WORD ");

		if (cases[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].want);
	}
}

static void
test_about_schema(void **state)
{
	static const struct {
		const char *desc;
		const char *tag;
		const char *schema;
	} cases[] = { { "ACL", "SCHEMA public", "public" },
		{ "COMMENT", "SCHEMA \"a b\"", "a b" },
		{ "SECURITY LABEL", "SCHEMA s", "s" },
		{ "ACL", "TABLE SCHEMA", NULL }, { "SCHEMA", "SCHEMA s", NULL },
		{ "COMMENT", "SCHEMA ", NULL } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct toc_entry e = { .desc = cases[i].desc,
			.tag = cases[i].tag };
		struct sqlname n;

		if (!toc_about_schema(&e, &n)) {
			assert_null(cases[i].schema);
			continue;
		}
		assert_string_equal(n.name, cases[i].schema);
		sqlname_free(&n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_about_schema),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_inventory),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
