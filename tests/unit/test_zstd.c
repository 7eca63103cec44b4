#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "failing_sink.h"
#include "stream/zstd.h"
#include "unit.h"

#define FRAME (2u << 20) /* content of a full frame at level 1 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One frame of ${len} bytes, written ${step} at a time, into ${out}. */
static void
pack(struct packer *p, const uint8_t *data, size_t len, size_t step,
    struct buf *out)
{
	struct err err = ERR_INIT;
	struct sink *sink = sink_to_buf(out);
	size_t at, now;

	out->len = 0;
	packer_begin(p, sink);
	for (at = 0; at < len; at += now) {
		now = len - at < step ? len - at : step;
		must(packer_write(p, data + at, now, &err));
	}
	must(packer_end(p, &err));
	sink_free(sink);
}

/* Decode ${len} bytes, given ${step} at a time, reading ${size} at a time.
 * Return 0 or -1. */
static int
unpack(const uint8_t *data, size_t len, size_t step, size_t size,
    struct buf *out, struct err *err)
{
	struct source *source =
	    source_unzstd(dribbling_source(data, len, step, 0));
	struct err again = ERR_INIT;
	ssize_t got;

	out->len = 0;
	do {
		assert_int_equal(buf_reserve(out, size, err), 0);
		got = source_read(source, out->data + out->len, size, err);
		assert_true(got <= (ssize_t)size);
		if (got > 0)
			out->len += (size_t)got;
	} while (got > 0);
	/* Its last word stands. */
	assert_int_equal(source_read(source, out->data, 1, &again), got);
	source_free(source);
	return (int)got;
}

static void
same_again(const struct buf *packed, size_t step, size_t size,
    const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	must(unpack(packed->data, packed->len, step, size, &out, &err));
	assert_int_equal(out.len, len);
	if (len > 0)
		assert_memory_equal(out.data, data, len);
	buf_free(&out);
}

/* Half noise, half text. */
static uint8_t *
sample(size_t len)
{
	uint8_t *data = mem_zalloc(len + 1);

	unit_fill(data, len / 2, 3);
	for (size_t i = len / 2; i < len; i++)
		data[i] = (uint8_t) "a row, and a row, and "[i % 22];
	return data;
}

static void
test_round_trip(void **unused)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 131071, 131072,
		131073, 1000003 };
	static const size_t steps[] = { 97, 511, 512, 513, 131071, 131072,
		131073, 2000000 };
	struct packer *p = packer_new(1);
	struct buf packed = { 0 };
	uint8_t *data = sample(1000003);

	(void)unused;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < COUNT(steps); j++) {
			pack(p, data, sizes[i], steps[j], &packed);
			same_again(&packed, 100000, 65536, data, sizes[i]);
		}
	}
	free(data);
	buf_free(&packed);
	packer_free(p);
}

static size_t
count_frames(const struct buf *packed)
{
	size_t at = 0, count = 0;

	for (; at < packed->len; count++) {
		size_t one = ZSTD_findFrameCompressedSize(
		    packed->data + at, packed->len - at);

		assert_false(ZSTD_isError(one));
		at += one;
	}
	return count;
}

/* Small writes fill frames, whatever their sizes. */
static void
test_frames(void **unused)
{
	static const struct {
		size_t size, frames;
	} cases[] = { { 0, 1 }, { 1, 1 }, { FRAME - 1, 1 }, { FRAME, 1 },
		{ FRAME + 1, 2 }, { 2 * FRAME, 2 }, { 2 * FRAME + 1, 3 } };
	static const size_t steps[] = { 4001, 131072, FRAME / 2 - 1 };
	struct packer *p = packer_new(1);
	struct buf packed = { 0 }, again = { 0 };
	uint8_t *data = sample(2 * FRAME + 1);

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		pack(p, data, cases[i].size, 100003, &packed);
		assert_int_equal(count_frames(&packed), cases[i].frames);
		same_again(&packed, 4099, 65536, data, cases[i].size);
		for (size_t j = 0; j < COUNT(steps); j++) {
			pack(p, data, cases[i].size, steps[j], &again);
			assert_int_equal(again.len, packed.len);
			assert_memory_equal(
			    again.data, packed.data, packed.len);
		}
	}
	free(data);
	buf_free(&packed);
	buf_free(&again);
	packer_free(p);
}

