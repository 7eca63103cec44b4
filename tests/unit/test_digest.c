#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stream/digest.h"
#include "unit.h"

#define ROWS 200
#define ROW_MAX 300

/* Row ${i}: of many lengths, XXH3's short and long ways among them. */
static size_t
row(size_t i, uint8_t data[ROW_MAX])
{
	size_t len = i * 7 % ROW_MAX;

	unit_fill(data, len, i);
	return len;
}

static void
add_row(struct digest *digest, size_t i)
{
	uint8_t data[ROW_MAX];
	size_t len = row(i, data);

	digest_row(digest, data, len);
}

static struct digest
all(void)
{
	struct digest digest = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		add_row(&digest, i);
	return digest;
}

static void
test_order_is_free(void **unused)
{
	struct digest forth = all(), back = { 0 }, strided = { 0 };

	(void)unused;
	for (size_t i = ROWS; i-- > 0;)
		add_row(&back, i);
	/* 200 and 77 have no common factor: every row once. */
	for (size_t i = 0; i < ROWS; i++)
		add_row(&strided, i * 77 % ROWS);
	assert_true(digest_equal(&forth, &back));
	assert_true(digest_equal(&forth, &strided));
	assert_int_equal(forth.rows, ROWS);
}

static void
test_split_is_free(void **unused)
{
	struct digest whole = all();

	(void)unused;
	for (size_t parts = 1; parts <= 7; parts++) {
		struct digest part[7] = { 0 }, sum = { 0 };

		for (size_t i = 0; i < ROWS; i++)
			add_row(&part[i * i % parts], i);
		for (size_t p = 0; p < parts; p++)
			digest_add(&sum, &part[p]);
		assert_true(digest_equal(&whole, &sum));
	}
}

static void
test_differences_show(void **unused)
{
	struct digest whole = all(), other = { 0 }, twice;
	uint8_t data[ROW_MAX];
	size_t len;

	(void)unused;
	for (size_t i = 1; i < ROWS; i++)
		add_row(&other, i);
	assert_false(digest_equal(&whole, &other));
	len = row(199, data);
	data[len - 1] ^= 1;
	digest_row(&other, data, len);
	assert_int_equal(other.rows, ROWS);
	assert_false(digest_equal(&whole, &other));
	/* A row that is there twice does not vanish. */
	twice = whole;
	add_row(&twice, 5);
	add_row(&twice, 5);
	twice.rows = whole.rows;
	assert_false(digest_equal(&whole, &twice));
	/* Nor do empty rows, and the count is part of it. */
	other = whole;
	digest_row(&other, "", 0);
	assert_false(digest_equal(&whole, &other));
	other = whole;
	other.rows++;
	assert_false(digest_equal(&whole, &other));
	/* Rows are not glued together. */
	whole = other = (struct digest){ 0 };
	digest_row(&whole, "ab", 2);
	digest_row(&whole, "c", 1);
	digest_row(&other, "a", 1);
	digest_row(&other, "bc", 2);
	assert_false(digest_equal(&whole, &other));
}

static void
test_carry(void **unused)
{
	struct digest a = { UINT64_MAX, 1, 1 }, b = { 1, 2, 1 };
	struct digest top = { UINT64_MAX, UINT64_MAX, 0 };

	(void)unused;
	digest_add(&a, &b);
	assert_true(a.low == 0 && a.high == 4 && a.rows == 2);
	digest_add(&top, &b);
	assert_true(top.low == 0 && top.high == 2);
}

/* XXH3's published value for no input, high half first. */
static void
test_known_value(void **unused)
{
	struct digest digest = { 0 };
	char hex[DIGEST_HEX_SIZE];

	(void)unused;
	digest_hex(&digest, hex);
	assert_string_equal(hex, "00000000000000000000000000000000");
	digest_row(&digest, "", 0);
	digest_hex(&digest, hex);
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
}

static void
test_hex(void **unused)
{
	static const char *const bad[] = { "", "0", "x",
		"0000000000000000000000000000000",
		"000000000000000000000000000000000",
		"0000000000000000000000000000000g",
		"000000000000000 0000000000000000",
		"99AA06d3014798d86001c324468d497f",
		"-9aa06d3014798d86001c324468d497f" };
	struct digest digest = all(), read = { 0, 0, 3 };
	char hex[DIGEST_HEX_SIZE];

	(void)unused;
	digest_hex(&digest, hex);
	assert_int_equal(digest_parse(&read, hex), 0);
	assert_true(read.low == digest.low && read.high == digest.high);
	assert_int_equal(read.rows, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* From the heap, so that reading beyond it is noticed. */
		char *copy = mem_strdup(bad[i]);

		assert_int_equal(digest_parse(&read, copy), -1);
		free(copy);
	}
	assert_true(read.low == digest.low && read.high == digest.high);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_free),
		cmocka_unit_test(test_split_is_free),
		cmocka_unit_test(test_differences_show),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_known_value),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
