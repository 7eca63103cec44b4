#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/choose/filter.h"
#include "job/backup/narrow.h"
#include "unit.h"

/* A schema "app" with tables of a root and two partitions, one of which has a
 * partition of its own, a sequence and a materialized view; "Log" with one
 * table. */
enum { ROOT, PART, SUB, LEAF, SEQUENCE, VIEW, OTHER, RELATIONS };

static const struct {
	const char *schema;
	const char *name;
	char kind;
	int parent;
} made[RELATIONS] = {
	[ROOT] = { "app", "root", 'p', -1 },
	[PART] = { "app", "part", 'r', ROOT },
	[SUB] = { "app", "sub", 'p', ROOT },
	[LEAF] = { "app", "leaf", 'r', SUB },
	[SEQUENCE] = { "app", "seq", 'S', -1 },
	[VIEW] = { "app", "view", 'm', -1 },
	[OTHER] = { "Log", "Other", 'r', -1 },
};

static struct inventory *
make_inventory(size_t more)
{
	static const char *const schemas[] = { "Log", "app" };
	static const char *const extensions[] = { "one", "two" };
	struct inventory *inv = mem_zalloc(sizeof(*inv));
	size_t i, n = RELATIONS + more;

	inv->dbname = mem_strdup("shop");
	inv->encoding = mem_strdup("UTF8");
	inv->place = "the database";
	inv->schemas = mem_array(NULL, 2, sizeof(char *));
	inv->extensions = mem_array(NULL, 2, sizeof(char *));
	inv->schema_count = inv->extension_count = 2;
	for (i = 0; i < 2; i++) {
		inv->schemas[i] = mem_strdup(schemas[i]);
		inv->extensions[i] = mem_strdup(extensions[i]);
	}
	inv->relations = mem_zalloc(n * sizeof(*inv->relations));
	inv->relation_count = n;
	for (i = 0; i < n; i++) {
		struct relation *rel = &inv->relations[i];

		rel->schema =
		    mem_strdup(i < RELATIONS ? made[i].schema : "more");
		rel->name = i < RELATIONS ? mem_strdup(made[i].name)
					  : mem_printf("table_%05zu", i);
		rel->kind = i < RELATIONS ? made[i].kind : 'r';
		rel->extension = rel->owner = -1;
	}
	inventory_sort(inv);
	return inv;
}

/* The options for rules, a line each; "error: ..." when there are none. */
static char *
options_for(const char *rules, const struct selection *switches, int major)
{
	struct err err = ERR_INIT;
	struct selection sel = *switches;
	struct inventory *inv = make_inventory(0);
	struct pgdump_opts opts = { 0 };
	struct buf out = { 0 };
	struct narrow *n;
	char *result;
	size_t i;

	must(filter_parse(rules, strlen(rules), "test", &sel, &err));
	n = narrow_new(&sel, inv, major, &err);
	if (n == NULL) {
		buf_printf(&out, "error: %s", err.msg);
	} else {
		narrow_pgdump(n, &opts);
		buf_puts(&out,
		    opts.depth == PGDUMP_ALL               ? "all"
			: opts.depth == PGDUMP_SCHEMA_ONLY ? "schema"
							   : "nothing");
		for (i = 0; i < opts.option_count; i++)
			buf_printf(&out, " %s", opts.options[i]);
	}
	narrow_free(n);
	inventory_free(inv);
	selection_clear(&sel);
	result = mem_strdup(buf_text(&out));
	buf_free(&out);
	return result;
}

static void
test_options(void **state)
{
	static const struct selection none = { 0 };
	static const struct selection schema = { .schema_only = 1 };
	static const struct selection data = { .data_only = 1 };
	static const struct selection bare = { .no_comments = 1,
		.no_privileges = 1,
		.no_publications = 1,
		.no_subscriptions = 1,
		.no_owner = 1,
		.no_tablespaces = 1 };
	static const struct {
		const char *rules;
		const struct selection *switches;
		int major;
		const char *want;
	} cases[] = {
		{ "include table app.root\ninclude table \"Log\".*", &none, 12,
		    "all --table=\"Log\".(\"Other\") "
		    "--table=\"app\".(\"root\")" },
		{ "include table app.*\nexclude table app.[lps]*", &none, 12,
		    "all --table=\"app\".(\"root\"|\"view\")" },
		{ "include schema app", &none, 12, "all --schema=(\"app\")" },
		{ "exclude schema \"Log\"", &none, 12,
		    "all --exclude-schema=(\"Log\")" },
		{ "exclude table_data app.view", &none, 12,
		    "all --exclude-table-data=\"app\".(\"view\")" },
		{ "exclude table_data app.view", &schema, 12, "schema" },
		{ "include table app.leaf", &schema, 12,
		    "schema --table=\"app\".(\"leaf\")" },
		{ "include table app.leaf", &data, 12, "nothing" },
		{ "include table app.leaf\nexclude table app.l*", &none, 12,
		    "nothing" },
		{ "", &bare, 12,
		    "all --no-privileges --no-comments --no-publications "
		    "--no-subscriptions" },
		{ "exclude extension one", &none, 17,
		    "all --exclude-extension=(\"one\")" },
		{ "include extension one", &none, 17,
		    "all --exclude-extension=(\"two\")" },
		{ "exclude extension one", &none, 16,
		    "error: pg_dump 16 cannot leave extensions out: that "
		    "takes pg_dump 17 or newer" },
		{ "include schema app\ninclude extension t*", &none, 14,
		    "all --schema=(\"app\") --extension=(\"two\")" },
		{ "include schema app\ninclude extension t*", &none, 13,
		    "error: pg_dump 13 cannot choose extensions: that takes "
		    "pg_dump 14 or newer" },
		{ "include schema app\nexclude extension one", &none, 12,
		    "all --schema=(\"app\")" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = options_for(
		    cases[i].rules, cases[i].switches, cases[i].major);

		if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0 ||
		    (got[0] != 'e' && strcmp(got, cases[i].want) != 0))
			fail_msg("\"%s\": %s, not %s", cases[i].rules, got,
			    cases[i].want);
		free(got);
	}
}

