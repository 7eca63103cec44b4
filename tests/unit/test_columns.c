#include <stdlib.h>
#include <string.h>

#include "archive/columns.h"
#include "base/mem.h"
#include "base/wire.h"
#include "unit.h"

/* Tuples being built, and where each ends. */
struct rows {
	struct buf bytes;
	size_t *ends;
	size_t count;
};

static void
add(struct rows *rows, const void *data, size_t len)
{
	struct err err = ERR_INIT;

	must(buf_add(&rows->bytes, data, len, &err));
}

static void
begin_row(struct rows *rows, unsigned columns)
{
	uint8_t count[2] = { (uint8_t)(columns >> 8), (uint8_t)columns };

	add(rows, count, sizeof(count));
}

static void
end_row(struct rows *rows)
{
	rows->ends =
	    mem_array(rows->ends, rows->count + 1, sizeof(*rows->ends));
	rows->ends[rows->count++] = rows->bytes.len;
}

/* A field; NULL data for NULL. */
static void
field(struct rows *rows, const void *data, size_t len)
{
	uint8_t wire[4];

	wire_put_be32(wire, data == NULL ? UINT32_MAX : (uint32_t)len);
	add(rows, wire, sizeof(wire));
	if (data != NULL)
		add(rows, data, len);
}

static void
free_rows(struct rows *rows)
{
	buf_free(&rows->bytes);
	free(rows->ends);
}

/* Blocks of all these rows, without compression around them. */
static int
to_blocks(struct columnizer *c, const struct rows *rows, struct buf *blocks,
    struct err *err)
{
	struct buf packed = { 0 };
	struct sink *sink = sink_to_buf(&packed);
	struct packer *packer = packer_new(1);
	struct source *source;
	size_t i, at = 0;
	int rc = 0;

	packer_begin(packer, sink);
	columnizer_begin(c, packer);
	for (i = 0; i < rows->count && rc == 0; at = rows->ends[i++])
		rc = columnizer_row(
		    c, rows->bytes.data + at, rows->ends[i] - at, err);
	if (rc == 0)
		rc = columnizer_end(c, err);
	if (rc == 0)
		rc = packer_end(packer, err);
	source = source_unzstd(source_from_mem(packed.data, packed.len));
	blocks->len = 0;
	if (rc == 0)
		rc = source_read_all(source, blocks, (size_t)1 << 30, err);
	source_free(source);
	packer_free(packer);
	sink_free(sink);
	buf_free(&packed);
	return rc;
}

static int
from_blocks(
    const void *data, size_t len, size_t step, struct buf *out, struct err *err)
{
	struct columns_room room = { 0 };
	struct source *source = source_rows(source_from_mem(data, len), &room);
	ssize_t got;

	out->len = 0;
	do {
		if (buf_reserve(out, step, err) != 0)
			fail_msg("%s", err->msg);
		got = source_read(source, out->data + out->len, step, err);
		if (got > 0)
			out->len += (size_t)got;
	} while (got > 0);
	source_free(source);
	columns_room_free(&room);
	return (int)got;
}

/* They come back as they were; ${blocks} holds their blocks. */
static void
same_again(const struct rows *rows, struct buf *blocks)
{
	static const size_t steps[] = { 1 << 20, 4099, 7 };
	struct columnizer *c = columnizer_new();
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	size_t i;

	/* Twice, since one columnizer serves many parts. */
	must(to_blocks(c, rows, blocks, &err));
	must(to_blocks(c, rows, blocks, &err));
	for (i = 0; i < 3; i++) {
		if (steps[i] < 100 && rows->bytes.len > 1 << 20)
			continue;
		must(from_blocks(
		    blocks->data, blocks->len, steps[i], &out, &err));
		assert_int_equal(out.len, rows->bytes.len);
		if (out.len > 0)
			assert_memory_equal(
			    out.data, rows->bytes.data, out.len);
	}
	buf_free(&out);
	columnizer_free(c);
}

static void
back_again(const struct rows *rows)
{
	struct buf blocks = { 0 };

	same_again(rows, &blocks);
	buf_free(&blocks);
}

static uint32_t
block_rows(const struct buf *blocks)
{
	return wire_get_le32(blocks->data);
}

static void
test_nothing(void **unused)
{
	struct rows rows = { 0 };
	struct buf blocks = { 0 };

	(void)unused;
	same_again(&rows, &blocks);
	assert_int_equal(blocks.len, 0);
	buf_free(&blocks);
}

