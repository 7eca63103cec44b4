#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/mem.h"
#include "unit.h"

static json_t *
parse(const char *text)
{
	struct err err = ERR_INIT;
	json_t *doc = doc_parse(text, strlen(text), "the test", &err);

	if (doc == NULL)
		fail_msg("%s: %s", text, err.msg);
	return doc;
}

static void
not_parsed(const char *text, size_t len)
{
	struct err err = ERR_INIT;

	if (doc_parse(text, len, "the catalog", &err) != NULL)
		fail_msg("%s was taken", text);
	assert_int_equal(err.kind, ERR_DAMAGED);
	mentions(err.msg, "the catalog");
}

static void
test_parse(void **unused)
{
	static const char *const bad[] = { "", "{", "[]", "1", "\"x\"", "null",
		"{} {}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{'a':1}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xFF\"}",
		"{\"a\":99999999999999999999}" };
	char *deep = mem_alloc(200001);

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_parsed(bad[i], strlen(bad[i]));
	not_parsed("{\"a\":\"\0\"}", 9);
	not_parsed("{}\0", 3);
	/* Depth is bounded before the stack is. */
	memset(deep, '[', 200000);
	memcpy(deep, "{\"a\":", 5);
	not_parsed(deep, 200000);
	free(deep);
	json_decref(parse("{}"));
}

static void
test_members(void **unused)
{
	json_t *doc =
	    parse("{\"s\":\"text\",\"n\":42,\"big\":9223372036854775807,"
		  "\"neg\":-1,\"real\":1.5,\"yes\":true,\"no\":false,"
		  "\"null\":null,\"list\":[1],\"sub\":{\"x\":1}}");
	struct err err = ERR_INIT;
	const json_t *sub = NULL;
	const char *s = NULL;
	uint64_t n = 0;
	int flag = 7;

	(void)unused;
	must(doc_str(doc, "s", &s, &err));
	assert_string_equal(s, "text");
	must(doc_uint(doc, "n", 42, &n, &err));
	assert_int_equal(n, 42);
	must(doc_uint(doc, "big", UINT64_MAX, &n, &err));
	assert_true(n == INT64_MAX);
	must(doc_bool(doc, "yes", &flag, &err));
	assert_int_equal(flag, 1);
	must(doc_bool(doc, "no", &flag, &err));
	assert_int_equal(flag, 0);
	must(doc_array(doc, "list", &sub, &err));
	assert_int_equal(json_array_size(sub), 1);
	must(doc_object(doc, "sub", &sub, &err));
	assert_int_equal(json_object_size(sub), 1);

	refused(doc_str(doc, "n", &s, &err), ERR_DAMAGED);
	mentions(err.msg, "\"n\"");
	refused(doc_str(doc, "none", &s, &err), ERR_DAMAGED);
	mentions(err.msg, "\"none\"");
	refused(doc_str(doc, "null", &s, &err), ERR_DAMAGED);
	refused(doc_uint(doc, "n", 41, &n, &err), ERR_DAMAGED);
	refused(doc_uint(doc, "neg", UINT64_MAX, &n, &err), ERR_DAMAGED);
	refused(doc_uint(doc, "real", 100, &n, &err), ERR_DAMAGED);
	refused(doc_uint(doc, "s", 100, &n, &err), ERR_DAMAGED);
	refused(doc_uint(doc, "none", 100, &n, &err), ERR_DAMAGED);
	refused(doc_bool(doc, "n", &flag, &err), ERR_DAMAGED);
	refused(doc_bool(doc, "null", &flag, &err), ERR_DAMAGED);
	refused(doc_array(doc, "sub", &sub, &err), ERR_DAMAGED);
	refused(doc_object(doc, "list", &sub, &err), ERR_DAMAGED);
	refused(doc_object(doc, "none", &sub, &err), ERR_DAMAGED);
	json_decref(doc);
}

static void
test_hex(void **unused)
{
	static const uint8_t bytes[4] = { 0x00, 0x9f, 0xa5, 0xff };
	json_t *doc = parse("{\"good\":\"009fa5ff\",\"upper\":\"009FA5FF\","
			    "\"short\":\"009fa5\",\"odd\":\"009fa5f\","
			    "\"long\":\"009fa5ff00\",\"bad\":\"009fa5fg\","
			    "\"n\":1}");
	static const char *const bad[] = { "upper", "short", "odd", "long",
		"bad", "n", "none" };
	struct err err = ERR_INIT;
	uint8_t out[4];
	json_t *text;

	(void)unused;
	must(doc_hex(doc, "good", out, 4, &err));
	assert_memory_equal(out, bytes, 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(doc_hex(doc, bad[i], out, 4, &err), ERR_DAMAGED);
	json_decref(doc);
	text = doc_hex_text(bytes, 4);
	assert_string_equal(json_string_value(text), "009fa5ff");
	json_decref(text);
	text = doc_hex_text(bytes, 0);
	assert_string_equal(json_string_value(text), "");
	json_decref(text);
}

static void
test_canonical(void **unused)
{
	json_t *doc = parse("{ \"b\" : [ 1 , true ] , \"a\" : \"\xC3\xA4\" }");
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	buf_puts(&out, "x");
	must(doc_dump(doc, &out, &err));
	buf_puts(&out, "");
	assert_string_equal(
	    buf_text(&out), "x{\"a\":\"\\u00E4\",\"b\":[1,true]}");
	json_decref(doc);
	buf_free(&out);
}

/* ${value} as a name in a document that is written and read again. */
static void
survives(const char *value)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	const char *text = NULL;
	json_t *doc = json_object();
	char *again;

	assert_int_equal(json_object_set_new(doc, "name", doc_text(value)), 0);
	must(doc_dump(doc, &out, &err));
	json_decref(doc);
	doc = doc_parse(out.data, out.len, "x", &err);
	assert_non_null(doc);
	must(doc_str(doc, "name", &text, &err));
	again = doc_bytes(text);
	assert_string_equal(again, value);
	free(again);
	json_decref(doc);
	buf_free(&out);
}

static void
test_names_survive(void **unused)
{
	static const char *const values[] = { "", "plain", "with \"quotes\"",
		"\t\n\\", "m\xC3\xBCnster", "\xF0\x9F\x90\x98",
		/* LATIN1, cut and overlong UTF-8, a surrogate */
		"m\xFCnster", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80",
		"\xFF\xFE", "\x80",
		/* the mark itself, alone, with text, and not at the start */
		"\xEF\xBF\xBF", "\xEF\xBF\xBFxyz", "\xEF\xBF\xBF\xC3\xBC",
		"a\xEF\xBF\xBF", "\xEF\xBF", "\xEF\xBF\xBE" };
	char two[3] = "", all[256];

	(void)unused;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		survives(values[i]);
	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	survives(all);
	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			two[0] = (char)a;
			two[1] = (char)b;
			survives(two);
		}
	}
}

/* What no doc_text() wrote must not be read beyond its end. */
static void
test_foreign_marks(void **unused)
{
	char *bytes = doc_bytes("\xEF\xBF\xBFx\xC3");

	(void)unused;
	assert_int_equal(bytes[0], 'x');
	free(bytes);
	bytes = doc_bytes("\xEF\xBF\xBF");
	assert_string_equal(bytes, "");
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_names_survive),
		cmocka_unit_test(test_foreign_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