/* A large write is a frame, or more, unless it comes behind a small one. */
static void
test_large_writes(void **unused)
{
	static const struct {
		size_t size, step, frames;
	} cases[] = { { FRAME / 2, FRAME / 2, 1 }, { FRAME, FRAME / 2, 2 },
		{ 2 * FRAME, FRAME - 1, 3 }, { 2 * FRAME, FRAME, 2 },
		{ 2 * FRAME, 2 * FRAME, 2 }, { 2 * FRAME, FRAME + 1, 2 } };
	struct packer *p = packer_new(1);
	struct buf packed = { 0 };
	uint8_t *data = sample(2 * FRAME);

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		pack(p, data, cases[i].size, cases[i].step, &packed);
		assert_int_equal(count_frames(&packed), cases[i].frames);
		same_again(&packed, 4099, 65536, data, cases[i].size);
	}
	free(data);
	buf_free(&packed);
	packer_free(p);
}

static void
test_odd_reads(void **unused)
{
	static const size_t sizes[] = { 1, 2, 511, 512, 513, 131071, 131072,
		131073 };
	struct packer *p = packer_new(3);
	struct buf packed = { 0 };
	uint8_t *data = sample(300000);

	(void)unused;
	pack(p, data, 300000, 1, &packed);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		same_again(&packed, sizes[i], 131072, data, 300000);
		same_again(&packed, 131072, sizes[i], data, 300000);
	}
	same_again(&packed, 1, 1, data, 300000);
	free(data);
	buf_free(&packed);
	packer_free(p);
}

static void
test_levels(void **unused)
{
	struct buf fast = { 0 }, small = { 0 };
	struct packer *p = packer_new(ZSTD_LEVEL_MIN);
	struct packer *q = packer_new(ZSTD_LEVEL_MAX);
	uint8_t *data = sample(400000);

	(void)unused;
	for (size_t i = 0; i < 400000; i++)
		data[i] = (uint8_t)(data[i] % 7 + i % 13);
	pack(p, data, 400000, 1000, &fast);
	pack(q, data, 400000, 1000, &small);
	assert_true(small.len < fast.len);
	same_again(&small, 1000, 1000, data, 400000);
	free(data);
	buf_free(&fast);
	buf_free(&small);
	packer_free(p);
	packer_free(q);
	packer_free(NULL);
}

static void
test_frame_has_checksum(void **unused)
{
	struct packer *p = packer_new(1);
	struct buf packed = { 0 };

	(void)unused;
	pack(p, (const uint8_t *)"once", 4, 4, &packed);
	pack(p, (const uint8_t *)"twice", 5, 5, &packed);
	/* RFC 8878, 3.1.1.1.1: the third bit of the frame header. */
	assert_true(packed.data[4] & 4);
	buf_free(&packed);
	packer_free(p);
}

static void
test_sink_fails(void **unused)
{
	struct err err = ERR_INIT;
	struct packer *p = packer_new(1);
	struct buf packed = { 0 };
	uint8_t *data = sample(5000000);
	size_t whole, after;

	(void)unused;
	pack(p, data, 5000000, 100000, &packed);
	whole = packed.len;
	for (after = 0; after < whole; after += whole / 9) {
		struct sink *sink = failing_sink(after);
		int rc = 0;

		packer_begin(p, sink);
		err = (struct err)ERR_INIT;
		for (size_t at = 0; rc == 0 && at < 5000000; at += 100000)
			rc = packer_write(p, data + at, 100000, &err);
		if (rc == 0)
			rc = packer_end(p, &err);
		assert_int_equal(rc, -1);
		assert_string_equal(err.msg, FAILING_MESSAGE);
		sink_free(sink);
		/* The packer is none the worse for it. */
		pack(p, data, 5000000, 100000, &packed);
		same_again(&packed, 65536, 65536, data, 5000000);
	}
	free(data);
	buf_free(&packed);
	packer_free(p);
}

static void
test_source_fails(void **unused)
{
	struct err err = ERR_INIT;
	struct packer *p = packer_new(1);
	struct buf packed = { 0 }, out = { 0 };

	(void)unused;
	pack(p, (const uint8_t *)"some bytes", 10, 10, &packed);
	for (size_t len = 0; len <= packed.len; len++) {
		struct source *source =
		    source_unzstd(dribbling_source(packed.data, len, 1, 1));

		refused(source_read_all(source, &out, 100, &err), ERR_STORAGE);
		assert_string_equal(err.msg, FAILING_MESSAGE);
		source_free(source);
	}
	buf_free(&out);
	buf_free(&packed);
	packer_free(p);
}

