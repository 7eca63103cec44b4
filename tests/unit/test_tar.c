#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/mem.h"
#include "failing_sink.h"
#include "stream/tar.h"
#include "unit.h"

#define MTIME INT64_C(1795140900) /* 2026-11-20 02:15 UTC */

static const struct {
	const char *name;
	size_t size;
} entries[] = { { "pgcask.json", 511 }, { "catalog", 512 }, { "schema", 513 },
	{ "globals", 0 }, { "data/00000001", 3000 }, { "index", 1 } };

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

static uint8_t sample[4096];

/* Write all entries, ${step} bytes at a time, to ${sink}. */
static int
write_all(struct sink *sink, size_t step, struct err *err)
{
	struct tar_writer *w = tar_writer_new(sink, MTIME, err);
	int rc = w != NULL ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < ENTRIES; i++) {
		size_t left = entries[i].size, now;

		rc = tar_writer_entry(w, entries[i].name, left, err);
		for (; rc == 0 && left > 0; left -= now) {
			now = left < step ? left : step;
			rc = tar_writer_data(
			    w, sample + entries[i].size - left, now, err);
		}
	}
	if (rc == 0)
		rc = tar_writer_end(w, err);
	tar_writer_free(w);
	return rc;
}

static void
make(struct buf *out, size_t step)
{
	struct err err = ERR_INIT;
	struct sink *sink = sink_to_buf(out);

	out->len = 0;
	must(write_all(sink, step, &err));
	sink_free(sink);
}

/* Read all of a tar of the entries above.  Return 0, or -1 with ${err}. */
static int
read_all(
    const uint8_t *data, size_t len, size_t step, size_t size, struct err *err)
{
	struct tar_reader *r =
	    tar_reader_new(dribbling_source(data, len, step, 0));
	uint8_t *body = mem_alloc(sizeof(sample));
	struct buf raw = { 0 }, head = { 0 };
	struct tar_entry entry;
	size_t i = 0, have;
	ssize_t got = 0;
	int rc;

	while ((rc = tar_reader_next(r, &entry, &raw, err)) == 1) {
		assert_true(i < ENTRIES);
		assert_string_equal(entry.name, entries[i].name);
		assert_int_equal(entry.size, entries[i].size);
		head.len = 0;
		assert_int_equal(
		    tar_head(entry.name, entry.size, MTIME, &head, err), 0);
		assert_int_equal(raw.len, head.len);
		assert_memory_equal(raw.data, head.data, head.len);
		for (have = 0; have <= entry.size; have += (size_t)got) {
			got = tar_reader_data(r, body + have, size, err);
			if (got <= 0)
				break;
		}
		if (got < 0) {
			rc = -1;
			break;
		}
		assert_int_equal(have, entry.size);
		if (have > 0)
			assert_memory_equal(body, sample, have);
		i++;
	}
	if (rc == 0)
		assert_int_equal(i, ENTRIES);
	tar_reader_free(r);
	buf_free(&raw);
	buf_free(&head);
	free(body);
	return rc;
}

static void
test_round_trip(void **unused)
{
	static const size_t steps[] = { 1, 7, 511, 512, 513, 100000 };
	struct err err = ERR_INIT;
	struct buf tar = { 0 }, again = { 0 };

	(void)unused;
	make(&tar, 100000);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		make(&again, steps[i]);
		assert_int_equal(again.len, tar.len);
		assert_memory_equal(again.data, tar.data, tar.len);
		must(read_all(tar.data, tar.len, steps[i], 1000, &err));
		must(read_all(tar.data, tar.len, 1000, steps[i], &err));
	}
	buf_free(&tar);
	buf_free(&again);
}

/* What tar itself says of it. */
static void
test_tar_lists_it(void **unused)
{
	char *folder = unit_folder(), *path = unit_path(folder, "x.tar");
	const char *const argv[] = { "/bin/tar", "tvf", path, NULL };
	const char *const env[] = { "TZ=UTC", "LC_ALL=C", NULL };
	struct child_opts opts = { argv, env, 65536 };
	struct err err = ERR_INIT;
	struct buf tar = { 0 }, out = { 0 };

	(void)unused;
	make(&tar, 1000);
	unit_put(path, tar.data, tar.len);
	must(child_run(&opts, &out, &err));
	buf_puts(&out, "");
	assert_string_equal(buf_text(&out),
	    "-r-------- 0/0             511 2026-11-20 02:15 pgcask.json\n"
	    "-r-------- 0/0             512 2026-11-20 02:15 catalog\n"
	    "-r-------- 0/0             513 2026-11-20 02:15 schema\n"
	    "-r-------- 0/0               0 2026-11-20 02:15 globals\n"
	    "-r-------- 0/0            3000 2026-11-20 02:15 "
	    "data/00000001\n"
	    "-r-------- 0/0               1 2026-11-20 02:15 index\n");
	buf_free(&tar);
	buf_free(&out);
	free(path);
	unit_remove(folder);
}

