#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

static void
test_add(void **unused)
{
	struct err err = ERR_INIT;
	struct buf buf = { 0 };
	uint8_t data[4096];

	(void)unused;
	unit_fill(data, sizeof(data), 1);
	must(buf_add(&buf, NULL, 0, &err));
	for (size_t at = 0; at + 513 <= sizeof(data); at += 513)
		must(buf_add(&buf, data + at, 513, &err));
	assert_int_equal(buf.len, 7 * 513);
	assert_true(buf.cap >= buf.len);
	assert_memory_equal(buf.data, data, buf.len);
	buf_free(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.cap, 0);
	buf_free(&buf);
}

static void
test_reserve(void **unused)
{
	struct err err = ERR_INIT;
	struct buf buf = { 0 };
	size_t cap;

	(void)unused;
	must(buf_add(&buf, "abc", 3, &err));
	must(buf_reserve(&buf, 5000000, &err));
	cap = buf.cap;
	assert_true(cap >= 5000003);
	/* Room that is there is not asked for again. */
	must(buf_reserve(&buf, cap - 3, &err));
	assert_int_equal(buf.cap, cap);
	memset(buf.data + 3, 0, cap - 3);
	assert_memory_equal(buf.data, "abc", 3);
	buf_free(&buf);
}

static void
test_too_much(void **unused)
{
	struct err err = ERR_INIT;
	struct buf buf = { 0 };

	(void)unused;
	must(buf_add(&buf, "abc", 3, &err));
	refused(buf_reserve(&buf, SIZE_MAX, &err), ERR_FAIL);
	refused(buf_reserve(&buf, SIZE_MAX / 2, &err), ERR_FAIL);
	refused(buf_reserve(&buf, SIZE_MAX / 2 - 3, &err), ERR_FAIL);
	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf.data, "abc", 3);
	buf_free(&buf);
}

static void
test_shrink(void **unused)
{
	struct err err = ERR_INIT;
	struct buf buf = { 0 };

	(void)unused;
	must(buf_reserve(&buf, 100000, &err));
	must(buf_add(&buf, "abcdef", 6, &err));
	buf_shrink(&buf, 200000);
	assert_true(buf.cap >= 100000);
	buf_shrink(&buf, 1000);
	assert_int_equal(buf.cap, 1000);
	assert_int_equal(buf.len, 6);
	buf_shrink(&buf, 4);
	assert_int_equal(buf.len, 4);
	assert_memory_equal(buf.data, "abcd", 4);
	buf_shrink(&buf, 0);
	assert_null(buf.data);
}

static void
test_text(void **unused)
{
	struct buf buf = { 0 };
	size_t i;

	(void)unused;
	assert_string_equal(buf_text(&buf), "");
	buf_printf(&buf, "%s", "");
	assert_string_equal(buf_text(&buf), "");
	buf_puts(&buf, "SELECT ");
	buf_printf(&buf, "%d%s", 7, "");
	assert_string_equal(buf_text(&buf), "SELECT 7");
	assert_int_equal(buf.len, 8);
	/* A NUL is there after every length. */
	for (i = 8; i < 1000; i++) {
		assert_int_equal(strlen(buf_text(&buf)), i);
		if (i % 2 == 0)
			buf_puts(&buf, "x");
		else
			buf_printf(&buf, "%c", 'x');
	}
	buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
