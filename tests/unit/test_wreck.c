#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archive/wreck.h"
#include "base/mem.h"
#include "small_archive.h"
#include "stream/tar.h"
#include "unit.h"

static struct small_keys keys;
static struct sealing sealing;
static struct opening opening;
static struct buf good;
static char *path;

/* Where the entries of the good one are. */
#define ENTRIES_MAX 16
static struct {
	char name[TAR_NAME_MAX + 1];
	size_t at;
	size_t end; /* of its body */
} entries[ENTRIES_MAX];
static size_t entry_count;
#define FIRST_PART 4

/* Bytes that the disk can't read. */
static uint64_t bad_from, bad_to;
/* And how many were read. */
static uint64_t bytes_read;

/* In the place of the C library's, so that what reads a file may fail. */
ssize_t
pread(int fd, void *buf, size_t size, off_t offset)
{
	uint64_t at = (uint64_t)offset;

	if (at < bad_to && at + size > bad_from) {
		errno = EIO;
		return -1;
	}
	bytes_read += size;
	return (ssize_t)syscall(SYS_pread64, fd, buf, size, offset);
}

/* What is whole of a file. */
struct left {
	int opens; /* header and catalog are whole */
	int schema;
	int globals;
	int index;
	int manifest;
	uint64_t parts;
	int whole[SMALL_PARTS + 1];
	uint64_t rows;
};

static void
look_at_parts(struct reader *r, struct wreck *w, struct left *left)
{
	struct buf buf = { 0 };
	const uint8_t *body;
	uint64_t i;
	size_t len;

	left->parts = wreck_parts(w);
	assert_true(left->parts <= SMALL_PARTS);
	for (i = 1; i <= left->parts; i++)
		left->whole[i] =
		    wreck_part(w, i, &buf, &body, &len) == WRECK_WHOLE;
	wreck_settle(w);
	assert_ptr_equal(reader_manifest(r, NULL, NULL), wreck_remains(w));
	left->rows = wreck_remains(w)->tables[0].digest.rows;
	buf_free(&buf);
}

static struct left
look(void)
{
	struct err err = ERR_INIT;
	struct left left = { 0 };
	struct reader *r = reader_open_wreck(path, &err);
	const struct catalog *cat = NULL;
	struct buf text = { 0 };
	struct wreck *w;

	if (r != NULL && reader_unlock(r, &opening, &err) == 0)
		cat = reader_catalog(r, NULL, &err);
	if (cat != NULL) {
		w = reader_wreck(r);
		left.opens = 1;
		left.schema = reader_schema(r, &text, &err) == 0;
		left.globals = reader_globals(r, &text, &err) == 0;
		left.index = wreck_index_error(w) == NULL;
		must(wreck_plan(w, cat, &err));
		left.manifest = wreck_manifest(w) != NULL;
		look_at_parts(r, w, &left);
	}
	buf_free(&text);
	reader_free(r);
	return left;
}

/* All but the index, and what is given, is whole. */
static void
all_but(const struct left *left, size_t part)
{
	size_t i;

	assert_true(left->opens);
	assert_int_equal(left->parts, SMALL_PARTS);
	for (i = 1; i <= SMALL_PARTS; i++)
		assert_int_equal(left->whole[i], i != part);
}

static uint8_t *
copy(void)
{
	uint8_t *data = mem_alloc(good.len);

	memcpy(data, good.data, good.len);
	return data;
}

/* Let there be no index to go by. */
static void
spoil_index(uint8_t *data)
{
	memset(data + entries[entry_count - 1].at, 0,
	    good.len - entries[entry_count - 1].at);
}

static void
test_whole(void **state)
{
	struct left left;

	(void)state;
	unit_put(path, good.data, good.len);
	left = look();
	all_but(&left, 0);
	assert_true(left.index && left.manifest && left.schema);
	assert_int_equal(left.rows, SMALL_ROWS);
}

/* One bit, here and there: each part is whole unless it was in that. */
static void
test_flips(void **state)
{
	size_t i, k, e, step = 61;
	int indexed;

	(void)state;
	for (indexed = 0; indexed <= 1; indexed++)
		for (i = entries[1].at; i < good.len; i += step) {
			uint8_t *data = copy();
			struct left left;

			if (!indexed)
				spoil_index(data);
			data[i] ^= (uint8_t)(1u << (i % 8));
			unit_put(path, data, good.len);
			left = look();
			free(data);
			for (e = 1; e < entry_count; e++)
				if (i >= entries[e].at + TAR_BLOCK &&
				    i < entries[e].end)
					break;
			assert_int_equal(left.opens, e != 1);
			for (k = 1; left.opens && k <= SMALL_PARTS; k++)
				if (left.whole[k] != (e != FIRST_PART - 1 + k))
					fail_msg("byte %zu, part %zu", i, k);
		}
}

