#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "unit.h"

static void
test_number(void **unused)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x10",
		"1.0", "1e3", "abc", "18446744073709551616",
		"99999999999999999999999" };
	uint64_t value = 5;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_number(bad[i], UINT64_MAX, &value), -1);
	assert_int_equal(value, 5);
	assert_int_equal(text_number("0", 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(text_number("007", 7, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(text_number("8", 7, &value), -1);
	assert_int_equal(text_number("19", 19, &value), 0);
	assert_int_equal(text_number("20", 19, &value), -1);
	assert_int_equal(text_number("1", 0, &value), -1);
	assert_int_equal(
	    text_number("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void
test_shell(void **unused)
{
	static const char *const words[][2] = { { "", "''" },
		{ "/a/b-c_d.e", "/a/b-c_d.e" }, { "a b", "'a b'" },
		{ "it's", "'it'\\''s'" }, { "'", "''\\'''" }, { "~", "'~'" },
		{ "$x*", "'$x*'" }, { "\xc3\xbc", "'\xc3\xbc'" } };

	(void)unused;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *word = text_shell(words[i][0]);

		assert_string_equal(word, words[i][1]);
		free(word);
	}
}

static void
test_nearest(void **unused)
{
	static const char *const words[] = { "backup", "restore", "list",
		"show", "keygen", "cat" };
	static const char *const alike[] = { "label", "table" };

	(void)unused;
	assert_string_equal(text_nearest("bakcup", words, 6), "backup");
	assert_string_equal(text_nearest("restor", words, 6), "restore");
	assert_string_equal(text_nearest("lsit", words, 6), "list");
	/* A swap is one edit. */
	assert_string_equal(text_nearest("lable", alike, 2), "label");
	assert_string_equal(text_nearest("key", words, 6), "keygen");
	assert_string_equal(text_nearest("show", words, 6), "show");
	assert_null(text_nearest("frobnicate", words, 6));
	assert_null(text_nearest("backup", words, 0));
}

static void
test_one_of(void **unused)
{
	static const char *const words[] = { "TABLE", "VIEW", "" };

	(void)unused;
	assert_true(text_is_one_of("TABLE", words, 3));
	assert_true(text_is_one_of("VIEW", words, 3));
	assert_true(text_is_one_of("", words, 3));
	assert_false(text_is_one_of("", words, 2));
	assert_false(text_is_one_of("TABL", words, 3));
	assert_false(text_is_one_of("VIEWS", words, 3));
	assert_false(text_is_one_of("TABLE", NULL, 0));
}

static void
bytes(double n, const char *expected)
{
	char out[32];

	text_bytes(out, sizeof(out), n);
	assert_string_equal(out, expected);
}

static void
test_bytes(void **unused)
{
	(void)unused;
	bytes(0, "0 B");
	bytes(812, "812 B");
	bytes(999, "999 B");
	bytes(1000, "1.0 kB");
	bytes(13400000, "13.4 MB");
	bytes(99940000, "99.9 MB");
	bytes(99960000, "100 MB");
	bytes(999400000, "999 MB");
	bytes(999600000, "1.0 GB");
	bytes(1234567890, "1.2 GB");
	bytes(5e12, "5.0 TB");
	bytes(5e18, "5000 PB");
}

static void
count(uint64_t n, const char *expected)
{
	char out[32];

	text_count(out, sizeof(out), n);
	assert_string_equal(out, expected);
}

static void
test_count(void **unused)
{
	char small[4];

	(void)unused;
	count(0, "0");
	count(999, "999");
	count(1000, "1,000");
	count(38217, "38,217");
	count(123456, "123,456");
	count(1234567, "1,234,567");
	count(UINT64_MAX, "18,446,744,073,709,551,615");
	for (size_t size = 1; size <= sizeof(small); size++) {
		memset(small, 'x', sizeof(small));
		text_count(small, size, 1234567);
		assert_int_equal(strlen(small), size - 1);
	}
}

static void
duration(double seconds, const char *expected)
{
	char out[32];

	text_duration(out, sizeof(out), seconds);
	assert_string_equal(out, expected);
}

static void
test_duration(void **unused)
{
	(void)unused;
	duration(-1, "0.0 s");
	duration(0, "0.0 s");
	duration(0.44, "0.4 s");
	duration(9.94, "9.9 s");
	duration(9.96, "10 s");
	duration(12.3, "12 s");
	duration(59.4, "59 s");
	duration(59.6, "1 m 00 s");
	duration(185, "3 m 05 s");
	duration(3599.6, "1 h 00 m");
	duration(7620, "2 h 07 m");
	duration(259199, "71 h 59 m");
	duration(367200, "4 d 06 h");
}

static void
test_span(void **unused)
{
	static const char *const bad[] = { "", "d", "0d", "30", "30m", "1.5d",
		"-1d", " 1d", "1d ", "d1", "1dd", "36526d", "876601h", "5219w",
		"99999999999999999999h", "1111111111111111111111111111111d" };
	int64_t seconds = 0;

	(void)unused;
	assert_int_equal(text_span("1h", &seconds), 0);
	assert_int_equal(seconds, 3600);
	assert_int_equal(text_span("30d", &seconds), 0);
	assert_int_equal(seconds, 30 * 86400);
	assert_int_equal(text_span("2w", &seconds), 0);
	assert_int_equal(seconds, 14 * 86400);
	assert_int_equal(text_span("36525d", &seconds), 0);
	assert_int_equal(seconds, (int64_t)36525 * 86400);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_span(bad[i], &seconds) == 0)
			fail_msg("\"%s\" is taken", bad[i]);
}

static void
test_name(void **unused)
{
	static const char *const good[] = { "a", "shop", "Shop_2-b.c", "9",
		"m\xC3\xBCnster", "_x" };
	static const char *const bad[] = { "", ".", "..", ".hidden", "-x",
		"a/b", "a b", "a\n", "a\\b", "a:b", "a*" };
	char longest[102];

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_name(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_name(bad[i]));
	memset(longest, 'n', sizeof(longest));
	longest[101] = '\0';
	assert_false(text_is_name(longest));
	longest[100] = '\0';
	assert_true(text_is_name(longest));
}

static void
test_utf8(void **unused)
{
	static const char *const good[] = { "", "a\n\x01", "caf\xc3\xa9",
		"\xe6\x9d\xb1", "\xf0\x9f\x90\x98" };
	static const char *const bad[] = { "caf\xe9", "\x80", "\xc3",
		"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xffz" };

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_utf8(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(bad[i]));
}

/* Nothing that a terminal obeys gets through, and no text is lost. */
static void
test_clean(void **unused)
{
	static const char *const same[] = { "", "a\n\tb", "caf\xc3\xa9",
		"\xe6\x9d\xb1\xe4\xba\xac", "\xf0\x9f\x90\x98", "\xc2\xa0",
		"\xed\x9f\xbf", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[][2] = { { "\033]0;x\a", "?]0;x?" },
		{ "\r\x7f", "??" }, { "\xc2\x9b", "??" },
		{ "\x9b"
		  "2J",
		    "?2J" },
		{ "\xc3", "?" },
		{ "\xc3"
		  "a",
		    "?a" },
		{ "\xe6\x9d", "??" }, { "\xc0\x9b", "??" },
		{ "\xe0\x82\x9b", "???" }, { "\xed\xa0\x80", "???" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xff\xc3\xa9", "?\xc3\xa9" } };
	char text[32];

	(void)unused;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		memcpy(text, same[i], strlen(same[i]) + 1);
		text_clean(text);
		assert_string_equal(text, same[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(text, bad[i][0], strlen(bad[i][0]) + 1);
		text_clean(text);
		assert_string_equal(text, bad[i][1]);
	}
}

static void
test_escape(void **unused)
{
	static const char *const texts[][2] = { { "", "" },
		{ "a b\xc3\xa9", "a b\xc3\xa9" },
		{ "a\tb\nc\r", "a\\tb\\nc\\r" }, { "a\\tb", "a\\\\tb" },
		{ "\033[1m\001\x7f", "\\x1b[1m\\x01\\x7f" },
		{ "\xc2\x85\xc2\xa0", "\\u0085\xc2\xa0" } };

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *out = text_escape(texts[i][0]);

		assert_string_equal(out, texts[i][1]);
		free(out);
	}
}

static void
test_clean_line(void **unused)
{
	char text[] = "a\033[2J\tb\x7f\xc2\x9b"
		      "c\xc2\xa0\n";

	(void)unused;
	text_clean_line(text);
	assert_string_equal(text, "a?[2J?b???c\xc2\xa0?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_one_of),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
