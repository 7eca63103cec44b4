#include <stdlib.h>
#include <string.h>

#include "job/choose/choice.h"
#include "job/choose/filter.h"
#include "toc_made.h"
#include "unit.h"

#define D(...)                 \
	(const int[])          \
	{                      \
		__VA_ARGS__, 0 \
	}
#define PRE .section = TOC_PRE_DATA
#define POST .section = TOC_POST_DATA

/* A table of contents whose entries are called by letters, in this order. */
static const struct made_entry entries[] = {
	{ .id = 1, .tag = "app", .desc = "SCHEMA", PRE }, /* a */
	{ .id = 2,
	    .tag = "SCHEMA app",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .deps = D(1) },                                  /* b */
	{ .id = 3, .tag = "ext", .desc = "EXTENSION", PRE }, /* c */
	{ .id = 4, .tag = "mood", .desc = "TYPE", PRE, .schema = "app" },
	{ .id = 5,
	    .tag = "t",
	    .desc = "TABLE",
	    PRE,
	    .schema = "app",
	    .deps = D(1, 4) }, /* e */
	{ .id = 6,
	    .tag = "t_id_seq",
	    .desc = "SEQUENCE",
	    PRE,
	    .schema = "app",
	    .defn = "CREATE SEQUENCE",
	    .deps = D(5) },
	{ .id = 7,
	    .tag = "t_id_seq",
	    .desc = "SEQUENCE OWNED BY",
	    PRE,
	    .schema = "app",
	    .deps = D(6) }, /* g */
	{ .id = 8,
	    .tag = "t id",
	    .desc = "DEFAULT",
	    PRE,
	    .schema = "app",
	    .deps = D(6, 5) }, /* h */
	{ .id = 9, .tag = "root", .desc = "TABLE", PRE, .schema = "log" },
	{ .id = 10, .tag = "leaf", .desc = "TABLE", PRE, .schema = "log" },
	{ .id = 11,
	    .tag = "leaf",
	    .desc = "TABLE ATTACH",
	    PRE,
	    .schema = "log",
	    .deps = D(10, 9) }, /* k */
	{ .id = 12,
	    .tag = "m",
	    .desc = "MATERIALIZED VIEW",
	    PRE,
	    .schema = "log" }, /* l */
	{ .id = 13,
	    .tag = "TABLE t",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .schema = "app",
	    .deps = D(5) }, /* m */
	{ .id = 14,
	    .tag = "t t_pkey",
	    .desc = "CONSTRAINT",
	    POST,
	    .schema = "app",
	    .deps = D(5) }, /* n */
	{ .id = 15,
	    .tag = "leaf leaf_fkey",
	    .desc = "FK CONSTRAINT",
	    POST,
	    .schema = "log",
	    .deps = D(10, 14, 5) }, /* o */
	{ .id = 16,
	    .tag = "CONSTRAINT leaf_fkey ON leaf",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .schema = "log",
	    .deps = D(15) },                                   /* p */
	{ .id = 17, .tag = "p", .desc = "PUBLICATION", POST }, /* q */
	{ .id = 18,
	    .tag = "p t",
	    .desc = "PUBLICATION TABLE",
	    POST,
	    .schema = "app",
	    .deps = D(17, 5) }, /* r */
	{ .id = 19,
	    .tag = "PUBLICATION p",
	    .desc = "COMMENT",
	    .section = TOC_NONE,
	    .deps = D(17) },                                    /* s */
	{ .id = 20, .tag = "s", .desc = "SUBSCRIPTION", POST }, /* t */
	{ .id = 21,
	    .tag = "m",
	    .desc = "MATERIALIZED VIEW DATA",
	    .section = TOC_DATA,
	    .schema = "log",
	    .deps = D(12) },                           /* u */
	{ .id = 22, .tag = "7", .desc = "BLOB", PRE }, /* v */
	{ .id = 23,
	    .tag = "TABLE t",
	    .desc = "ACL",
	    .section = TOC_NONE,
	    .schema = "app",
	    .deps = D(5) },                                        /* w */
	{ .id = 24, .tag = "CAST (a AS b)", .desc = "CAST", PRE }, /* x */
};
#define COUNT (sizeof(entries) / sizeof(entries[0]))
#define ALL "abcdefghijklmnopqrstuvwx"

