#include <stdio.h>
#include <string.h>

#include "job/view/inert.h"
#include "unit.h"

/* Whether all of it is. */
static int
inert_sql(const char *sql, int escapes)
{
	while (sql != NULL && *sql != '\0')
		sql = inert_next(sql, escapes);
	return sql != NULL;
}

static void
test_sql(void **state)
{
	static const char *const inert[] = { "", "SELECT 1;", "SELECT '\\';",
		"SELECT E'\\\\';", "SELECT E'\\'';", "SELECT e'''\\! x';",
		"SELECT '''\\! x''';", "\"\\! x\"", "\"a\"\"\\\"", "-- \\! x",
		"--\\! x\nSELECT 1", "/* \\! /* \\! */ \\! */ SELECT",
		"$$ \\! $$", "$a$ $$ \\! $b$ $a$", "$a1_$ \\ $a1_$",
		"$\303\244$ \\ $\303\244$", "SELECT $1, a$b FROM c$d$e",
		"SELECT x'00', B'1', N'\\', U&'\\0041', date '2026-01-01'",
		"a <- b", "'a' || 'b'", "SELECT a[1:2], 1.5, .5e-3",
		"CREATE TABLE t (copy text);", "SELECT copy FROM copy;" };
	static const char *const not [] = { "\\", "\\! x", "SELECT 1;\n\\! x\n",
		"SELECT '';\\", "SELECT E'\\\\'\\", "SELECT E'\\\\' \\! '';",
		"'", "\"", "E'\\'", "$$", "$a$ $A$", "/*", "/* /* */",
		"-- x\n\\! x", "-- x\r\\! x", "/* */ \\",
		/* The sign belongs to the name. */
		"SELECT a$b$ \\! x $b$", "SELECT a$$ \\! x $$",
		/* Two tokens, or one? */
		"SELECT 1$a$ ' $a$ \\! x '", "SELECT 1.e$a$ ' $a$ \\! x '",
		"SELECT $1$a$ ' $a$ \\! x '", "SELECT 1e'\\' \\! x '",
		"SELECT $1e'\\' \\! x'",
		/* One literal, of the first one's kind. */
		"SELECT E''\n'\\' \\! x '", "SELECT 'a'\n'b'", "SELECT 'a' 'b'",
		/* Only a lone E makes one with escapes. */
		"SELECT type'\\'' \\! x", "SELECT \"E\"'\\' \\! x ''",
		"SELECT x'\\'\\! '",
		/* What follows would be rows. */
		"COPY t FROM stdin;\n$$\n\\.\n\\! x\n$$;",
		"SELECT 1;-- a\n/* b */copy t FROM stdin; $$\n\\! x\n$$" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(inert) / sizeof(inert[0]); i++)
		if (!inert_sql(inert[i], 0))
			fail_msg("not inert: %s", inert[i]);
	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (inert_sql(not [i], 0))
			fail_msg("inert: %s", not [i]);
}

static void
test_escapes(void **state)
{
	(void)state;
	assert_true(inert_sql("SELECT '\\'\\! x';", 1));
	assert_false(inert_sql("SELECT '\\'\\! x';", 0));
	assert_false(inert_sql("SELECT '\\\\'\\! x'';", 1));
	assert_true(inert_sql("SELECT '\\\\';", 1));
	/* These have none. */
	assert_false(inert_sql("SELECT x'\\'\\! x''", 1));
	assert_true(inert_sql("\"\\\"", 1));
	assert_false(inert_sql("SELECT '\\", 1));
}

static void
test_statements(void **state)
{
	/* Each up to its "|". */
	static const char body[] =
	    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; "
	    "SELECT CASE WHEN a THEN 1 END; END;| SELECT 2;";
	static const char *const texts[] = { "SELECT 1;| SELECT 2;",
		"SELECT ';';|\n", "SELECT 1|", "CREATE RULE r AS DO (a; b);|",
		body, "CREATE OR REPLACE PROCEDURE p() begin atomic; end;|;",
		"CREATE FUNCTION f() LANGUAGE c;| SELECT 1;",
		"CREATE TABLE begin (i int);| SELECT 1;", "BEGIN;|COMMIT;",
		"SELECT ) (;);| ;" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char sql[200];
		size_t at = strcspn(texts[i], "|");

		(void)snprintf(sql, sizeof(sql), "%.*s%s", (int)at, texts[i],
		    texts[i] + at + 1);
		if (inert_next(sql, 0) != sql + at)
			fail_msg("not cut there: %s", texts[i]);
	}
	assert_true(inert_is_fixed("SELECT '';", 10));
	assert_false(inert_is_fixed("\\", 1));
	assert_false(inert_is_fixed("a\303\201", 3));
	assert_true(inert_is_fixed("a\303\201", 1));
}

/* take(text, piece): so many bytes at a time. */
static int
take(const char *text, size_t piece, int *whole)
{
	struct inert_rows rows = { 0 };
	size_t len = strlen(text), at;
	int good = 1;

	for (at = 0; at < len && good; at += piece)
		good = inert_rows_take(
		    &rows, text + at, len - at < piece ? len - at : piece);
	*whole = inert_rows_end(&rows);
	return good;
}

static void
test_rows(void **state)
{
	static const char *const good[] = { "", "\n", "\n\n", "a\n",
		"a\tb\n\\N\n", "\\\\.\n", "a\\.\n", "\\\n.\n", ".\n", "\\\n" };
	static const char *const bad[] = { "\\.", "\\.\n", "a\n\\.\n", "\n\\.",
		"\\.\r\n", "a\n\\.b\n" };
	size_t i, piece;
	int whole;

	(void)state;
	for (piece = 1; piece < 8; piece++) {
		for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			if (!take(good[i], piece, &whole) || !whole)
				fail_msg("refused: %s", good[i]);
		}
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (take(bad[i], piece, &whole))
				fail_msg("taken: %s", bad[i]);
		assert_true(take("a\nb", piece, &whole));
		assert_false(whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sql),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
