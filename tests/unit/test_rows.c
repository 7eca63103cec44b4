#include <stdio.h>
#include <string.h>

#include "archive/format.h"
#include "archive/rows.h"
#include "base/mem.h"
#include "base/wire.h"
#include "unit.h"

/* What was cut: how many, and the bytes of all, each behind its length. */
struct cut {
	size_t rows;
	struct buf all;
	size_t fail_at; /* the row to fail at, from 1; 0 none */
};

static int
note(void *arg, const void *row, size_t len, struct err *err)
{
	struct cut *cut = arg;

	if (++cut->rows == cut->fail_at)
		return err_set(err, ERR_FAIL, "enough");
	buf_printf(&cut->all, "%zu:", len);
	return buf_add(&cut->all, row, len, err);
}

static int
cut_up(const void *data, size_t len, enum rows_frame frame, struct cut *cut,
    struct err *err)
{
	struct source *source = source_from_mem(data, len);
	int rc = rows_cut(source, frame, note, cut, err);

	source_free(source);
	return rc;
}

static void
expect(const void *data, size_t len, enum rows_frame frame, const char *all)
{
	struct err err = ERR_INIT;
	struct cut cut = { 0 };

	must(cut_up(data, len, frame, &cut, &err));
	assert_int_equal(cut.all.len, strlen(all));
	assert_memory_equal(cut.all.data, all, cut.all.len);
	buf_free(&cut.all);
}

static void
refuse(const void *data, size_t len, enum rows_frame frame)
{
	struct err err = ERR_INIT;
	struct cut cut = { 0 };

	assert_int_equal(cut_up(data, len, frame, &cut, &err), -1);
	assert_int_equal(err.kind, ERR_DAMAGED);
	buf_free(&cut.all);
}

static void
test_lines(void **state)
{
	(void)state;
	expect("", 0, ROWS_LINES, "");
	expect("a\n\nbc\n", 6, ROWS_LINES, "1:a0:2:bc");
	refuse("a\nb", 3, ROWS_LINES);
}

static void
test_tuples(void **state)
{
	/* No field; a field of two bytes and a NULL. */
	static const char two[] = "\0\0"
				  "\0\2\0\0\0\2xy\377\377\377\377";
	static const char all[] = "2:\0\0"
				  "12:\0\2\0\0\0\2xy\377\377\377\377";
	struct err err = ERR_INIT;
	struct cut cut = { 0 };
	size_t len;

	(void)state;
	must(cut_up(two, 14, ROWS_TUPLES, &cut, &err));
	assert_int_equal(cut.rows, 2);
	assert_int_equal(cut.all.len, sizeof(all) - 1);
	assert_memory_equal(cut.all.data, all, cut.all.len);
	buf_free(&cut.all);
	for (len = 3; len < 14; len++)
		refuse(two, len, ROWS_TUPLES);
	/* Longer than a value can be. */
	refuse("\0\1\200\0\0\0", 6, ROWS_TUPLES);
}

static void
test_records(void **state)
{
	uint8_t record[FORMAT_LOBJ_HEAD_SIZE + 3] = { 0 };
	struct err err = ERR_INIT;
	struct cut cut = { 0 };

	(void)state;
	wire_put_le32(record + 12, 3);
	must(cut_up(record, sizeof(record), ROWS_RECORDS, &cut, &err));
	assert_int_equal(cut.rows, 1);
	buf_free(&cut.all);
	refuse(record, sizeof(record) - 1, ROWS_RECORDS);
	refuse(record, 3, ROWS_RECORDS);
	wire_put_le32(record + 12, FORMAT_LOBJ_CHUNK + 1);
	refuse(record, sizeof(record), ROWS_RECORDS);
}

/* Rows that no piece holds whole, between small ones. */
static void
test_long(void **state)
{
	static const size_t lens[] = { 3, 5u << 20, 1, 300u << 10, 0, 9u << 20,
		2 };
	struct err err = ERR_INIT;
	struct cut cut = { 0 };
	struct buf all = { 0 };
	size_t i, n = sizeof(lens) / sizeof(lens[0]), at = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		must(buf_reserve(&all, lens[i] + 1, &err));
		memset(all.data + all.len, 'a' + (int)i, lens[i]);
		all.len += lens[i];
		all.data[all.len++] = '\n';
	}
	must(cut_up(all.data, all.len, ROWS_LINES, &cut, &err));
	assert_int_equal(cut.rows, n);
	for (i = 0; i < n; i++) {
		char head[32];
		int len = snprintf(head, sizeof(head), "%zu:", lens[i]);

		assert_memory_equal(cut.all.data + at, head, (size_t)len);
		at += (size_t)len;
		assert_true(lens[i] == 0 ||
		    cut.all.data[at + lens[i] - 1] == 'a' + (int)i);
		at += lens[i];
	}
	assert_int_equal(at, cut.all.len);
	buf_free(&cut.all);
	buf_free(&all);
}

static void
test_failing(void **state)
{
	struct err err = ERR_INIT;
	struct cut cut = { .fail_at = 2 };

	(void)state;
	assert_int_equal(cut_up("a\nb\nc\n", 6, ROWS_LINES, &cut, &err), -1);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(cut.rows, 2);
	buf_free(&cut.all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_tuples),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