/* Each length of one column by itself, in every number of rows around the
 * side of a square. */
static void
test_every_length(void **unused)
{
	uint8_t data[300];
	size_t len, count, i;

	(void)unused;
	for (len = 0; len <= 260; len += len < 20 || len > 250 ? 1 : 37) {
		for (count = 1; count < 50; count += 15) {
			struct rows rows = { 0 };

			for (i = 0; i < count; i++) {
				unit_fill(data, sizeof(data), i + 1);
				begin_row(&rows, 1);
				field(&rows, data, len);
				end_row(&rows);
			}
			back_again(&rows);
			free_rows(&rows);
		}
	}
}

/* Columns of mixed lengths, NULL and empty among them, numbers and text. */
static void
add_mixed(struct rows *rows, size_t count)
{
	static const char text[] = "the quick brown fox jumps";
	uint8_t data[1000];
	size_t i;

	for (i = 0; i < count; i++) {
		unit_fill(data, sizeof(data), i + 1);
		data[0] = 0;
		begin_row(rows, 7);
		field(rows, data, 8);
		field(rows, i % 3 == 0 ? NULL : data, data[1] % 17);
		field(rows, data, data[2] % 40);
		field(rows, text, data[3] % sizeof(text));
		field(rows, text, 1 + data[4] % 5);
		field(rows, i % 7 == 0 ? data : NULL, 200 + data[5]);
		field(rows, NULL, 0);
		end_row(rows);
	}
}

static void
test_mixed_lengths(void **unused)
{
	static const size_t counts[] = { 1, 2, 15, 16, 17, 1000 };
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct rows rows = { 0 };

		add_mixed(&rows, counts[i]);
		back_again(&rows);
		free_rows(&rows);
	}
}

static void
test_many_blocks(void **unused)
{
	struct rows rows = { 0 };
	struct buf blocks = { 0 };

	(void)unused;
	add_mixed(&rows, 60000);
	same_again(&rows, &blocks);
	assert_true(rows.bytes.len > 3 * COLUMNS_BLOCK);
	assert_true(block_rows(&blocks) < 60000);
	buf_free(&blocks);
	free_rows(&rows);
}

static void
test_no_columns(void **unused)
{
	struct rows rows = { 0 };
	struct buf blocks = { 0 };
	size_t i;

	(void)unused;
	for (i = 0; i < 5000; i++) {
		begin_row(&rows, 0);
		end_row(&rows);
	}
	same_again(&rows, &blocks);
	assert_int_equal(blocks.len, COLUMNS_HEAD_SIZE);
	buf_free(&blocks);
	free_rows(&rows);
}

static void
test_many_columns(void **unused)
{
	struct rows rows = { 0 };
	size_t i, k;

	(void)unused;
	for (i = 0; i < 700; i++) {
		uint8_t number[4];

		begin_row(&rows, 1600);
		wire_put_be32(number, (uint32_t)i);
		for (k = 0; k < 1600; k++)
			field(&rows, (i + k) % 5 == 0 ? NULL : number, 4);
		end_row(&rows);
	}
	back_again(&rows);
	free_rows(&rows);
}

/* Rows as long as a block and longer, among short ones. */
static void
test_long_rows(void **unused)
{
	static const size_t lengths[] = { 10, COLUMNS_ROW_LONG - 7,
		COLUMNS_ROW_LONG - 6, COLUMNS_ROW_LONG, 5, 5u << 20, 20 };
	uint8_t *data = mem_zalloc(5u << 20);
	struct rows rows = { 0 };
	struct buf blocks = { 0 };
	size_t i;

	(void)unused;
	unit_fill(data, 5u << 20, 9);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin_row(&rows, 1);
		field(&rows, data, lengths[i]);
		end_row(&rows);
	}
	same_again(&rows, &blocks);
	/* Two in the first block; then one as it is. */
	assert_int_equal(block_rows(&blocks), 2);
	buf_free(&blocks);
	free_rows(&rows);
	free(data);
}