/* Each header by itself, gone. */
static void
test_headers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < entry_count - 1; i++) {
		uint8_t *data = copy();
		struct left left;

		spoil_index(data);
		memset(data + entries[i].at, 0, TAR_BLOCK);
		unit_put(path, data, good.len);
		left = look();
		free(data);
		all_but(&left, 0);
		assert_true(left.schema && left.globals && left.manifest);
	}
}

/* All headers from the second part on: only the seals tell. */
static void
test_seals(void **state)
{
	uint8_t *data = copy();
	struct left left;
	size_t i;

	(void)state;
	for (i = FIRST_PART + 1; i < entry_count; i++)
		memset(data + entries[i].at, 0, TAR_BLOCK);
	spoil_index(data);
	unit_put(path, data, good.len);
	left = look();
	free(data);
	assert_true(left.opens && left.whole[1] && left.whole[2]);
}

static void
test_cuts(void **state)
{
	size_t len, k;

	(void)state;
	for (len = 0; len < good.len; len += 97) {
		struct left left;

		unit_put(path, good.data, len);
		left = look();
		assert_int_equal(left.opens, len >= entries[1].end);
		for (k = 1; left.opens && k <= SMALL_PARTS; k++)
			assert_int_equal(left.whole[k],
			    len >= entries[FIRST_PART - 1 + k].end);
	}
}

/* Bytes that are gone from within, also no multiple of a block. */
static void
test_gaps(void **state)
{
	static const size_t gaps[] = { 1, 77, 512 };
	size_t at = entries[FIRST_PART].at + TAR_BLOCK + 10, i;

	(void)state;
	for (i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		uint8_t *data = copy();
		struct left left;

		memmove(
		    data + at, data + at + gaps[i], good.len - at - gaps[i]);
		unit_put(path, data, good.len - gaps[i]);
		left = look();
		free(data);
		assert_true(left.opens && !left.index);
		all_but(&left, 1);
	}
}

/* A sector that can't be read, in turn all of them. */
static void
test_bad_sectors(void **state)
{
	size_t k;

	(void)state;
	unit_put(path, good.data, good.len);
	for (bad_from = 0; bad_from < good.len; bad_from += TAR_BLOCK) {
		struct left left;

		bad_to = bad_from + TAR_BLOCK;
		left = look();
		for (k = 1; left.opens && k <= SMALL_PARTS; k++) {
			size_t e = FIRST_PART - 1 + k;

			assert_int_equal(left.whole[k],
			    !(bad_from < entries[e].end &&
				bad_to > entries[e].at + TAR_BLOCK));
		}
		assert_int_equal(left.opens,
		    bad_from == 0 ||
			(bad_from >= entries[1].at &&
			    !(bad_from < entries[1].end &&
				bad_to > entries[1].at + TAR_BLOCK)));
	}
	bad_from = bad_to = 0;
}

/* What was whole when it was looked at, and is not when it is loaded. */
static void
test_lost_late(void **state)
{
	struct err err = ERR_INIT;
	struct buf rows = { 0 };
	struct part part = { 0 };
	struct reader *r;
	struct source *source;
	struct left left = { 0 };

	(void)state;
	unit_put(path, good.data, good.len);
	r = reader_open_wreck(path, &err);
	assert_non_null(r);
	must(reader_unlock(r, &opening, &err));
	must(wreck_plan(reader_wreck(r), reader_catalog(r, NULL, &err), &err));
	look_at_parts(r, reader_wreck(r), &left);
	assert_int_equal(left.rows, SMALL_ROWS);
	bad_from = entries[FIRST_PART + 1].at + TAR_BLOCK;
	bad_to = bad_from + 1;
	must(reader_part(r, 2, &part, &err));
	bad_from = bad_to = 0;
	assert_int_equal(part.head.digest.rows, 0);
	assert_int_equal(part.head.final, 1);
	source = part_rows(&part);
	must(source_read_all(source, &rows, 1 << 20, &err));
	assert_int_equal(rows.len, 0);
	source_free(source);
	assert_int_equal(wreck_remains(reader_wreck(r))->tables[0].digest.rows,
	    SMALL_ROWS / 2);
	assert_int_equal(wreck_state(reader_wreck(r), 2)->state, WRECK_DAMAGED);
	buf_free(&rows);
	part_free(&part);
	reader_free(r);
}

/* The tar header of an entry that was never written. */
static void
forge(uint8_t *at, const char *name, uint64_t size, int64_t created)
{
	struct err err = ERR_INIT;
	struct buf block = { 0 };

	must(tar_head(name, size, created, &block, &err));
	memcpy(at, block.data, TAR_BLOCK);
	buf_free(&block);
}

