#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "job/choose/filter.h"
#include "unit.h"

/* A database to choose from.  In tests each relation is a letter, in this
 * order; "d" is a partition of "c", and "e" of "d". */
enum { A, B, C, D, E, F, G, H, I, J, RELATIONS };

static char text_public[] = "public", text_app[] = "app", text_log[] = "log";
static char text_orders[] = "orders", text_items[] = "items";
static char text_c[] = "measure", text_d[] = "measure_1";
static char text_e[] = "measure_1_1", text_seq[] = "orders_id_seq";
static char text_identity[] = "items_id_seq", text_view[] = "totals";
static char text_config[] = "config", text_part[] = "part";
static char text_latin1[] = "LATIN1", text_umlaut[] = "stra\337e";
static char text_shop[] = "shop", text_ext[] = "ext", text_ext2[] = "other";

static struct relation relations[RELATIONS] = {
	[A] = { text_public, text_orders, 'r', 1, -1, 0, -1, 0 },
	[B] = { text_app, text_items, 'r', 0, -1, 0, -1, 0 },
	[C] = { text_app, text_c, 'p', 0, -1, 0, -1, 0 },
	[D] = { text_app, text_d, 'p', 0, -1, 0, -1, 0 },
	[E] = { text_log, text_e, 'r', 0, -1, 0, -1, 0 },
	[F] = { text_app, text_seq, 'S', 0, -1, 0, A, 0 },
	[G] = { text_log, text_identity, 'S', 0, -1, 0, B, 1 },
	[H] = { text_public, text_view, 'v', 1, -1, 0, -1, 0 },
	[I] = { text_public, text_config, 'r', 1, 0, 1, -1, 0 },
	[J] = { text_public, text_part, 'r', 1, 0, 0, -1, 0 },
};
static char *schemas[] = { text_app, text_log, text_public };
static char *extensions[] = { text_ext, text_ext2 };
static struct heritage heritage[] = { { E, D }, { D, C } };
static const struct inventory inventory = { .dbname = text_shop,
	.encoding = text_latin1,
	.place = "the database",
	.schemas = schemas,
	.schema_count = 3,
	.extensions = extensions,
	.extension_count = 2,
	.relations = relations,
	.relation_count = RELATIONS,
	.heritage = heritage,
	.heritage_count = 2 };

/* The relations with a flag, as letters. */
static const char *
letters(const struct picks *picks, int flag)
{
	static char out[2][RELATIONS + 1];
	char *p = out[flag == PICK_ROWS];
	size_t i, n = 0;

	for (i = 0; i < RELATIONS; i++)
		if (picks->relations[i] & flag)
			p[n++] = (char)('a' + (int)i);
	p[n] = '\0';
	return p;
}

static void
picks_are(const struct selection *sel, const char *text,
    const char *definitions, const char *rows)
{
	struct err err = ERR_INIT;
	struct picks *picks = selection_pick(sel, &inventory, &err);

	if (picks == NULL) {
		fail_msg("\"%s\": %s", text, err.msg);
		return;
	}
	if (strcmp(letters(picks, PICK_DEFINITION), definitions) != 0 ||
	    strcmp(letters(picks, PICK_ROWS), rows) != 0)
		fail_msg("\"%s\": %s and %s, not %s and %s", text,
		    letters(picks, PICK_DEFINITION), letters(picks, PICK_ROWS),
		    definitions, rows);
	picks_free(picks);
}

static void
chooses(const char *text, const char *definitions, const char *rows)
{
	struct err err = ERR_INIT;
	struct selection sel = { 0 };

	must(filter_parse(text, strlen(text), "test", &sel, &err));
	picks_are(&sel, text, definitions, rows);
	selection_clear(&sel);
}

