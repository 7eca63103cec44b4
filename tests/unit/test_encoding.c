#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/encoding.h"
#include "unit.h"

/* becomes(encoding, text, utf8): NULL for what does not become anything. */
static void
becomes(const char *encoding, const char *text, const char *utf8)
{
	char *out = encoding_to_utf8(encoding, text);

	if (utf8 == NULL)
		assert_null(out);
	else if (out == NULL)
		fail_msg("%s: %s became nothing", encoding, utf8);
	else
		assert_string_equal(out, utf8);
	free(out);
}

static void
test_encodings(void **state)
{
	(void)state;
	becomes("LATIN1", "", "");
	becomes("LATIN1", "caf\xE9", "café");
	/* What looks like UTF-8 is not, in another encoding. */
	becomes("LATIN1", "\xC3\xA9", "Ã©");
	becomes("LATIN9", "\xA4", "€");
	becomes("LATIN5", "\xFE", "ş");
	becomes("LATIN10", "\xBA", "ș");
	becomes("WIN1251", "\xF2\xE0\xE1\xEB\xE8\xF6\xE0", "таблица");
	becomes("KOI8R", "\xD4\xC1\xC2\xCC\xC9\xC3\xC1", "таблица");
	becomes("EUC_JP", "\xC9\xBD", "表");
	becomes("EUC_KR", "\xC7\xA5", "표");
	becomes("WIN874", "\xA1", "ก");
	/* Not in the encoding, no encoding at all, one that nobody knows. */
	becomes("WIN1252", "\x81", NULL);
	becomes("EUC_JP", "\xC9", NULL);
	becomes("SQL_ASCII", "caf\xE9", NULL);
	becomes("UTF8", "café", NULL);
	becomes("", "a", NULL);
}

static void
test_start(void **state)
{
	static const char *const starts[][3] = {
		{ "EUC_JP", "\xC9\xBD\xC9", "表" },
		{ "EUC_JP", "\xC9\xBD", "表" },
		{ "EUC_JP", "\xC9", "" },
		{ "LATIN1", "\xE9", "é" },
		{ "EUC_JP", "\xFF\xFF\xC9", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		char *out = encoding_start_to_utf8(starts[i][0], starts[i][1]);

		if (starts[i][2] == NULL)
			assert_null(out);
		else
			assert_string_equal(out, starts[i][2]);
		free(out);
	}
}

/* recodes(text, from, to, result): NULL for no way. */
static void
recodes(const char *text, const char *from, const char *to, const char *result)
{
	char *out = encoding_recode(text, from, to);

	if (result == NULL)
		assert_null(out);
	else if (out == NULL)
		fail_msg("%s to %s: nothing", from, to);
	else
		assert_string_equal(out, result);
	free(out);
}

static void
test_recode(void **state)
{
	(void)state;
	recodes("é", "UTF8", "LATIN1", "\xE9");
	recodes("\xE9", "LATIN1", "UTF8", "é");
	recodes("\xA4", "LATIN9", "WIN1252", "\x80");
	recodes("表", "UTF8", "EUC_JP", "\xC9\xBD");
	recodes("€", "UTF8", "LATIN1", NULL);
	recodes("\xE9", "UTF8", "LATIN1", NULL);
	/* No way that this machine knows, and none that is needed. */
	recodes("é", "UTF8", "MULE_INTERNAL", NULL);
	recodes("e", "UTF8", "MULE_INTERNAL", "e");
	recodes("\xE9", "SQL_ASCII", "UTF8", "\xE9");
	recodes("é", "UTF8", "SQL_ASCII", "é");
	recodes("\xE9", "LATIN1", "LATIN1", "\xE9");
}

static void
test_catalog(void **state)
{
	struct column column = { mem_strdup("gr\xF6\xDF"
					    "e"),
		mem_strdup("integer") };
	struct table table = { .schema = mem_strdup("b\xFCro"),
		.name = mem_strdup("\xC3\xA9"),
		.columns = &column,
		.column_count = 1 };
	struct catalog cat = { .encoding = (char[]){ "LATIN1" },
		.dbname = mem_strdup("laté"),
		.owner = mem_strdup("\xE9lise"),
		.tables = &table,
		.table_count = 1 };

	(void)state;
	encoding_show(&cat);
	assert_string_equal(column.name, "größe");
	assert_string_equal(column.type, "integer");
	assert_string_equal(table.schema, "büro");
	assert_string_equal(table.name, "Ã©");
	assert_null(table.condition);
	/* These were named elsewhere. */
	assert_string_equal(cat.dbname, "laté");
	assert_string_equal(cat.owner, "élise");
	/* There is no way for these. */
	free(table.name);
	table.name = mem_strdup("\xE9");
	cat.encoding = (char[]){ "SQL_ASCII" };
	encoding_show(&cat);
	assert_string_equal(table.name, "\xE9");
	free(column.name);
	free(column.type);
	free(table.schema);
	free(table.name);
	free(cat.dbname);
	free(cat.owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_recode),
		cmocka_unit_test(test_catalog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