static int64_t
created(void)
{
	struct err err = ERR_INIT;
	struct tar_entry entry;
	int64_t mtime;

	assert_int_equal(tar_parse_head(good.data, &entry, &mtime, &err), 1);
	return mtime;
}

/* Headers of any size and number, which are nothing's: neither time nor memory
 * is theirs to take, and what is authentic is found all the same. */
static void
test_hostile_headers(void **state)
{
	static const char *const names[] = { "data/99999999", "data/00000001",
		"catalog", "manifest", "lo/00000003" };
	static const uint64_t sizes[] = { UINT64_C(5) << 30, 0, 700,
		UINT64_C(077777777777) };
	size_t n = 3000, len = good.len + n * TAR_BLOCK, i;
	uint8_t *data = mem_zalloc(len);
	struct err err = ERR_INIT;
	struct finds finds = { 0 };
	struct blob *blob;
	struct left left;

	(void)state;
	memcpy(data, good.data, good.len);
	spoil_index(data);
	for (i = 0; i < n; i++)
		forge(data + good.len + i * TAR_BLOCK, names[i % 5],
		    sizes[i % 4], created());
	unit_put(path, data, len);
	blob = blob_open(path, &err);
	assert_non_null(blob);
	must(scan_file(blob, 0, created(), &finds, &err));
	assert_true(finds.count <= len / (2 * TAR_BLOCK) + 1);
	finds_free(&finds);
	blob_free(blob);
	left = look();
	free(data);
	all_but(&left, 0);
	assert_int_equal(left.rows, SMALL_ROWS);
}

/* Wherever headers stand that lead nowhere, and however close, what is read is
 * in proportion to the file. */
static void
test_sparse_headers(void **state)
{
	static const size_t gaps[] = { 2 * TAR_BLOCK, 5 << 10, 100 << 10,
		2 << 20 };
	size_t len = 5 << 20, i, at;
	struct err err = ERR_INIT;

	(void)state;
	for (i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		uint8_t *data = mem_zalloc(len);
		struct finds finds = { 0 };
		struct blob *blob;

		for (at = 0; at + TAR_BLOCK <= len; at += gaps[i])
			forge(data + at, "data/00000001", 1u << 20, created());
		unit_put(path, data, len);
		free(data);
		blob = blob_open(path, &err);
		assert_non_null(blob);
		bytes_read = 0;
		must(scan_file(blob, 0, created(), &finds, &err));
		assert_int_equal(finds.count, (len - TAR_BLOCK) / gaps[i] + 1);
		assert_true(bytes_read < 12 * (uint64_t)len);
		finds_free(&finds);
		blob_free(blob);
	}
}

/* A part's place within another's body: its own is what counts. */
static void
test_planted(void **state)
{
	uint8_t *data = copy();
	size_t at = entries[FIRST_PART].at, len;
	struct left left;

	(void)state;
	spoil_index(data);
	/* The second part's entry, under the first one's name. */
	len = entries[FIRST_PART + 1].end - entries[FIRST_PART + 1].at;
	memcpy(data + at, data + entries[FIRST_PART + 1].at, len);
	forge(data + at, "data/00000001",
	    entries[FIRST_PART + 1].end - entries[FIRST_PART + 1].at -
		TAR_BLOCK,
	    created());
	unit_put(path, data, good.len);
	left = look();
	free(data);
	all_but(&left, 1);
	assert_int_equal(left.rows, SMALL_ROWS / 2);
}

static int
begin(void **state)
{
	size_t at = 0;

	(void)state;
	small_keys_make(&keys);
	sealing.seal_key = keys.seal;
	opening.open_key = keys.open;
	small_make(&sealing, &good);
	path = unit_path(keys.folder, "wreck.cask");
	while (at < good.len) {
		struct err err = ERR_INIT;
		struct tar_entry e;
		int64_t mtime;

		if (tar_parse_head(good.data + at, &e, &mtime, &err) != 1)
			break;
		memcpy(entries[entry_count].name, e.name, sizeof(e.name));
		entries[entry_count].at = at;
		entries[entry_count++].end = at + TAR_BLOCK + e.size;
		at += TAR_BLOCK +
		    (e.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	return entry_count == FIRST_PART + SMALL_PARTS + 2 ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	free(path);
	buf_free(&good);
	small_keys_free(&keys);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_seals),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_bad_sectors),
		cmocka_unit_test(test_lost_late),
		cmocka_unit_test(test_hostile_headers),
		cmocka_unit_test(test_sparse_headers),
		cmocka_unit_test(test_planted),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