static void
test_relations(void **state)
{
	(void)state;
	chooses("", "abcdefgh", "abcdefghi");
	/* Tables, with what they own; a name without a schema is looked for
	 * where the session would. */
	chooses("include table orders", "af", "af");
	chooses("include table app.items", "bg", "bg");
	chooses("include table *.*e*s", "abfg", "abfg");
	chooses("include table *.*", "abcdefgh", "abcdefghi");
	chooses("include table shop.public.orders", "af", "af");
	/* Partitions only where they are asked for, however deep. */
	chooses("include table app.measure", "c", "c");
	chooses("include table_and_children app.measure", "cde", "cde");
	chooses("include table_and_children app.measure_1", "de", "de");
	chooses(
	    "exclude table_and_children app.measure_1", "abcfgh", "abcfghi");
	/* Tables win over schemas, and excluding over including. */
	chooses("include schema log\ninclude table orders", "af", "af");
	chooses("exclude schema public\ninclude table orders", "af", "af");
	chooses("include table orders\ninclude table app.items\n"
		"exclude table orders",
	    "bg", "bg");
	/* Schemas. */
	chooses("include schema public", "afh", "afhi");
	chooses("include schema app", "bcdfg", "bcdfg");
	chooses("include schema a*|log", "bcdefg", "bcdefg");
	chooses("include schema app\nexclude table app.measure*", "bfg", "bfg");
	chooses("exclude schema log", "abcdfgh", "abcdfghi");
	chooses("exclude schema public", "bcdefg", "bcdefg");
	/* An identity's sequence may be asked for with its table. */
	chooses("include table log.items_id_seq\ninclude table app.items", "bg",
	    "bg");
	chooses("include table log.*", "e", "e");
	/* Its owner gone, a sequence stays unless it is an identity's. */
	chooses("exclude table orders", "bcdefgh", "bcdefghi");
	chooses("exclude table app.items", "acdefh", "acdefhi");
	/* What is asked for is in UTF-8, the names need not be. */
	relations[H].name = text_umlaut;
	chooses("include table \"stra\303\237e\"", "h", "h");
	chooses("include table \"stra\303\237\"*", "h", "h");
	chooses("include table stra?e", "h", "h");
	relations[H].name = text_view;
	/* With its owner it comes though excluded. */
	chooses("exclude table app.orders_id_seq", "abcdefgh", "abcdefghi");
}

/* A partitioned table without partitions has no rows. */
static void
test_bare(void **state)
{
	static const struct {
		const char *text;
		unsigned warnings;
	} cases[] = {
		{ "include table app.measure", 1 },
		{ "include table app.measure*", 1 },
		{ "include table app.measure\ninclude table log.measure_1_1",
		    0 },
		{ "include table_and_children app.measure", 0 },
		{ "include table app.measure\nexclude table_data app.measure",
		    0 },
		{ "include schema app", 0 },
		{ "exclude table log.measure_1_1", 0 },
	};
	struct selection sel = { .schema_only = 1 };
	struct err err = ERR_INIT;
	unsigned before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		struct selection one = { 0 };

		before = log_warnings();
		must(filter_parse(text, strlen(text), "test", &one, &err));
		picks_free(selection_pick(&one, &inventory, &err));
		if (log_warnings() - before != cases[i].warnings)
			fail_msg("\"%s\": not %u", text, cases[i].warnings);
		selection_clear(&one);
	}
	before = log_warnings();
	must(filter_parse(
	    cases[0].text, strlen(cases[0].text), "test", &sel, &err));
	picks_free(selection_pick(&sel, &inventory, &err));
	assert_int_equal(log_warnings(), before);
	selection_clear(&sel);
}

static void
test_rows(void **state)
{
	(void)state;
	chooses("exclude table_data orders", "abcdefgh", "bcdefghi");
	chooses("exclude table_data app.orders_id_seq", "abcdefgh", "abcdeghi");
	chooses("exclude table_data_and_children app.measure", "abcdefgh",
	    "abfghi");
	chooses("include table orders\nexclude table_data orders", "af", "f");
}

static void
test_extensions(void **state)
{
	(void)state;
	chooses("exclude extension ext", "abcdefgh", "abcdefghi");
	chooses(
	    "exclude extension ext\nexclude schema public", "bcdefg", "bcdefg");
	chooses("exclude extension other", "abcdefgh", "abcdefghi");
	/* The schema of its configuration is taken. */
	chooses("include extension other", "abcdefgh", "abcdefghi");
	/* Its configuration comes by name, by schema or with it. */
	chooses("include table config", "", "i");
	chooses("include table part", "", "");
	chooses("include schema app\ninclude extension ext", "bcdfg", "bcdfgi");
	chooses("exclude table config", "abcdefgh", "abcdefgh");
	chooses("exclude table_data config", "abcdefgh", "abcdefgh");
}

