#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/index.h"
#include "base/mem.h"
#include "failing_sink.h"
#include "small_archive.h"
#include "unit.h"

static struct small_keys ours, theirs;
static struct sealing sealing;
static struct opening opening;
static struct buf good;
static char *path;

/* What is written to a file that is changed in place. */
static void
put(const void *data, size_t len)
{
	unit_put(path, data, len);
}

/* Both readers refuse it, as damaged. */
static void
both_refuse(const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;

	refused(small_read_stream(data, len, &opening, &err), ERR_DAMAGED);
	put(data, len);
	refused(small_read_file(path, &opening, &err), ERR_DAMAGED);
}

static void
test_round_trip(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	must(small_read_stream(good.data, good.len, &opening, &err));
	put(good.data, good.len);
	must(small_read_file(path, &opening, &err));
}

static void
test_odd_reads(void **state)
{
	static const size_t steps[] = { 1, 7, 511, 512, 513 };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct source *source =
		    dribbling_source(good.data, good.len, steps[i], 0);

		must(small_read(
		    reader_open_stream(source, &err), &opening, &err));
	}
}

/* One bit of every byte, in a stream and in a file. */
static void
test_every_flip(void **state)
{
	struct err err = ERR_INIT;
	uint8_t *data = mem_alloc(good.len);
	int fd;

	(void)state;
	memcpy(data, good.data, good.len);
	put(data, good.len);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	for (size_t i = 0; i < good.len; i++) {
		data[i] ^= (uint8_t)(1u << (i % 8));
		assert_int_equal(pwrite(fd, &data[i], 1, (off_t)i), 1);
		err = (struct err)ERR_INIT;
		if (small_read_stream(data, good.len, &opening, &err) == 0)
			fail_msg("stream: byte %zu may be changed", i);
		err = (struct err)ERR_INIT;
		if (small_read_file(path, &opening, &err) == 0)
			fail_msg("file: byte %zu may be changed", i);
		data[i] = good.data[i];
		assert_int_equal(pwrite(fd, &data[i], 1, (off_t)i), 1);
	}
	must(small_read_file(path, &opening, &err));
	(void)close(fd);
	free(data);
}

static void
test_every_cut(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (size_t len = 0; len < good.len;
	     len += len % 512 == 510 || len % 512 >= 511 ? 1 : 85) {
		if (small_read_stream(good.data, len, &opening, &err) == 0)
			fail_msg("stream: may be cut at %zu", len);
		put(good.data, len);
		refused(small_read_file(path, &opening, &err), ERR_DAMAGED);
	}
}

static void
test_more_after_the_end(void **state)
{
	static const size_t extra[] = { 1, 512, 1024 };
	uint8_t *data = mem_zalloc(good.len + 1024);

	(void)state;
	memcpy(data, good.data, good.len);
	for (size_t i = 0; i < 3; i++)
		both_refuse(data, good.len + extra[i]);
	free(data);
}

/* Where the entries lie, by the index of the good archive. */
static struct index *
entries(void)
{
	struct err err = ERR_INIT;
	struct reader *r =
	    reader_open_stream(source_from_mem(good.data, good.len), &err);
	struct blob *blob;
	struct index *index;

	put(good.data, good.len);
	blob = blob_open(path, &err);
	assert_non_null(blob);
	index = index_load(blob, reader_header(r), NULL, &err);
	assert_non_null(index);
	blob_free(blob);
	reader_free(r);
	return index;
}

static void
take(const struct index *index, size_t i, struct buf *out)
{
	struct err err = ERR_INIT;

	must(buf_add(out, good.data + index->records[i].offset,
	    (size_t)index->records[i].length, &err));
}

