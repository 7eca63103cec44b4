#include <stdio.h>
#include <string.h>

#include "archive/catalog_doc.h"
#include "archive/manifest.h"
#include "unit.h"

/* Catalogs and manifests that are authentic, but not as we write them. */

static char text[2048];

static const char *
catalog_text(const char *provider, const char *encoding)
{
	(void)snprintf(text, sizeof(text),
	    "{\"database\":{\"acl\":null,\"collate\":\"C\",\"comment\":null,"
	    "\"connection_limit\":-1,\"ctype\":\"C\",\"encoding\":\"%s\","
	    "\"icu_rules\":null,\"locale\":null,\"name\":\"shop\","
	    "\"owner\":\"postgres\",\"provider\":\"%s\"},\"extensions\":[],"
	    "\"large_objects\":0,\"roles\":[],\"sequences\":[],"
	    "\"server_version\":150004,\"settings\":[],\"tables\":[]}",
	    encoding, provider);
	return text;
}

static int
load_catalog(const char *json, struct err *err)
{
	struct catalog *cat = catalog_doc_load(json, strlen(json), err);
	int rc = cat != NULL ? 0 : -1;

	catalog_free(cat);
	return rc;
}

/* What goes into a statement without quotes. */
static void
test_catalog_words(void **unused)
{
	static const char *const providers[] = { "libc", "icu", "builtin" };
	static const char *const encodings[] = { "UTF8", "SQL_ASCII", "LATIN1",
		"KOI8R", "EUC_JIS_2004" };
	struct err err = ERR_INIT;

	(void)unused;
	for (size_t i = 0; i < 3; i++)
		must(load_catalog(catalog_text(providers[i], "UTF8"), &err));
	for (size_t i = 0; i < 5; i++)
		must(load_catalog(catalog_text("libc", encodings[i]), &err));
	refused(load_catalog(catalog_text("", "UTF8"), &err), ERR_DAMAGED);
	refused(load_catalog(catalog_text("libc; SELECT 1", "UTF8"), &err),
	    ERR_DAMAGED);
	mentions(err.msg, "provider");
	refused(load_catalog(catalog_text("libc", ""), &err), ERR_DAMAGED);
	refused(load_catalog(catalog_text("libc", "UTF8'; SELECT 1"), &err),
	    ERR_DAMAGED);
	mentions(err.msg, "encoding");
}

/* A catalog with three large objects. */
static const char *
lobjs_text(const char *members)
{
	(void)snprintf(text, sizeof(text),
	    "{\"database\":{\"acl\":null,\"collate\":\"C\",\"comment\":null,"
	    "\"connection_limit\":-1,\"ctype\":\"C\",\"encoding\":\"UTF8\","
	    "\"icu_rules\":null,\"locale\":null,\"name\":\"shop\","
	    "\"owner\":\"postgres\",\"provider\":\"libc\"},\"extensions\":[],"
	    "\"large_objects\":3,%s\"roles\":[],\"sequences\":[],"
	    "\"server_version\":150004,\"settings\":[],\"tables\":[]}",
	    members);
	return text;
}

#define GROUP(oids) "{\"owner\":\"a\",\"acl\":null,\"oids\":\"" oids "\"}"
#define GROUPS(list) "\"large_object_groups\":[" list "],"
#define NOTES(list) "\"large_object_notes\":[" list "],"