/* Every byte is in the sink when the call that writes it returns. */
static void
test_offsets(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };
	struct sink *sink = sink_to_buf(&tar);
	struct tar_writer *w = tar_writer_new(sink, MTIME, &err);

	(void)unused;
	assert_non_null(w);
	must(tar_writer_entry(w, "a", 5, &err));
	assert_int_equal(tar.len, 512);
	must(tar_writer_data(w, "he", 2, &err));
	assert_int_equal(tar.len, 514);
	must(tar_writer_data(w, "llo", 3, &err));
	must(tar_writer_data(w, "", 0, &err));
	assert_int_equal(tar.len, 517);
	must(tar_writer_pad(w, &err));
	assert_int_equal(tar.len, 1024);
	must(tar_writer_pad(w, &err));
	assert_int_equal(tar.len, 1024);
	must(tar_writer_entry(w, "b", 512, &err));
	must(tar_writer_data(w, sample, 512, &err));
	must(tar_writer_entry(w, "c", 0, &err));
	assert_int_equal(tar.len, 2560);
	must(tar_writer_end(w, &err));
	assert_int_equal(tar.len, 2560 + TAR_END);
	tar_writer_free(w);
	assert_int_equal(tar.len, 2560 + TAR_END);
	sink_free(sink);
	buf_free(&tar);
}

static void
test_free_without_end(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };
	struct sink *sink = sink_to_buf(&tar);
	struct tar_writer *w = tar_writer_new(sink, MTIME, &err);

	(void)unused;
	assert_non_null(w);
	must(tar_writer_entry(w, "a", 5, &err));
	must(tar_writer_data(w, "he", 2, &err));
	tar_writer_free(w);
	tar_writer_free(NULL);
	assert_int_equal(tar.len, 514);
	sink_free(sink);
	buf_free(&tar);
}

static void
test_wrong_sizes(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };
	struct sink *sink = sink_to_buf(&tar);
	struct tar_writer *w = tar_writer_new(sink, MTIME, &err);

	(void)unused;
	assert_non_null(w);
	must(tar_writer_entry(w, "a", 5, &err));
	refused(tar_writer_data(w, "toolong", 7, &err), ERR_FAIL);
	must(tar_writer_data(w, "four", 4, &err));
	refused(tar_writer_pad(w, &err), ERR_FAIL);
	refused(tar_writer_entry(w, "b", 5, &err), ERR_FAIL);
	refused(tar_writer_end(w, &err), ERR_FAIL);
	tar_writer_free(w);
	sink_free(sink);
	buf_free(&tar);
}

static void
test_limits(void **unused)
{
	char name[TAR_NAME_MAX + 2];
	struct err err = ERR_INIT;
	struct buf head = { 0 };
	struct tar_entry entry;
	int64_t mtime;

	(void)unused;
	memset(name, 'n', sizeof(name));
	name[TAR_NAME_MAX + 1] = '\0';
	refused(tar_head(name, 0, MTIME, &head, &err), ERR_FAIL);
	name[TAR_NAME_MAX] = '\0';
	name[50] = '/';
	must(tar_head(name, (UINT64_C(8) << 30) - 1, 0, &head, &err));
	assert_int_equal(head.len, TAR_BLOCK);
	assert_int_equal(tar_parse_head(head.data, &entry, &mtime, &err), 1);
	assert_string_equal(entry.name, name);
	assert_int_equal(entry.size, (UINT64_C(8) << 30) - 1);
	assert_int_equal(mtime, 0);
	head.len = 0;
	refused(tar_head("a", UINT64_C(8) << 30, 0, &head, &err), ERR_FAIL);
	refused(tar_head("a", 0, -1, &head, &err), ERR_FAIL);
	refused(tar_head("a", 0, INT64_C(1) << 33, &head, &err), ERR_FAIL);
	must(tar_head("a", 0, (INT64_C(1) << 33) - 1, &head, &err));
	refused(tar_head("", 0, 0, &head, &err), ERR_FAIL);
	refused(tar_head("a/", 0, 0, &head, &err), ERR_FAIL);
	refused(tar_head("a b", 0, 0, &head, &err), ERR_FAIL);
	refused(tar_head("\xC3\xA9", 0, 0, &head, &err), ERR_FAIL);
	assert_int_equal(head.len, TAR_BLOCK);
	buf_free(&head);
}