static char text_app[] = "app", text_log[] = "log", text_t[] = "t";
static char text_root[] = "root", text_leaf[] = "leaf", text_c[] = "c";
static char text_seq[] = "t_id_seq", text_shop[] = "shop";
static char text_utf8[] = "UTF8", text_comment[] = "a shop";
static char text_acl[] = "{=T/a}";
static struct table tables[] = {
	{ .schema = text_app,
	    .name = text_t,
	    .kind = 'r',
	    .parent = -1,
	    .load_via = -1 },
	{ .schema = text_log,
	    .name = text_root,
	    .kind = 'p',
	    .parent = -1,
	    .load_via = -1 },
	{ .schema = text_log,
	    .name = text_leaf,
	    .kind = 'r',
	    .parent = 1,
	    .load_via = 1 },
	/* An extension's. */
	{ .schema = text_app,
	    .name = text_c,
	    .kind = 'r',
	    .parent = -1,
	    .load_via = -1 },
};
static struct sequence sequences[] = { { .schema = text_app,
    .name = text_seq } };
static struct catalog catalog = { .dbname = text_shop,
	.encoding = text_utf8,
	.comment = text_comment,
	.acl = text_acl,
	.lobj_count = 1,
	.tables = tables,
	.table_count = 4,
	.sequences = sequences,
	.sequence_count = 1 };

/* What is chosen, as letters, and the tables with rows, as numbers. */
static void
choice_is(const struct choice *c, const char *what, const char *want)
{
	char got[64];
	size_t i, n = 0;

	for (i = 0; i < COUNT; i++)
		if (c->entries[i])
			got[n++] = (char)('a' + (int)i);
	got[n++] = ' ';
	for (i = 0; i < c->cat.table_count; i++)
		if (table_has_rows(&c->cat.tables[i]))
			got[n++] = (char)('0' + (int)i);
	if (c->cat.sequence_count > 0)
		got[n++] = 's';
	if (c->cat.lobj_count > 0)
		got[n++] = 'l';
	got[n] = '\0';
	if (strcmp(got, want) != 0)
		fail_msg("\"%s\": %s, not %s", what, got, want);
}

static void
chooses(const char *rules, const struct selection *switches, const char *want)
{
	struct err err = ERR_INIT;
	struct selection sel = *switches;
	struct toc *toc = made_toc(14, entries, COUNT);
	struct choice *c;

	must(filter_parse(rules, strlen(rules), "test", &sel, &err));
	c = choice_new(&sel, toc, &catalog, &err);
	if (c == NULL) {
		fail_msg("\"%s\": %s", rules, err.msg);
		return;
	}
	choice_is(c, rules, want);
	assert_int_equal(c->is_part, rules[0] != '\0');
	choice_free(c);
	toc_free(toc);
	selection_clear(&sel);
}

static void
test_rules(void **state)
{
	static const struct selection none = { 0 };

	(void)state;
	chooses("", &none, ALL " 023sl");
	chooses("include table app.t", &none, "efghmnw 0s");
	/* A sequence by itself belongs to nobody. */
	chooses("include table app.t_id_seq", &none, "f s");
	/* What needs both. */
	chooses("include table log.leaf", &none, "jop 2");
	chooses("include table log.root", &none, "i ");
	chooses("include table_and_children log.root", &none, "ijkop 2");
	chooses("include table log.m", &none, "lu ");
	chooses(
	    "exclude table_data log.m", &none, "abcdefghijklmnopqrstvwx 023sl");
	chooses("include schema app", &none, "abdefghmnw 03s");
	chooses("exclude schema app", &none, "cijklopqstuvx 2l");
	chooses("exclude table app.t", &none, "abcdfijklopqstuvx 23sl");
	chooses(
	    "exclude extension ext", &none, "abdefghijklmnopqrstuvwx 023sl");
	/* Rows that an extension marked. */
	chooses("include table app.c", &none, " 3");
	chooses("exclude table_data app.*", &none, ALL " 2l");
}