static void
test_parts_of_all(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { .schema_only = 1 };
	struct picks *picks;

	(void)state;
	picks_are(&sel, "schema-only", "abcdefgh", "");
	picks = selection_pick(&sel, &inventory, &err);
	assert_true(picks->rest);
	assert_false(picks->lobjs);
	picks_free(picks);
	assert_false(selection_is_all(&sel));
	sel = (struct selection){ .data_only = 1 };
	picks_are(&sel, "data-only", "", "abcdefghi");
	assert_false(selection_is_all(&sel));
	sel = (struct selection){ .no_owner = 1 };
	assert_true(selection_is_all(&sel));
	picks = selection_pick(&sel, &inventory, &err);
	assert_true(picks->rest);
	assert_true(picks->lobjs);
	assert_true(picks->schemas[0]);
	assert_true(picks->extensions[1]);
	picks_free(picks);
}

/* What is in no schema goes with neither tables nor schemas. */
static void
test_rest(void **state)
{
	static const struct {
		const char *text;
		int rest;
		int ext, other;
		const char *schemas;
	} cases[] = {
		{ "include table orders", 0, 0, 0, "" },
		{ "include schema app", 0, 0, 0, "a" },
		{ "exclude schema app", 1, 1, 1, "lp" },
		{ "exclude table orders", 1, 1, 1, "alp" },
		{ "include extension ext", 1, 1, 0, "alp" },
		{ "exclude extension ext", 1, 0, 1, "alp" },
		{ "include schema app\ninclude extension *", 0, 1, 1, "a" },
	};
	struct err err = ERR_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct selection sel = { 0 };
		struct picks *picks;
		char got[4] = "";
		size_t n = 0;

		must(filter_parse(
		    cases[i].text, strlen(cases[i].text), "test", &sel, &err));
		picks = selection_pick(&sel, &inventory, &err);
		assert_non_null(picks);
		assert_int_equal(picks->rest, cases[i].rest);
		assert_int_equal(picks->lobjs, cases[i].rest);
		assert_int_equal(picks->extensions[0], cases[i].ext);
		assert_int_equal(picks->extensions[1], cases[i].other);
		for (k = 0; k < 3; k++)
			if (picks->schemas[k])
				got[n++] = schemas[k][0];
		assert_string_equal(got, cases[i].schemas);
		picks_free(picks);
		selection_clear(&sel);
	}
}

static void
test_none(void **state)
{
	static const struct {
		const char *text;
		const char *say;
		const char *hint;
	} cases[] = {
		{ "include table ordres",
		    "no table of the database matches "
		    "\"ordres\"",
		    "public.orders" },
		{ "\nexclude table public.order", "test, line 2",
		    "public.orders" },
		{ "include table items", "items", "app.items" },
		{ "include schema ap", "no schema", "\"app\"" },
		{ "include schema pg_catalog", "no schema", "" },
		{ "exclude extension oter", "no extension", "other" },
		{ "exclude table_data app.measure_?_?", "measure_?_?",
		    "app.measure" },
		{ "include table other.app.items", "names the database", "" },
		/* What comes with a table alone. */
		{ "include table log.items_id_seq", "an identity column's",
		    "choose \"app.items\"" },
		{ "include table orders\ninclude table log.i*_seq", "line 2",
		    "app.items" },
		{ "include table log.items_id_seq\ninclude table app.items\n"
		  "exclude table app.items",
		    "line 1", "app.items" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct selection sel = { 0 };

		must(filter_parse(
		    cases[i].text, strlen(cases[i].text), "test", &sel, &err));
		assert_null(selection_pick(&sel, &inventory, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		mentions(err.msg, "test, line");
		mentions(err.msg, cases[i].say);
		mentions(err.hint, cases[i].hint);
		selection_clear(&sel);
	}
}

static void
test_options(void **state)
{
	struct selection sel = { 0 };
	size_t i;

	(void)state;
	for (i = 0; selection_option_name(i) != NULL; i++) {
		int *option = selection_option(&sel, selection_option_name(i));

		assert_non_null(option);
		assert_int_equal(*option, 0);
		*option = 1;
	}
	assert_int_equal(i, 8);
	assert_true(sel.schema_only && sel.data_only && sel.no_owner &&
	    sel.no_privileges && sel.no_comments && sel.no_publications &&
	    sel.no_subscriptions && sel.no_tablespaces);
	assert_null(selection_option(&sel, "no-such-thing"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_parts_of_all),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
