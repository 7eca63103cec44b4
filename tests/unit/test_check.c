#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "job/proof/check.h"
#include "small_archive.h"
#include "storage/store.h"
#include "unit.h"

#define FIRST_PART (FORMAT_PARTS_AFTER + 1)

struct scene {
	struct small_keys keys;
	char *path;
	char *schema;
	size_t schema_len;
};

static int
set_up(void **state)
{
	struct scene *s = mem_zalloc(sizeof(*s));

	small_keys_make(&s->keys);
	s->path = unit_path(s->keys.folder, "a.cask");
	s->schema = unit_data("schema-1.16.dump", &s->schema_len);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *s = *state;

	small_keys_free(&s->keys);
	free(s->path);
	free(s->schema);
	free(s);
	return 0;
}

/* An archive whose first part's head tells that lie. */
static void
write_archive(struct scene *s, enum small_lie lie)
{
	struct small_shape shape = { s->schema, s->schema_len, lie };
	struct sealing sealing = { .seal_key = s->keys.seal };
	struct err err = ERR_INIT;

	must(small_write_shape(
	    &sealing, &shape, file_replace(s->path, &err), &err));
}

/* Change one byte of the entry, ${from_end} before the end of its body; those
 * before it are good. */
static void
flip(struct scene *s, uint64_t entry, size_t from_end)
{
	struct err err = ERR_INIT;
	struct reader *r = reader_open_file(s->path, &err);
	struct buf buf = { 0 };
	uint64_t i, end = 0, size = 0;
	size_t len;
	char *data;

	assert_non_null(r);
	must(reader_trust(r, NULL, &err));
	for (i = 0; i <= entry; i++) {
		must(reader_check_entry(r, i, &buf, &size, &err));
		end += (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	end -= (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
	reader_free(r);
	buf_free(&buf);
	data = unit_get(s->path, &len);
	data[end - from_end] ^= 1;
	unit_put(s->path, data, len);
	free(data);
}

static int
check(struct scene *s, enum check_depth depth, const uint8_t *chosen,
    struct check_result *result, struct err *err)
{
	struct check_opts opts = {
		.depth = depth, .chosen = chosen, .jobs = 2
	};
	struct opening opening = { .open_key = s->keys.open };
	struct reader *r = reader_open_file(s->path, err);
	int rc = -1;

	assert_non_null(r);
	if ((depth == CHECK_DATA ? reader_unlock(r, &opening, err)
				 : reader_trust(r, NULL, err)) == 0)
		rc = check_run(r, &opts, result, err);
	reader_free(r);
	return rc;
}

/* That a part holds what ${what} says. */
static void
holds(const struct scene *s, uint64_t part, const char *what)
{
	struct opening opening = { .open_key = s->keys.open };
	struct err err = ERR_INIT;
	struct reader *r = reader_open_file(s->path, &err);
	char *text;

	assert_non_null(r);
	must(reader_unlock(r, &opening, &err));
	text = check_holds(r, part, &err);
	assert_string_equal(text, what);
	assert_null(check_holds(r, 99, &err));
	free(text);
	reader_free(r);
}

static void
test_good(void **state)
{
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;

	write_archive(s, SMALL_TRUE);
	must(check(s, CHECK_HASHES, NULL, &result, &err));
	assert_int_equal(result.parts, 2);
	assert_int_equal(result.all_parts, 2);
	assert_int_equal(result.entries, FORMAT_PARTS_AFTER + 1 + 2 + 1);
	assert_int_equal(result.rows, 0);
	must(check(s, CHECK_DATA, NULL, &result, &err));
	assert_int_equal(result.parts, 2);
	assert_int_equal(result.rows, SMALL_ROWS);
	assert_true(result.bytes > 0);
}

/* What its writer got wrong, and sealed, hashed and signed, only the rows
 * tell. */
static void
test_lies(void **state)
{
	static const char *const says[] = { [SMALL_ROW_COUNT] = "20 rows",
		[SMALL_DIGEST] = "another digest",
		[SMALL_BYTES] = "part 1" };
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;
	int lie;

	for (lie = SMALL_ROW_COUNT; lie <= SMALL_BYTES; lie++) {
		write_archive(s, (enum small_lie)lie);
		must(check(s, CHECK_HASHES, NULL, &result, &err));
		refused(check(s, CHECK_DATA, NULL, &result, &err), ERR_DAMAGED);
		mentions(err.msg, says[lie]);
		mentions(err.msg, "part 1");
		assert_int_equal(result.bad_part, 1);
		assert_int_equal(result.bad_entry, FIRST_PART);
	}
}

/* Each entry's damage is found without a key, and that of the first is what is
 * told, whichever thread finds which. */
static void
test_first_bad(void **state)
{
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;
	uint64_t entry, last = FIRST_PART + 2;
	char place[32];

	for (entry = last; entry > 0; entry--) {
		write_archive(s, SMALL_TRUE);
		if (entry < last)
			flip(s, last, 1);
		flip(s, entry, 1);
		refused(
		    check(s, CHECK_HASHES, NULL, &result, &err), ERR_DAMAGED);
		(void)snprintf(place, sizeof(place), "entry %d", (int)entry);
		mentions(err.msg, place);
		assert_int_equal(result.bad_entry, entry);
		assert_int_equal(result.bad_part,
		    entry < FIRST_PART || entry == last
			? 0
			: entry - FIRST_PART + 1);
	}
	write_archive(s, SMALL_TRUE);
	flip(s, FIRST_PART + 1, 1);
	refused(check(s, CHECK_DATA, NULL, &result, &err), ERR_DAMAGED);
	assert_int_equal(result.bad_part, 2);
	holds(s, 2, "20 of the 40 rows of public.orders");
}

/* Parts that are not chosen are not read; all else is. */
static void
test_chosen(void **state)
{
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;
	uint8_t second[] = { 0, 1 }, first[] = { 1, 0 };

	write_archive(s, SMALL_TRUE);
	flip(s, FIRST_PART, 1);
	must(check(s, CHECK_HASHES, second, &result, &err));
	assert_int_equal(result.parts, 1);
	must(check(s, CHECK_DATA, second, &result, &err));
	assert_int_equal(result.rows, SMALL_ROWS / 2);
	refused(check(s, CHECK_HASHES, first, &result, &err), ERR_DAMAGED);
	flip(s, FORMAT_CATALOG_AT, 1);
	refused(check(s, CHECK_HASHES, second, &result, &err), ERR_DAMAGED);
	refused(check(s, CHECK_DATA, second, &result, &err), ERR_DAMAGED);
}

/* A schema that is no table of contents. */
static void
test_schema(void **state)
{
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;

	s->schema[0] ^= 1;
	write_archive(s, SMALL_TRUE);
	must(check(s, CHECK_HASHES, NULL, &result, &err));
	refused(check(s, CHECK_DATA, NULL, &result, &err), ERR_DAMAGED);
	mentions(err.msg, FORMAT_SCHEMA);
}

/* Entries put one behind the other, where they lie in a file. */
struct giant {
	int fd;
	struct index index;
	int64_t created;
};

/* An entry of ${size} bytes, ${body} or else a hole. */
static void
put_entry(
    struct giant *g, const char *name, const struct buf *body, uint64_t size)
{
	static const uint8_t zeros[1u << 20];
	uint64_t len = (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK, done,
		 now;
	struct hash *hash = hash_new();
	struct buf head = { 0 };
	struct err err = ERR_INIT;
	uint8_t sum[HASH_SIZE];
	off_t at = (off_t)g->index.offset;

	must(tar_head(name, size, g->created, &head, &err));
	hash_add(hash, head.data, head.len);
	assert_int_equal(
	    pwrite(g->fd, head.data, head.len, at), (ssize_t)head.len);
	done = 0;
	if (body != NULL) {
		assert_int_equal(
		    pwrite(g->fd, body->data, body->len, at + TAR_BLOCK),
		    (ssize_t)body->len);
		hash_add(hash, body->data, body->len);
		done = body->len;
	}
	for (; done < len; done += now) {
		now = len - done < sizeof(zeros) ? len - done : sizeof(zeros);
		hash_add(hash, zeros, (size_t)now);
	}
	hash_end(hash, sum);
	index_add(&g->index, TAR_BLOCK + len, sum);
	buf_free(&head);
	hash_free(hash);
}

/* An archive that anybody can make and sign with a key of their own, with one
 * entry of that size: a hole. */
static void
write_giant(struct scene *s, uint64_t size)
{
	struct sealing sealing = { .seal_key = s->keys.seal };
	struct archive_keys *keys = NULL;
	struct err err = ERR_INIT;
	struct header *header =
	    header_make(&sealing, CONTENTS_WHOLE, 1795140900, &keys, &err);
	struct giant g = { .fd =
			       open(s->path, O_RDWR | O_CREAT | O_TRUNC, 0600),
		.created = 1795140900 };
	struct buf body = { 0 };

	assert_true(header != NULL && g.fd >= 0);
	must(header_dump(header, &body, &err));
	put_entry(&g, FORMAT_HEADER, &body, body.len);
	put_entry(&g, FORMAT_CATALOG, NULL, 1);
	put_entry(&g, FORMAT_SCHEMA, NULL, 1);
	put_entry(&g, FORMAT_GLOBALS, NULL, 1);
	put_entry(&g, "data/00000001", NULL, size);
	put_entry(&g, FORMAT_MANIFEST, NULL, 1);
	body.len = 0;
	must(index_dump(&g.index, header->id, &sealing, keys, &body, &err));
	put_entry(&g, FORMAT_INDEX, &body, body.len);
	assert_int_equal(ftruncate(g.fd, (off_t)g.index.offset + TAR_END), 0);
	assert_int_equal(close(g.fd), 0);
	free(g.index.records);
	buf_free(&body);
	header_free(header);
	archive_keys_free(keys);
}

static long
resident(void)
{
	struct rusage used;

	assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
	return used.ru_maxrss;
}

/* Who has no key trusts no size: an entry is not held to be hashed. */
static void
test_giant_entry(void **state)
{
	static const uint64_t size = (UINT64_C(192) << 20) + 7;
	struct scene *s = *state;
	struct check_result result;
	struct err err = ERR_INIT;
	long before;
	int fd;

	write_giant(s, size);
	before = resident();
	must(check(s, CHECK_HASHES, NULL, &result, &err));
	assert_int_equal(result.parts, 1);
	assert_true(result.size > size);
	assert_true(resident() - before < 16 << 10);
	/* And all of it is hashed. */
	fd = open(s->path, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)size), 1);
	assert_int_equal(close(fd), 0);
	refused(check(s, CHECK_HASHES, NULL, &result, &err), ERR_DAMAGED);
	mentions(err.msg, "entry 4");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_first_bad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chosen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schema, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_giant_entry, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