static void
test_sink_fails(void **unused)
{
	struct buf tar = { 0 };
	size_t after;

	(void)unused;
	make(&tar, 1000);
	for (after = 0; after < tar.len; after += 97) {
		struct sink *sink = failing_sink(after);
		struct err err = ERR_INIT;

		refused(write_all(sink, 1000, &err), ERR_STORAGE);
		assert_string_equal(err.msg, FAILING_MESSAGE);
		sink_free(sink);
	}
	buf_free(&tar);
}

static void
test_nothing_at_all(void **unused)
{
	struct err err = ERR_INIT;
	struct tar_entry entry;

	(void)unused;
	for (size_t len = 0; len < 2; len++) {
		struct tar_reader *r =
		    tar_reader_new(source_from_mem("x", len));

		refused(tar_reader_next(r, &entry, NULL, &err), ERR_DAMAGED);
		assert_int_equal(tar_reader_is_empty(r), len == 0);
		tar_reader_free(r);
	}
}

static void
test_every_cut(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };

	(void)unused;
	make(&tar, 1000);
	for (size_t len = 0; len < tar.len; len++) {
		refused(read_all(tar.data, len, 1000, 1000, &err), ERR_DAMAGED);
		mentions(err.msg, "cut short");
	}
	must(buf_add(&tar, "", 1, &err));
	refused(read_all(tar.data, tar.len, 1000, 1000, &err), ERR_DAMAGED);
	mentions(err.msg, "after the end");
	buf_free(&tar);
}

/* Whether ${at} lies in an entry's own bytes, which are others' to check. */
static int
in_body(size_t at)
{
	size_t start = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		start += TAR_BLOCK;
		if (at >= start && at < start + entries[i].size)
			return 1;
		start += (entries[i].size + 511) / 512 * 512;
	}
	return 0;
}

/* Pass over all entries without reading them; they are skipped, and their
 * padding is looked at nevertheless. */
static int
pass_over(const uint8_t *data, size_t len, struct err *err)
{
	struct tar_reader *r = tar_reader_new(source_from_mem(data, len));
	struct tar_entry entry;
	size_t count = 0;
	int rc;

	while ((rc = tar_reader_next(r, &entry, NULL, err)) == 1)
		count++;
	if (rc == 0)
		assert_int_equal(count, ENTRIES);
	tar_reader_free(r);
	return rc;
}

/* Headers, padding and the zero blocks at the end: no bit may differ. */
static void
test_every_flip(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };

	(void)unused;
	make(&tar, 1000);
	for (size_t bit = 0; bit < tar.len * 8; bit++) {
		if (in_body(bit / 8))
			continue;
		tar.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		refused(pass_over(tar.data, tar.len, &err), ERR_DAMAGED);
		tar.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	must(pass_over(tar.data, tar.len, &err));
	buf_free(&tar);
}

static void
test_another_time(void **unused)
{
	struct err err = ERR_INIT;
	struct buf tar = { 0 };
	struct tar_reader *r;
	struct tar_entry entry;

	(void)unused;
	must(tar_head("a", 0, MTIME, &tar, &err));
	must(tar_head("b", 0, MTIME, &tar, &err));
	must(tar_head("c", 0, MTIME + 1, &tar, &err));
	r = tar_reader_new(source_from_mem(tar.data, tar.len));
	assert_int_equal(tar_reader_next(r, &entry, NULL, &err), 1);
	assert_int_equal(tar_reader_next(r, &entry, NULL, &err), 1);
	refused(tar_reader_next(r, &entry, NULL, &err), ERR_DAMAGED);
	tar_reader_free(r);
	buf_free(&tar);
}

static void
test_not_ours(void **unused)
{
	char *folder = unit_folder(), *path = unit_path(folder, "x.tar");
	const char *const argv[] = { "/bin/tar", "cf", path, "--format=ustar",
		"-C", "/etc", "passwd", NULL };
	struct child_opts opts = { argv, NULL, 65536 };
	uint8_t block[TAR_BLOCK] = { 0 };
	struct err err = ERR_INIT;
	struct tar_entry entry;
	struct buf out = { 0 };
	int64_t mtime;
	char *tar;
	size_t len;

	(void)unused;
	assert_int_equal(tar_parse_head(block, &entry, &mtime, &err), 0);
	memset(block, 'x', sizeof(block));
	refused(tar_parse_head(block, &entry, &mtime, &err), ERR_DAMAGED);
	must(child_run(&opts, &out, &err));
	tar = unit_get(path, &len);
	refused(
	    tar_parse_head((uint8_t *)tar, &entry, &mtime, &err), ERR_DAMAGED);
	free(tar);
	buf_free(&out);
	free(path);
	unit_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_tar_lists_it),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_free_without_end),
		cmocka_unit_test(test_wrong_sizes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_sink_fails),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_another_time),
		cmocka_unit_test(test_not_ours),
	};

	unit_fill(sample, sizeof(sample), 5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
