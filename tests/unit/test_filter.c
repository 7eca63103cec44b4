#include <stdlib.h>
#include <string.h>

#include "job/choose/filter.h"
#include "unit.h"

static int
parse(const char *text, struct selection *sel, struct err *err)
{
	return filter_parse(text, strlen(text), "choice.txt", sel, err);
}

/* Every rule of ${text} as it is written down again, a line each. */
static void
gives(const char *text, const char *want)
{
	struct err err = ERR_INIT;
	struct selection sel = { 0 };
	struct buf out = { 0 };
	size_t i;

	must(parse(text, &sel, &err));
	for (i = 0; i < sel.rule_count; i++) {
		selection_rule_text(&sel.rules[i], &out);
		buf_puts(&out, "\n");
	}
	assert_string_equal(buf_text(&out), want);
	buf_free(&out);
	selection_clear(&sel);
}

static void
test_rules(void **state)
{
	(void)state;
	gives("", "");
	gives("\n\n  \n# nothing\n   # at all", "");
	gives("include table orders", "include table orders\n");
	gives("include table orders\r\nexclude schema a\r\n",
	    "include table orders\nexclude schema a\n");
	gives("\t include \t schema   app  # the application\n\n"
	      "exclude table app.log_*\n"
	      "#exclude table app.other\n"
	      "include table_and_children m\n"
	      "exclude table_and_children n\n"
	      "exclude table_data app.log\n"
	      "exclude table_data_and_children app.part\n"
	      "include extension pg_trgm\n"
	      "exclude extension hstore",
	    "include schema app\n"
	    "exclude table app.log_*\n"
	    "include table_and_children m\n"
	    "exclude table_and_children n\n"
	    "exclude table_data app.log\n"
	    "exclude table_data_and_children app.part\n"
	    "include extension pg_trgm\n"
	    "exclude extension hstore\n");
	gives("INCLUDE TABLE Orders\nExclude Table_Data log.*",
	    "include table Orders\nexclude table_data log.*\n");
}

/* What escapes and quotes come to. */
static void
test_escapes(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { 0 };

	(void)state;
	must(parse("include table \"a\\nb\".\"%s%d\\\\\"\"x\\\\n\"\n"
		   "include table \"\"",
	    &sel, &err));
	assert_int_equal(sel.rule_count, 2);
	assert_string_equal(
	    pattern_text(sel.rules[0].pattern), "\"a\nb\".\"%s%d\\\"\"x\\n\"");
	assert_true(
	    pattern_matches(sel.rules[0].pattern, "a\nb", "%s%d\\\"x\\n"));
	assert_string_equal(sel.rules[1].origin, "choice.txt, line 2");
	selection_clear(&sel);
}

static void
test_quotes(void **state)
{
	(void)state;
	gives("include table \"My # Table\"  # comment\n",
	    "include table \"My # Table\"\n");
	gives("include table \"a\"\"b\"", "include table \"a\"\"b\"\n");
	/* A name of two lines, three ways to write it. */
	gives("include table \"two\nlines\"\nexclude table x",
	    "include table \"two\\nlines\"\nexclude table x\n");
	gives("include table \"two\r\nlines\"\r\nexclude table x\r\n",
	    "include table \"two\\nlines\"\nexclude table x\n");
	gives("include table \"two\\nlines\"\nexclude table x",
	    "include table \"two\\nlines\"\nexclude table x\n");
	gives("include table \"a\\\\\".\"\\\\n#\" # comment",
	    "include table \"a\\\\\".\"\\\\n#\"\n");
	gives("include table log_\\d+.\"\\\\d\"",
	    "include table log_\\d+.\"\\\\d\"\n");
	gives(
	    "include table app . \"T  1\" \n", "include table app.\"T  1\"\n");
	gives("include table \"My \"  \"S\".x",
	    "include table \"My \" \"S\".x\n");
}

static void
test_origin(void **state)
{
	struct err err = ERR_INIT;
	struct selection sel = { 0 };

	(void)state;
	must(parse(
	    "\n# one\ninclude table \"a\nb\"\nexclude table c", &sel, &err));
	assert_int_equal(sel.rule_count, 2);
	assert_string_equal(sel.rules[0].origin, "choice.txt, line 3");
	assert_int_equal(sel.rules[0].about, ABOUT_TABLE);
	assert_int_equal(sel.rules[0].include, 1);
	assert_string_equal(sel.rules[1].origin, "choice.txt, line 5");
	assert_int_equal(sel.rules[1].include, 0);
	selection_clear(&sel);
	assert_int_equal(sel.rule_count, 0);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *where;
		const char *why;
	} cases[] = {
		{ "incldue table x", "line 1", "incldue" },
		{ "\n\ninclude", "line 3", "what to include is missing" },
		{ "include\ntable x", "line 1", "what to include" },
		{ "include tabel x", "line 1", "tabel" },
		{ "include table", "line 1", "the pattern is missing" },
		{ "include table # x", "line 1", "the pattern is missing" },
		{ "include table_data x", "line 1", "only be excluded" },
		{ "include foreign_data s", "line 1", "foreign_data" },
		{ "exclude foreign_data s", "line 1", "foreign_data" },
		{ "include table \"x", "line 1", "not closed" },
		{ "include table \"x\\", "line 1", "backslash" },
		{ "include table \"x\\\\", "line 1", "not closed" },
		{ "#\ninclude table \"%s%d\\\".*", "line 2", "backslash" },
		{ "include table \"a\nb\\d\"", "line 2", "backslash" },
		{ "include table \"a\\\nb\"", "line 1", "backslash" },
		{ "include table a\nexclude table \"x\n\n\n", "line 2",
		    "not closed" },
		{ "include table a.b.c.d", "line 1", "too many dots" },
		{ "#\ninclude extension a.b", "line 2", "too many dots" },
		{ "include table a(b", "line 1", "a(b" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		struct selection sel = { 0 };

		refused(parse(cases[i].text, &sel, &err), ERR_USAGE);
		mentions(err.msg, "choice.txt");
		mentions(err.msg, cases[i].where);
		mentions(err.msg, cases[i].why);
		selection_clear(&sel);
	}
}

static void
test_files(void **state)
{
	static const char text[] = "include table a\n";
	struct err err = ERR_INIT;
	struct selection sel = { 0 };
	char *folder = unit_folder();
	char *path = unit_path(folder, "rules");

	(void)state;
	refused(filter_read(path, &sel, &err), ERR_USAGE);
	mentions(err.msg, path);
	unit_put(path, text, strlen(text));
	err = (struct err)ERR_INIT;
	must(filter_read(path, &sel, &err));
	assert_int_equal(sel.rule_count, 1);
	selection_clear(&sel);
	unit_put(path, "", 0);
	must(filter_read(path, &sel, &err));
	assert_int_equal(sel.rule_count, 0);
	unit_put(path, "include table a\0b", 17);
	refused(filter_read(path, &sel, &err), ERR_USAGE);
	mentions(err.msg, "not a text file");
	refused(filter_read(folder, &sel, &err), ERR_USAGE);
	free(path);
	unit_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