/* The archive with entry i replaced: left out, doubled, or traded with j. */
static void
test_surgery(void **state)
{
	struct index *index = entries();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(index->count, 5 + SMALL_PARTS);
	for (size_t i = 0; i < index->count; i++) {
		for (size_t j = 0; j <= index->count; j++) {
			struct buf out = { 0 };

			if (i == j)
				continue;
			for (size_t k = 0; k < index->count; k++) {
				/* j == count: drop i; j == i + 1: swap with
				 * the next; else put i where j was as well. */
				if (j == index->count && k == i)
					continue;
				take(index, k == j ? i : k, &out);
				if (j == i + 1 && k == i)
					out.len -=
					    (size_t)index->records[i].length,
					    take(index, j, &out);
			}
			must(buf_add(&out, good.data + index->offset,
			    good.len - (size_t)index->offset, &err));
			both_refuse(out.data, out.len);
			buf_free(&out);
		}
	}
	index_free(index);
}

static void
test_what_is_no_archive(void **state)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	struct sink *sink = sink_to_buf(&out);
	struct tar_writer *w = tar_writer_new(sink, 0, &err);

	(void)state;
	must(tar_writer_entry(w, "hello.txt", 5, &err));
	must(tar_writer_data(w, "hello", 5, &err));
	must(tar_writer_end(w, &err));
	tar_writer_free(w);
	sink_free(sink);
	both_refuse(out.data, out.len);
	both_refuse((const uint8_t *)"", 0);
	both_refuse((const uint8_t *)"PGDMP and more of it", 20);
	refused(small_read_file("/", &opening, &err), ERR_STORAGE);
	refused(
	    small_read_file("/nonexistent/x.cask", &opening, &err), ERR_ABSENT);
	buf_free(&out);
}

/* Another format number, everything else as it was. */
static void
test_future_format(void **state)
{
	struct err err = ERR_INIT;
	uint8_t *data = mem_alloc(good.len);
	uint8_t *at;

	(void)state;
	memcpy(data, good.data, good.len);
	at = memmem(data, good.len, "\"format\":1", 10);
	assert_non_null(at);
	at[9] = '2';
	refused(small_read_stream(data, good.len, &opening, &err), ERR_DAMAGED);
	mentions(err.msg, "format 2");
	assert_string_not_equal(err.hint, "");
	free(data);
}

/* Whoever knows the public recipient alone can seal, but not sign as us. */
static void
test_forged(void **state)
{
	struct sealing forged = { .seal_key = theirs.seal,
		.recipients = ours.seal->recipient,
		.recipient_count = 1 };
	struct sealing nobody = { .recipients = ours.seal->recipient,
		.recipient_count = 1 };
	struct opening trusting = opening;
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)state;
	small_make(&forged, &out);
	both_refuse(out.data, out.len);
	/* Unless told to trust that very signer. */
	trusting.signer = theirs.seal->signer;
	must(small_read_stream(out.data, out.len, &trusting, &err));
	trusting.signer = ours.seal->signer;
	refused(
	    small_read_stream(out.data, out.len, &trusting, &err), ERR_DAMAGED);
	out.len = 0;

	small_make(&nobody, &out);
	both_refuse(out.data, out.len);
	trusting.signer = NULL;
	trusting.allow_unsigned = 1;
	must(small_read_stream(out.data, out.len, &trusting, &err));
	buf_free(&out);
}

/* Entries that state a size that none has are refused before they are read:
 * here they would end early. */
static void
test_sizes_are_bounded(void **state)
{
	static const struct {
		size_t blocks; /* of the archive before it */
		const char *name;
		uint64_t size;
	} large[] = { { 0, "pgcask.json", FORMAT_HEADER_MAX + 1 },
		{ 0, "catalog", (UINT64_C(1) << 30) + (1u << 25) },
		{ 0, "index", 1 << 20 } };
	struct index *index = entries();
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint64_t at = i == 0 ? 0
		    : i == 1         ? index->records[1].offset
				     : index->offset;

		out.len = 0;
		must(buf_add(&out, good.data, (size_t)at, &err));
		must(tar_head(
		    large[i].name, large[i].size, 1795140900, &out, &err));
		must(buf_add(&out, good.data, 1024, &err));
		refused(small_read_stream(out.data, out.len, &opening, &err),
		    ERR_DAMAGED);
		mentions(err.msg, "larger than it can be");
	}
	index_free(index);
	buf_free(&out);
}