/* No option is too long for a command, and each name is in one of them. */
static void
test_many(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { 0 };
	struct inventory *inv = make_inventory(5000);
	struct pgdump_opts opts = { 0 };
	struct narrow *n;
	size_t i, names = 0;

	(void)state;
	must(filter_parse("include table more.*", 20, "test", &sel, &err));
	n = narrow_new(&sel, inv, 15, &err);
	assert_non_null(n);
	narrow_pgdump(n, &opts);
	assert_in_range(opts.option_count, 2, 100);
	for (i = 0; i < opts.option_count; i++) {
		const char *p = opts.options[i];

		assert_in_range(strlen(p), 1, 5000);
		for (; (p = strstr(p, "table_")) != NULL; p++)
			names++;
	}
	assert_int_equal(names, 5000);
	narrow_free(n);
	inventory_free(inv);
	selection_clear(&sel);
}

static struct catalog *
make_catalog(void)
{
	struct catalog *cat = mem_zalloc(sizeof(*cat));
	size_t i;

	cat->lobj_count = 3;
	cat->comment = mem_strdup("a shop");
	cat->acl = mem_strdup("{=Tc/postgres}");
	cat->tables = mem_zalloc(5 * sizeof(*cat->tables));
	cat->sequences = mem_zalloc(sizeof(*cat->sequences));
	cat->sequences[0].schema = mem_strdup("app");
	cat->sequences[0].name = mem_strdup("seq");
	cat->sequence_count = 1;
	for (i = 0; i < RELATIONS; i++) {
		struct table *t = &cat->tables[cat->table_count];

		if (made[i].kind != 'r' && made[i].kind != 'p')
			continue;
		t->schema = mem_strdup(made[i].schema);
		t->name = mem_strdup(made[i].name);
		t->kind = made[i].kind;
		t->parent = made[i].parent;
		t->load_via = i == PART || i == LEAF ? ROOT : -1;
		cat->table_count++;
	}
	return cat;
}

static struct catalog *
narrowed(const char *rules, const struct selection *switches)
{
	struct err err = ERR_INIT;
	struct selection sel = *switches;
	struct inventory *inv = make_inventory(0);
	struct catalog *cat = make_catalog();
	struct narrow *n;

	must(filter_parse(rules, strlen(rules), "test", &sel, &err));
	n = narrow_new(&sel, inv, 17, &err);
	assert_non_null(n);
	narrow_catalog(n, cat);
	narrow_free(n);
	inventory_free(inv);
	selection_clear(&sel);
	return cat;
}

static void
test_catalog(void **state)
{
	static const struct selection none = { 0 };
	static const struct selection bare = {
		.no_comments = 1, .no_privileges = 1, .data_only = 1
	};
	struct catalog *cat;

	(void)state;
	/* All but one in the middle: who is above whom is kept. */
	cat = narrowed("exclude table app.part", &none);
	assert_int_equal(cat->table_count, 4);
	assert_string_equal(cat->tables[2].name, "leaf");
	assert_int_equal(cat->tables[2].parent, 1);
	assert_int_equal(cat->tables[2].load_via, 0);
	assert_int_equal(cat->lobj_count, 3);
	assert_int_equal(cat->sequence_count, 1);
	assert_int_equal(cat->rule_count, 1);
	assert_string_equal(cat->rules[0], "exclude table app.part");
	catalog_free(cat);
	/* A gap between a table and the one that it is loaded through. */
	cat = narrowed("exclude table app.sub", &none);
	assert_int_equal(cat->table_count, 4);
	assert_string_equal(cat->tables[2].name, "leaf");
	assert_int_equal(cat->tables[2].parent, -1);
	assert_int_equal(cat->tables[2].load_via, -1);
	assert_int_equal(cat->tables[1].load_via, 0);
	catalog_free(cat);
	cat = narrowed(
	    "include table app.leaf\nexclude table_data *.leaf", &none);
	assert_int_equal(cat->table_count, 1);
	assert_true(cat->tables[0].left_out);
	assert_int_equal(cat->lobj_count, 0);
	assert_int_equal(cat->sequence_count, 0);
	catalog_free(cat);
	cat = narrowed("exclude table_data app.*", &bare);
	assert_int_equal(cat->table_count, 1);
	assert_string_equal(cat->tables[0].name, "Other");
	assert_int_equal(cat->sequence_count, 0);
	assert_null(cat->comment);
	assert_null(cat->acl);
	assert_int_equal(cat->option_count, 3);
	catalog_free(cat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_catalog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