/* Numbers become smaller than rows of them when compressed. */
static void
test_size(void **unused)
{
	struct rows rows = { 0 };
	struct buf blocks = { 0 };
	size_t i;

	(void)unused;
	for (i = 0; i < 10000; i++) {
		uint8_t number[4];

		wire_put_be32(number, (uint32_t)i);
		begin_row(&rows, 2);
		field(&rows, number, 4);
		field(&rows, number, 4);
		end_row(&rows);
	}
	same_again(&rows, &blocks);
	/* Per column a shape, one code, four planes. */
	assert_int_equal(blocks.len, COLUMNS_HEAD_SIZE + 2 * (2 + 4 * 10000));
	/* The first column's top bytes: zeros. */
	for (i = 0; i < 20000; i++)
		assert_int_equal(blocks.data[COLUMNS_HEAD_SIZE + 2 + i], 0);
	buf_free(&blocks);
	free_rows(&rows);
}

static void
test_not_a_tuple(void **unused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = { { "", 0 }, { "\0", 1 }, { "\0\1", 2 }, { "\0\1\0\0\0", 5 },
		{ "\0\1\0\0\0\2x", 7 }, { "\0\1\0\0\0\1xy", 8 },
		{ "\0\1\x7F\xFF\xFF\xFFx", 7 }, { "\0\1\xFF\xFF\xFF\xFE", 6 },
		{ "\xFF\xFF", 2 }, { "\0\2\0\0\0\0\0\0\0\0", 10 } };
	struct columnizer *c = columnizer_new();
	struct packer *packer = packer_new(1);
	struct buf packed = { 0 };
	struct sink *sink = sink_to_buf(&packed);
	struct err err;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct err)ERR_INIT;
		packer_begin(packer, sink);
		columnizer_begin(c, packer);
		/* One of one column comes first. */
		must(columnizer_row(c, "\0\1\0\0\0\0", 6, &err));
		refused(
		    columnizer_row(c, bad[i].bytes, bad[i].len, &err), ERR_DB);
	}
	columnizer_free(c);
	packer_free(packer);
	sink_free(sink);
	buf_free(&packed);
}

/* A block's bytes with one changed: an error or other rows, never more of
 * them than a block may have, nor a read outside. */
static void
test_damage(void **unused)
{
	struct columnizer *c = columnizer_new();
	struct rows rows = { 0 };
	struct buf blocks = { 0 }, out = { 0 };
	struct err err = ERR_INIT;
	size_t i, bit;

	(void)unused;
	add_mixed(&rows, 20);
	must(to_blocks(c, &rows, &blocks, &err));
	for (i = 0; i < blocks.len; i++) {
		for (bit = 0; bit < 8; bit++) {
			blocks.data[i] ^= (uint8_t)(1 << bit);
			err = (struct err)ERR_INIT;
			if (from_blocks(blocks.data, blocks.len, 1 << 16, &out,
				&err) != 0)
				assert_int_equal(err.kind, ERR_DAMAGED);
			assert_true(out.len <= 2 * COLUMNS_BLOCK_MAX);
			blocks.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	for (i = 1; i < blocks.len; i++)
		refused(from_blocks(blocks.data, i, 1 << 16, &out, &err),
		    ERR_DAMAGED);
	columnizer_free(c);
	free_rows(&rows);
	buf_free(&blocks);
	buf_free(&out);
}

/* A few bytes cannot stand for many rows. */
static void
test_bomb(void **unused)
{
	uint8_t block[COLUMNS_HEAD_SIZE + 2] = { 0 };
	struct buf out = { 0 };
	struct err err;

	(void)unused;
	wire_put_le32(block, UINT32_MAX);
	wire_put_le32(block + 4, 1);
	wire_put_le32(block + 8, 2);
	block[COLUMNS_HEAD_SIZE] = COLUMNS_SAME_CODE;
	block[COLUMNS_HEAD_SIZE + 1] = COLUMNS_NULL;
	refused(from_blocks(block, sizeof(block), 1 << 16, &out, &err),
	    ERR_DAMAGED);
	wire_put_le32(block, COLUMNS_BLOCK_MAX / 6);
	err = (struct err)ERR_INIT;
	must(from_blocks(block, sizeof(block), 1 << 16, &out, &err));
	assert_int_equal(out.len, COLUMNS_BLOCK_MAX / 6 * 6);
	wire_put_le32(block, COLUMNS_BLOCK_MAX / 6 + 1);
	refused(from_blocks(block, sizeof(block), 1 << 16, &out, &err),
	    ERR_DAMAGED);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_mixed_lengths),
		cmocka_unit_test(test_many_blocks),
		cmocka_unit_test(test_no_columns),
		cmocka_unit_test(test_many_columns),
		cmocka_unit_test(test_long_rows),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_not_a_tuple),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