static void
test_every_cut(void **unused)
{
	struct err err = ERR_INIT;
	struct packer *p = packer_new(1);
	struct buf packed = { 0 }, out = { 0 };
	uint8_t *data = sample(600);
	size_t first;

	(void)unused;
	pack(p, data, 600, 600, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		refused(
		    unpack(packed.data, len, 7, 100, &out, &err), ERR_DAMAGED);
		mentions(err.msg, "cut short");
	}
	/* A large one, between its blocks and within them. */
	free(data);
	data = sample(700000);
	pack(p, data, 700000, 1000, &packed);
	for (size_t len = 4; len < packed.len; len += 9973)
		refused(unpack(packed.data, len, 100000, 100000, &out, &err),
		    ERR_DAMAGED);
	/* The second frame of two, within its first bytes. */
	free(data);
	data = sample(FRAME + 600);
	pack(p, data, FRAME + 600, FRAME, &packed);
	first = ZSTD_findFrameCompressedSize(packed.data, packed.len);
	for (size_t len = first + 1; len < packed.len; len++)
		refused(unpack(packed.data, len, 100000, 100000, &out, &err),
		    ERR_DAMAGED);
	free(data);
	buf_free(&packed);
	buf_free(&out);
	packer_free(p);
}

/* Three bits say nothing, and libzstd passes over them (RFC 8878: the frame
 * header's unused bit, two reserved ones of the sequences' modes): then the
 * content is the same.  All others are noticed. */
static void
test_every_flip(void **unused)
{
	struct packer *p = packer_new(1);
	struct buf packed = { 0 }, out = { 0 };
	uint8_t *data = sample(600);
	size_t passed = 0;

	(void)unused;
	pack(p, data, 600, 600, &packed);
	for (size_t bit = 0; bit < packed.len * 8; bit++) {
		struct err err = ERR_INIT;

		packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (unpack(packed.data, packed.len, 1000, 1000, &out, &err) ==
		    0) {
			assert_int_equal(out.len, 600);
			assert_memory_equal(out.data, data, 600);
			passed++;
		} else {
			assert_int_equal(err.kind, ERR_DAMAGED);
		}
		packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(passed, 3);
	free(data);
	buf_free(&packed);
	buf_free(&out);
	packer_free(p);
}

static void
test_more_after_the_frame(void **unused)
{
	static const char *const more[] = { "", "x", "xyz", "more",
		"no frame at all" };
	struct err err = ERR_INIT;
	struct packer *p = packer_new(1);
	struct buf packed = { 0 }, out = { 0 };
	size_t one;

	(void)unused;
	pack(p, (const uint8_t *)"some bytes", 10, 10, &packed);
	one = packed.len;
	for (size_t i = 0; i < COUNT(more); i++) {
		size_t len = i == 0 ? 1 : strlen(more[i]);

		packed.len = one;
		must(buf_add(&packed, more[i], len, &err));
		for (size_t step = 1; step <= packed.len; step++)
			refused(unpack(packed.data, packed.len, step, 100, &out,
				    &err),
			    ERR_DAMAGED);
	}
	/* Another frame is welcome, wherever reads divide them. */
	packed.len = one;
	must(buf_reserve(&packed, one, &err));
	must(buf_add(&packed, packed.data, one, &err));
	for (size_t step = 1; step <= packed.len; step++)
		same_again(&packed, step, 100,
		    (const uint8_t *)"some bytessome bytes", 20);
	buf_free(&packed);
	buf_free(&out);
	packer_free(p);
}

/* Frames made by hand: RFC 8878, 3.1.1. */
static void
test_windows(void **unused)
{
	/* magic, descriptor, window 2^27, an empty last raw block */
	uint8_t frame[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 17 << 3, 1, 0, 0 };
	static const uint8_t skippable[] = { 0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0,
		'x' };
	static const uint8_t plain[] = "these are not compressed";
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	must(unpack(frame, sizeof(frame), 1, 100, &out, &err));
	assert_int_equal(out.len, 0);
	frame[5] = 18 << 3;
	refused(unpack(frame, sizeof(frame), 1, 100, &out, &err), ERR_DAMAGED);
	mentions(err.msg, "memory");
	refused(unpack(skippable, sizeof(skippable), 9, 100, &out, &err),
	    ERR_DAMAGED);
	refused(unpack(plain, sizeof(plain), 9, 100, &out, &err), ERR_DAMAGED);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_large_writes),
		cmocka_unit_test(test_odd_reads),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_frame_has_checksum),
		cmocka_unit_test(test_sink_fails),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_more_after_the_frame),
		cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
