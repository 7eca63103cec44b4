#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	uint64_t i, end = 0;
	size_t len;
	char *data;

	assert_non_null(r);
	must(reader_trust(r, NULL, &err));
	for (i = 0; i <= entry; i++) {
		must(reader_check_entry(r, i, &buf, &err));
		end += (buf.len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	end -= (TAR_BLOCK - buf.len % TAR_BLOCK) % TAR_BLOCK;
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
		mentions(err.msg, "public.orders");
		mentions(err.msg, "part 1");
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
	}
	write_archive(s, SMALL_TRUE);
	flip(s, FIRST_PART + 1, 1);
	refused(check(s, CHECK_DATA, NULL, &result, &err), ERR_DAMAGED);
	mentions(err.msg, "20 of the 40 rows of public.orders");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