static void
test_switches(void **state)
{
	static const struct selection schema = { .schema_only = 1 };
	static const struct selection data = { .data_only = 1 };
	static const struct selection comments = { .no_comments = 1 };
	static const struct selection privileges = { .no_privileges = 1 };
	static const struct selection publications = { .no_publications = 1 };
	static const struct selection subscriptions = { .no_subscriptions = 1 };

	(void)state;
	chooses("", &schema, "abcdefghijklmnopqrstwx ");
	chooses("include table app.t", &schema, "efghmnw ");
	chooses("", &data, "v 023sl");
	chooses("include table app.t", &data, " 0s");
	chooses("", &comments, "abcdefghijklnoqrtuvwx 023sl");
	chooses("", &privileges, "acdefghijklmnopqrstuvx 023sl");
	chooses("", &publications, "abcdefghijklmnoptuvwx 023sl");
	chooses("", &subscriptions, "abcdefghijklmnopqrsuvwx 023sl");
}

/* What the catalog is to say. */
static void
test_catalog(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { .no_comments = 1, .no_privileges = 1 };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct choice *c = choice_new(&sel, toc, &catalog, &err);

	(void)state;
	assert_non_null(c);
	assert_null(c->cat.comment);
	assert_null(c->cat.acl);
	assert_int_equal(c->cat.tables[2].load_via, 1);
	choice_free(c);
	sel = (struct selection){ 0 };
	must(filter_parse("include table log.leaf", 22, "test", &sel, &err));
	c = choice_new(&sel, toc, &catalog, &err);
	assert_non_null(c);
	/* The way through a table that does not come is none. */
	assert_int_equal(c->cat.tables[2].load_via, -1);
	assert_string_equal(c->cat.comment, "a shop");
	choice_free(c);
	selection_clear(&sel);
	toc_free(toc);
}

static void
test_made_so(void **state)
{
	static char schema_only[] = "schema-only", data_only[] = "data-only";
	static char no_owner[] = "no-owner", unknown[] = "from-the-future";
	char *options[] = { no_owner, unknown, NULL };
	struct err err = ERR_INIT;
	struct selection sel = { 0 };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct catalog cat = catalog;
	struct choice *c;

	(void)state;
	cat.options = options;
	cat.option_count = 2;
	c = choice_new(&sel, toc, &cat, &err);
	assert_non_null(c);
	assert_true(c->said.no_owner);
	choice_free(c);
	options[0] = schema_only;
	c = choice_new(&sel, toc, &cat, &err);
	assert_non_null(c);
	choice_is(c, "schema-only", "abcdefghijklmnopqrstwx ");
	choice_free(c);
	sel.data_only = 1;
	assert_null(choice_new(&sel, toc, &cat, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	mentions(err.msg, "no rows");
	options[0] = data_only;
	sel.data_only = 0;
	sel.schema_only = 1;
	err = (struct err)ERR_INIT;
	assert_null(choice_new(&sel, toc, &cat, &err));
	mentions(err.msg, "no definitions");
	toc_free(toc);
}

/* Entries leave and come with what belongs to them. */
static void
test_change(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { .no_privileges = 1 };
	struct toc *toc = made_toc(14, entries, COUNT);
	struct choice *c;
	uint8_t marks[COUNT] = { 0 };
	enum pass passes[COUNT];
	size_t i;

	(void)state;
	must(filter_parse("include table log.leaf", 22, "test", &sel, &err));
	c = choice_new(&sel, toc, &catalog, &err);
	assert_non_null(c);
	marks['o' - 'a'] = 1;
	choice_change(c, toc, marks, 0);
	choice_is(c, "out", "j 2");
	marks['o' - 'a'] = 0;
	marks[0] = 1;
	choice_change(c, toc, marks, 1);
	choice_is(c, "in", "aj 2");
	for (i = 0; i < COUNT; i++)
		passes[i] = PASS_PRE;
	choice_mask(c, toc, passes);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(
		    passes[i], i == 0 || i == 'j' - 'a' ? PASS_PRE : PASS_NONE);
	choice_free(c);
	toc_free(toc);
	selection_clear(&sel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_made_so),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