static void
test_catalog_lobjs(void **unused)
{
	static const char *const good[] = { "", GROUPS("") NOTES(""),
		GROUPS(GROUP("1-2 9")), GROUPS(GROUP("4 5") "," GROUP("1")),
		NOTES("[1,null,\"a\"],[4294967295,\"p\",\"\"]") };
	static const char *const bad[] = { GROUPS(GROUP("1-2")),
		GROUPS(GROUP("1-4")), GROUPS(GROUP("1-3") "," GROUP("")),
		GROUPS(GROUP("2 1 3")), GROUPS(GROUP("1-2 2")),
		GROUPS(GROUP("1-2;3")), GROUPS("1"), GROUPS("{}"),
		"\"large_object_groups\":3,", "\"large_object_notes\":null,",
		NOTES("1"), NOTES("[0,null,\"a\"]"), NOTES("[1,null,null]"),
		NOTES("[1,2,\"a\"]"), NOTES("[4294967296,null,\"a\"]") };
	struct err err = ERR_INIT;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		must(load_catalog(lobjs_text(good[i]), &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(load_catalog(lobjs_text(bad[i]), &err), ERR_DAMAGED);
}

#define TABLE(kind, parent, via)                                              \
	"{\"bytes\":0,\"columns\":[],\"condition\":null,\"format\":\"text\"," \
	"\"kind\":\"" kind "\",\"name\":\"t\",\"pages\":0,"                   \
	"\"rows_estimate\":0,\"schema\":\"s\",\"parent\":" parent via "}"
#define VIA(n) ",\"load_via\":" n

/* Table 0 is partitioned, 1 is so below it, 2 is the table in question, 3 and
 * 4 are below each other. */
static const char *
tables_text(const char *table)
{
	static char tables[1024];

	(void)snprintf(tables, sizeof(tables),
	    "\"tables\":[" TABLE("partitioned", "-1", "") "," TABLE(
		"partitioned", "0", "") ",%s," TABLE("partitioned", "4",
		"") "," TABLE("partitioned", "3", "") "]}",
	    table);
	(void)catalog_text("libc", "UTF8");
	(void)snprintf(strstr(text, "\"tables\""), 1024, "%s", tables);
	return text;
}

static void
test_catalog_load_via(void **unused)
{
	static const char *const good[] = { TABLE("table", "1", ""),
		TABLE("table", "1", VIA("-1")), TABLE("table", "1", VIA("1")),
		TABLE("table", "1", VIA("0")), TABLE("table", "-1", VIA("-1")),
		TABLE("table", "3", VIA("4")) };
	static const char *const bad[] = { TABLE("table", "1", VIA("5")),
		TABLE("table", "1", VIA("-2")), TABLE("table", "1", VIA("2")),
		TABLE("table", "-1", VIA("0")), TABLE("table", "1", VIA("3")),
		TABLE("table", "3", VIA("0")), TABLE("table", "3", VIA("2")),
		TABLE("table", "2", VIA("2")),
		TABLE("table", "1", VIA("\"1\"")),
		TABLE("partitioned", "1", VIA("0")) };
	struct err err = ERR_INIT;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		must(load_catalog(tables_text(good[i]), &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(load_catalog(tables_text(bad[i]), &err), ERR_DAMAGED);
}

/* What was chosen, written and read again; and what is no such thing. */
static void
test_catalog_chosen(void **unused)
{
	static char rule[] = "include table public.t", option[] = "no-owner";
	static const char *const bad[] = { "\"chosen\":[],", "\"chosen\":{},",
		"\"chosen\":{\"rules\":[1],\"options\":[]},",
		"\"chosen\":{\"rules\":[]}," };
	static char changed[2100];
	struct err err = ERR_INIT;
	struct catalog *cat;
	struct buf out = { 0 };
	char *rules[] = { rule }, *options[] = { option };
	struct catalog copy;

	(void)unused;
	(void)tables_text(TABLE("table", "1", ",\"left_out\":true"));
	cat = catalog_doc_load(text, strlen(text), &err);
	assert_non_null(cat);
	assert_true(cat->tables[2].left_out);
	assert_false(cat->tables[0].left_out);
	assert_int_equal(cat->rule_count + cat->option_count, 0);
	copy = *cat;
	copy.rules = rules;
	copy.options = options;
	copy.rule_count = copy.option_count = 1;
	must(catalog_doc_dump(&copy, &out, &err));
	catalog_free(cat);
	cat = catalog_doc_load(out.data, out.len, &err);
	assert_non_null(cat);
	assert_int_equal(cat->rule_count, 1);
	assert_int_equal(cat->option_count, 1);
	assert_string_equal(cat->rules[0], rule);
	assert_string_equal(cat->options[0], option);
	assert_true(cat->tables[2].left_out);
	catalog_free(cat);
	buf_free(&out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(changed, sizeof(changed), "{%s%s", bad[i],
		    catalog_text("libc", "UTF8") + 1);
		refused(load_catalog(changed, &err), ERR_DAMAGED);
	}
	refused(load_catalog(
		    tables_text(TABLE("table", "1", ",\"left_out\":1")), &err),
	    ERR_DAMAGED);
}

static int
load_manifest(const char *total, struct err *err)
{
	struct manifest *m;
	int rc;

	(void)snprintf(text, sizeof(text),
	    "{\"tables\":[],\"parts\":[],\"large_objects\":{\"rows\":0,"
	    "\"bytes\":0,\"parts\":0,\"digest\":\"%032d\"},"
	    "\"large_object_count\":0,\"warnings\":[],"
	    "\"seconds\":{\"snapshot\":0.5,\"total\":%s},\"jobs\":1,"
	    "\"level\":1}",
	    0, total);
	m = manifest_load(text, strlen(text), 0, err);
	rc = m != NULL ? 0 : -1;
	manifest_free(m);
	return rc;
}

static void
test_manifest_seconds(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	must(load_manifest("0", &err));
	must(load_manifest("1e12", &err));
	refused(load_manifest("1e13", &err), ERR_DAMAGED);
	refused(load_manifest("-0.1", &err), ERR_DAMAGED);
	refused(load_manifest("\"1\"", &err), ERR_DAMAGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalog_words),
		cmocka_unit_test(test_catalog_lobjs),
		cmocka_unit_test(test_catalog_load_via),
		cmocka_unit_test(test_catalog_chosen),
		cmocka_unit_test(test_manifest_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