static void
test_wrong_key(void **state)
{
	struct opening other = { .open_key = theirs.open };
	struct opening none = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	refused(small_read_stream(good.data, good.len, &other, &err), ERR_KEY);
	refused(small_read_stream(good.data, good.len, &none, &err), ERR_KEY);
}

static void
test_passphrase(void **state)
{
	struct passphrase *right = passphrase_new("correct horse", 13);
	struct passphrase *wrong = passphrase_new("correct hors", 12);
	struct sealing by_phrase = { .passphrase = right };
	struct opening with = { .passphrase = right };
	struct opening without = { .passphrase = wrong };
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)state;
	small_make(&by_phrase, &out);
	must(small_read_stream(out.data, out.len, &with, &err));
	refused(small_read_stream(out.data, out.len, &without, &err), ERR_KEY);
	refused(small_read_stream(out.data, out.len, &opening, &err), ERR_KEY);
	/* Its keyed hashes stand in for the signatures. */
	out.data[out.len - TAR_END - INDEX_TAIL_SIZE + 40] ^= 1;
	refused(small_read_stream(out.data, out.len, &with, &err), ERR_DAMAGED);
	out.data[out.len - TAR_END - INDEX_TAIL_SIZE + 40] ^= 1;
	/* A signer that was named is not made up for by the passphrase. */
	with.signer = ours.seal->signer;
	refused(small_read_stream(out.data, out.len, &with, &err), ERR_DAMAGED);
	mentions(err.msg, "nobody signed");
	passphrase_free(right);
	passphrase_free(wrong);
	buf_free(&out);
}

/* A header with ${count} slots like the passphrase's own. */
static void
put_slots(const struct header *header, size_t count, struct buf *out)
{
	struct slot slots[3];
	struct header more = *header;
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < count; i++)
		slots[i] = header->slots[0];
	more.slots = slots;
	more.slot_count = count;
	out->len = 0;
	must(header_dump(&more, out, &err));
}

/* Each costs as much as the passphrase's owner wants it to. */
static void
test_one_passphrase_slot(void **state)
{
	struct passphrase *phrase = passphrase_new("correct horse", 13);
	struct sealing by_phrase = { .passphrase = phrase };
	struct archive_keys *keys;
	struct err err = ERR_INIT;
	struct header *header = header_make(
			  &by_phrase, CONTENTS_WHOLE, 0, &keys, &err),
		      *h;
	struct buf out = { 0 };

	(void)state;
	assert_non_null(header);
	put_slots(header, 1, &out);
	h = header_load(out.data, out.len, &err);
	assert_non_null(h);
	header_free(h);
	put_slots(header, 2, &out);
	assert_null(header_load(out.data, out.len, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	mentions(err.msg, "several passphrase slots");
	header_free(header);
	archive_keys_free(keys);
	passphrase_free(phrase);
	buf_free(&out);
}

/* The sink fails at every block: the writer says so and does not hang. */
static void
test_sink_fails(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (size_t after = 0; after < good.len; after += 256) {
		refused(small_write(&sealing, failing_sink(after), &err),
		    ERR_STORAGE);
		mentions(err.msg, FAILING_MESSAGE);
	}
}

static int
set_up(void **state)
{
	(void)state;
	small_keys_make(&ours);
	small_keys_make(&theirs);
	sealing.seal_key = ours.seal;
	opening.open_key = ours.open;
	path = unit_path(ours.folder, "small.cask");
	small_make(&sealing, &good);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&good);
	free(path);
	small_keys_free(&ours);
	small_keys_free(&theirs);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_odd_reads),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_more_after_the_end),
		cmocka_unit_test(test_surgery),
		cmocka_unit_test(test_what_is_no_archive),
		cmocka_unit_test(test_future_format),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_sizes_are_bounded),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_passphrase),
		cmocka_unit_test(test_one_passphrase_slot),
		cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
