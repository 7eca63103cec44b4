#include <stdlib.h>
#include <string.h>

#include "db/pattern.h"
#include "unit.h"

static int
matches(enum pattern_kind kind, const char *text, const char *schema,
    const char *name)
{
	struct err err = ERR_INIT;
	struct pattern *p = pattern_new(text, kind, &err);
	int result;

	if (p == NULL)
		fail_msg("\"%s\": %s", text, err.msg);
	result = pattern_matches(p, schema, name);
	pattern_free(p);
	return result;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is to match, and what is not. */
struct match {
	const char *text;
	const char *schema;
	const char *name;
	int want;
};

static void
match_all(const struct match *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (matches(PATTERN_RELATION, cases[i].text, cases[i].schema,
			cases[i].name) != cases[i].want)
			fail_msg("\"%s\" and %s.%s: not %d", cases[i].text,
			    cases[i].schema, cases[i].name, cases[i].want);
}

static void
test_names(void **state)
{
	static const struct match cases[] = {
		/* Folding, and quotes against it. */
		{ "orders", "public", "orders", 1 },
		{ "Orders", "public", "orders", 1 },
		{ "orders", "public", "Orders", 0 },
		{ "\"Orders\"", "public", "Orders", 1 },
		{ "\"Orders\"", "public", "orders", 0 },
		{ "Or\"DER\"s", "public", "orDERs", 1 },
		{ "ÄRGER", "public", "ÄRGER", 0 },
		{ "\"ÄRGER\"", "public", "ÄRGER", 1 },
		/* All of the name. */
		{ "order", "public", "orders", 0 },
		{ "rders", "public", "orders", 0 },
		/* Many repetitions, but no end of them. */
		{ "a+b+c+d+e+f+g+h+i+j+", "public", "abcdefghiij", 1 },
		{ "a{1,60}b{1,60}", "public", "aaab", 1 },
		{ "x\\w{8}_\\w{4}_\\w{4}_\\w{4}_\\w{12}", "public",
		    "x01234567_89ab_cdef_0123_456789abcdef", 1 },
		{ "(a|b|c|d|e|f|g|h){2}_(x|y|z)+", "public", "ah_zy", 1 },
		{ "[++]+[[:alpha:]++]{2}[^]++]+", "public", "+a+x", 1 },
		{ "\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+", "public",
		    "+++++++++++++", 1 },
		/* The wild ones. */
		{ "ord*", "public", "orders", 1 },
		{ "*", "public", "", 1 },
		{ "*ers", "public", "orders", 1 },
		{ "o*e*s", "public", "orders", 1 },
		{ "order?", "public", "orders", 1 },
		{ "order?", "public", "order", 0 },
		{ "stra?e", "public", "straße", 1 },
		{ "stra??e", "public", "straße", 0 },
		{ "\"ord*\"", "public", "orders", 0 },
		{ "\"ord*\"", "public", "ord*", 1 },
		{ "\"a?\"", "public", "a?", 1 },
		{ "\"a?\"", "public", "ab", 0 },
		/* Regular expressions. */
		{ "log_[0-9]", "public", "log_7", 1 },
		{ "log_[0-9]", "public", "log_a", 0 },
		{ "log_[^0-9]", "public", "log_a", 1 },
		{ "log_[0-9]+", "public", "log_2026", 1 },
		{ "log_\\d{4}", "public", "log_2026", 1 },
		{ "log_\\d{4}", "public", "log_20d6", 0 },
		{ "log_\\D{4}", "public", "log_2026", 1 },
		{ "a|b", "public", "a", 1 },
		{ "a|b", "public", "b", 1 },
		{ "a|b", "public", "ab", 0 },
		{ "(a|b)c", "public", "bc", 1 },
		{ "(x+|)y", "public", "y", 1 },
		{ "(x+|)y", "public", "xxy", 1 },
		{ "\"a|b\"", "public", "a|b", 1 },
		{ "\"a|b\"", "public", "a", 0 },
		{ "\"(a)\"", "public", "(a)", 1 },
		{ "\"a\\d\"", "public", "a\\d", 1 },
		{ "[äö]l", "public", "öl", 1 },
		{ "[äö]l", "public", "ül", 0 },
		/* What looks like an array, and dollars. */
		{ "a[]", "public", "a[]", 1 },
		{ "a$b", "public", "a$b", 1 },
		{ "a$", "public", "a$", 1 },
		{ "a$", "public", "a", 0 },
		{ "\"a$\"", "public", "a$", 1 },
		{ "\"a^b\"", "public", "a^b", 1 },
		/* Schemas. */
		{ "app.orders", "app", "orders", 1 },
		{ "APP.Orders", "app", "orders", 1 },
		{ "app.orders", "public", "orders", 0 },
		{ "app.*", "app", "anything", 1 },
		{ "a*.o*", "app", "orders", 1 },
		{ "a*.o*", "public", "orders", 0 },
		{ "\"a.b\".c", "a.b", "c", 1 },
		{ "\"a.b\".c", "a", "b.c", 0 },
		{ "a.\"b.c\"", "a", "b.c", 1 },
		{ "\"a.b.c\"", "public", "a.b.c", 1 },
		{ "db.app.orders", "app", "orders", 1 },
		{ "db.app.orders", "db", "orders", 0 },
		/* Quotes within quotes. */
		{ "\"say \"\"hi\"\"\"", "public", "say \"hi\"", 1 },
		{ "\"\"\"\"", "public", "\"", 1 },
		{ "\"two\nlines\"", "public", "two\nlines", 1 },
		/* A name that is not UTF-8: each byte is a character. */
		{ "stra?e", "public", "stra\337e", 1 },
		{ "str*", "public", "stra\337e", 1 },
		{ "stra\337e", "public", "stra\337e", 1 },
		{ "straße", "public", "stra\337e", 0 },
	};

	(void)state;
	match_all(cases, COUNT(cases));
}

/* Escapes, as the server reads them. */
static void
test_escapes(void **state)
{
	static const struct match cases[] = {
		{ "pid\\x31", "public", "pid1", 1 },
		{ "\\x000070id1", "public", "pid1", 1 },
		{ "\\u00E9t\\u00e9", "public", "été", 1 },
		{ "\\u00e9e", "public", "ée", 1 },
		{ "\\x1f600", "public", "\360\237\230\200", 1 },
		{ "a\\x2ab", "public", "a\302\253", 0 },
		{ "a\\x2A", "public", "a*", 1 },
		{ "a\\x2A", "public", "aa", 0 },
		{ "p\\t", "public", "pt", 0 },
		{ "p\\t", "public", "p\t", 1 },
		{ "two\\nlines", "public", "two\nlines", 1 },
		{ "a\\e\\f\\r\\v\\a\\b", "public", "a\033\f\r\v\a\b", 1 },
		{ "a\\<b\\>", "public", "a<b>", 1 },
		{ "a\\.b", "public", "a.b", 1 },
		{ "a\\*", "public", "a*", 1 },
		{ "a\\*", "public", "ab", 0 },
		{ "a\\\\b", "public", "a\\b", 1 },
		{ "a\\_b", "public", "a_b", 1 },
		{ "\\mlog\\y", "public", "log", 1 },
		{ "(a|b)\\2", "public", "bb", 1 },
		{ "(a|b)\\2", "public", "ab", 0 },
		/* And in brackets. */
		{ "log_[\\d]+", "public", "log_2026", 1 },
		{ "log_[\\d]+", "public", "log_d", 0 },
		{ "log_[^\\d]", "public", "log_d", 1 },
		{ "log_[\\d]+", "public", "log_\\", 0 },
		{ "[\\w-]+", "public", "a-b_c", 1 },
		{ "[\\s]", "public", " ", 1 },
		{ "a[\\x31-3]", "public", "a2", 1 },
		{ "a[\\]x]", "public", "a]", 1 },
		{ "a[\\]x]", "public", "ax", 1 },
		{ "a[\\]x]", "public", "a\\", 0 },
		{ "a[\\\\x]", "public", "a\\", 1 },
		{ "a[x\\-z]", "public", "a-", 1 },
		{ "a[x\\-z]", "public", "ay", 0 },
		{ "a[\\^x]", "public", "a^", 1 },
		{ "a[\"]\"x]", "public", "a]", 1 },
		{ "a[[:digit:]\\]]", "public", "a]", 1 },
		{ "a[[:digit:]_]\\t", "public", "a7\t", 1 },
		{ "a[^]x]", "public", "a]", 0 },
		{ "a[^]x]", "public", "ay", 1 },
		{ "a[\\u00e9]", "public", "aé", 1 },
		{ "a[b[]", "public", "a[", 1 },
		{ "[a]\\d", "public", "a1", 1 },
	};

	(void)state;
	match_all(cases, COUNT(cases));
}

static void
test_kinds(void **state)
{
	struct err err = ERR_INIT;
	struct pattern *p;

	(void)state;
	assert_true(matches(PATTERN_SCHEMA, "app", NULL, "app"));
	assert_true(matches(PATTERN_SCHEMA, "a*|b", NULL, "b"));
	assert_true(matches(PATTERN_SCHEMA, "shop.app", NULL, "app"));
	assert_true(matches(PATTERN_NAME, "pg_*", NULL, "pg_trgm"));
	p = pattern_new("a.b", PATTERN_RELATION, &err);
	assert_true(pattern_has_schema(p));
	assert_string_equal(pattern_text(p), "a.b");
	pattern_free(p);
	p = pattern_new("b", PATTERN_RELATION, &err);
	assert_false(pattern_has_schema(p));
	pattern_free(p);
	p = pattern_new("shop.app", PATTERN_SCHEMA, &err);
	assert_false(pattern_has_schema(p));
	pattern_free(p);
	pattern_free(NULL);
}

static void
test_database(void **state)
{
	struct err err = ERR_INIT;
	struct pattern *p =
	    pattern_new("Shop.app.orders", PATTERN_RELATION, &err);

	(void)state;
	must(pattern_check_database(p, "shop", &err));
	refused(pattern_check_database(p, "Shop", &err), ERR_USAGE);
	mentions(err.msg, "Shop.app.orders");
	pattern_free(p);
	/* A database is not matched but compared. */
	p = pattern_new("\"My * shop\".app", PATTERN_SCHEMA, &err);
	must(pattern_check_database(p, "My * shop", &err));
	refused(pattern_check_database(p, "My big shop", &err), ERR_USAGE);
	pattern_free(p);
	p = pattern_new("app.orders", PATTERN_RELATION, &err);
	must(pattern_check_database(p, "other", &err));
	pattern_free(p);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *text;
		enum pattern_kind kind;
		const char *why;
	} cases[] = {
		{ "a.b.c.d", PATTERN_RELATION, "too many dots" },
		{ "a.b.c", PATTERN_SCHEMA, "too many dots" },
		{ "a.b", PATTERN_NAME, "too many dots" },
		{ "\"app", PATTERN_RELATION, "closing double quote" },
		{ "a(b", PATTERN_RELATION, "a(b" },
		{ "a[b", PATTERN_RELATION, "a[b" },
		{ "(a.b", PATTERN_RELATION, "(a.b" },
		{ "a\\", PATTERN_RELATION, "no escape \"\\\"" },
		{ "a\\z", PATTERN_RELATION, "no escape \"\\z\"" },
		{ "a\\0", PATTERN_RELATION, "no escape \"\\0\"" },
		{ "a\\xyz", PATTERN_RELATION, "no escape \"\\x\"" },
		{ "a\\x123456789", PATTERN_RELATION, "no escape" },
		{ "a\\x110000", PATTERN_RELATION, "no escape" },
		{ "a\\ud800", PATTERN_RELATION, "no escape" },
		{ "a\\u123", PATTERN_RELATION, "no escape" },
		{ "a[\\y]", PATTERN_RELATION, "no escape \"\\y\"" },
		{ "a++", PATTERN_NAME, "repeated already" },
		{ "a*+", PATTERN_NAME, "repeated already" },
		{ "(a+)+{2}", PATTERN_NAME, "repeated already" },
		{ "a)+++", PATTERN_NAME, "repeated already" },
		{ "((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+", PATTERN_NAME,
		    "repeats too much" },
		{ "((a{99}){99}){99}", PATTERN_NAME, "repeats too much" },
		{ "a{18446744073709551615}", PATTERN_NAME, "repeats too much" },
		{ "s.a{1,9999}", PATTERN_RELATION, "repeats too much" },
		{ "a{,9999}", PATTERN_NAME, "repeats too much" },
		{ "(((a||||||b)+)+)+", PATTERN_NAME, "repeats too much" },
		{ "((((||||)+)+)+)+", PATTERN_NAME, "repeats too much" },
		{ "((((((((((((()+)+)+)+)+)+)+)+)+)+)+)+)+", PATTERN_NAME,
		    "repeats too much" },
		{ "(((((((((((((((((((((((((((((((((((((((((((((((((((((((("
		  "((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
		    PATTERN_NAME, "too many parentheses" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		assert_null(pattern_new(cases[i].text, cases[i].kind, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		mentions(err.msg, cases[i].why);
	}
}

/* What is quoted matches itself and nothing else, whatever it is. */
static void
test_quote(void **state)
{
	static const char *const names[] = { "plain", "Mixed Case", "a.b",
		"a*b?c", "say \"hi\"", "\"", "$1", "[]{}()|^\\", "空白",
		"two\nlines", "stra\337e" };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = pattern_quote(names[i]);

		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (matches(PATTERN_RELATION, text, "public",
				names[k]) != (i == k))
				fail_msg("%s and %s", text, names[k]);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_database),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
