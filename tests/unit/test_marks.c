#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/proof/marks.h"
#include "small_archive.h"
#include "storage/store.h"
#include "unit.h"

/* A small archive in a file, its index read. */
struct scene {
	struct small_keys keys;
	char *path;
	struct reader *reader;
};

static int
set_up(void **state)
{
	struct scene *s = mem_zalloc(sizeof(*s));
	struct err err = ERR_INIT;
	struct sealing sealing = { 0 };

	small_keys_make(&s->keys);
	sealing.seal_key = s->keys.seal;
	s->path = unit_path(s->keys.folder, "a.cask");
	must(small_write(&sealing, file_create(s->path, &err), &err));
	s->reader = reader_open_file(s->path, &err);
	assert_non_null(s->reader);
	must(reader_trust(s->reader, s->keys.seal->signer, &err));
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *s = *state;

	reader_free(s->reader);
	small_keys_free(&s->keys);
	free(s->path);
	free(s);
	return 0;
}

static uint64_t
count(const uint8_t *chosen)
{
	uint64_t i, n = 0;

	for (i = 0; i < SMALL_PARTS; i++)
		n += chosen[i];
	return n;
}

/* One third each time: after three samples all have been checked. */
static void
test_rounds(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	uint64_t i, round;

	for (round = 0; round < 3; round++) {
		for (i = 1; i <= SMALL_PARTS; i++) {
			struct marks *m = marks_load(s->path, s->reader);
			uint8_t *chosen = marks_choose(m, CHECK_HASHES, 0.3);

			assert_int_equal(count(chosen), 1);
			marks_note(m, CHECK_HASHES, chosen);
			assert_int_equal(marks_count(m, CHECK_HASHES), i);
			assert_int_equal(marks_count(m, CHECK_DATA), 0);
			must(marks_save(m, s->path, &err));
			marks_free(m);
			free(chosen);
		}
	}
}

/* The last of a round is filled up from those already done. */
static void
test_shares(void **state)
{
	struct scene *s = *state;
	struct marks *m = marks_load(s->path, s->reader);
	uint8_t *chosen = marks_choose(m, CHECK_DATA, 0.5);

	assert_int_equal(count(chosen), 2);
	marks_note(m, CHECK_DATA, chosen);
	/* Who reads the data hashes it. */
	assert_int_equal(marks_count(m, CHECK_HASHES), 2);
	free(chosen);
	chosen = marks_choose(m, CHECK_DATA, 0.5);
	assert_int_equal(count(chosen), 2);
	marks_note(m, CHECK_DATA, chosen);
	assert_int_equal(marks_count(m, CHECK_DATA), SMALL_PARTS);
	free(chosen);
	chosen = marks_choose(m, CHECK_DATA, 1);
	assert_int_equal(count(chosen), SMALL_PARTS);
	free(chosen);
	marks_note(m, CHECK_DATA, NULL);
	assert_int_equal(marks_count(m, CHECK_DATA), SMALL_PARTS);
	marks_free(m);
}

static void
test_faults(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	struct marks *m = marks_load(s->path, s->reader);

	assert_null(marks_peek(s->path));
	marks_fault(m, CHECK_DATA, 2, "entry 4 is \"bad\"");
	assert_int_equal(marks_count(m, CHECK_DATA), 0);
	must(marks_save(m, s->path, &err));
	marks_free(m);
	m = marks_peek(s->path);
	assert_non_null(m);
	assert_string_equal(m->fault, "entry 4 is \"bad\"");
	assert_int_equal(m->depth, CHECK_DATA);
	assert_true(m->checked > 0);
	marks_free(m);
	m = marks_load(s->path, s->reader);
	assert_int_equal(m->bad[1], 1 + CHECK_DATA);
	assert_int_equal(m->bad_any, 0);
	marks_free(m);
}

/* What was found bad is bad until somebody looked there again as deep. */
static void
test_faults_last(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	struct marks *m = marks_load(s->path, s->reader);
	uint8_t others[SMALL_PARTS] = { 1, 0, 1 },
		it[SMALL_PARTS] = { 0, 1, 0 };
	uint8_t *chosen;
	int i;

	marks_fault(m, CHECK_DATA, 2, "bad rows");
	must(marks_save(m, s->path, &err));
	marks_free(m);
	m = marks_load(s->path, s->reader);
	marks_note(m, CHECK_DATA, others);
	assert_string_equal(m->fault, "bad rows");
	marks_note(m, CHECK_HASHES, NULL);
	assert_string_equal(m->fault, "bad rows");
	assert_int_equal(m->depth, CHECK_HASHES);
	/* And a sample looks there. */
	for (i = 0; i < 20; i++) {
		chosen = marks_choose(m, CHECK_DATA, 0.01);
		assert_true(chosen[1]);
		free(chosen);
	}
	must(marks_save(m, s->path, &err));
	marks_free(m);
	m = marks_load(s->path, s->reader);
	assert_string_equal(m->fault, "bad rows");
	/* Another fault besides. */
	marks_fault(m, CHECK_HASHES, 0, "bad catalog");
	marks_note(m, CHECK_DATA, it);
	assert_string_equal(m->fault, "bad catalog");
	marks_note(m, CHECK_HASHES, others);
	assert_non_null(m->fault);
	marks_note(m, CHECK_HASHES, NULL);
	assert_null(m->fault);
	marks_free(m);
}

static void
put_file(const struct scene *s, const char *text)
{
	struct err err = ERR_INIT;
	char *path = mem_printf("%s.check.json", s->path);
	struct sink *sink = file_replace(path, &err);

	must(sink_write(sink, text, strlen(text), &err));
	must(sink_finish(sink, &err));
	sink_free(sink);
	free(path);
}

/* Nothing that the file holds is believed unless all of it makes sense. */
static void
test_strange(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}",
		"{\"root\": \"00\"}" };
	struct scene *s = *state;
	struct err err = ERR_INIT;
	struct marks *m;
	struct buf text = { 0 };
	char hex[2 * HASH_SIZE + 1];
	static const char *const ranges[] = { "4", "0", "2-1", "1-9", "x", "1-",
		"-1", "1,,9", "99999999999999999999" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file(s, texts[i]);
		m = marks_load(s->path, s->reader);
		assert_int_equal(m->checked, 0);
		/* It may have told of a fault. */
		assert_int_equal(m->unread, 1);
		marks_free(m);
		assert_null(marks_peek(s->path));
		assert_int_equal(marks_last(s->path, &m, &err), -1);
		err = (struct err)ERR_INIT;
	}
	for (i = 0; i < HASH_SIZE; i++)
		(void)snprintf(
		    hex + 2 * i, 3, "%02x", reader_root(s->reader)[i]);
	for (i = 0; i <= sizeof(ranges) / sizeof(ranges[0]); i++) {
		int good = i == sizeof(ranges) / sizeof(ranges[0]);

		text.len = 0;
		buf_printf(&text,
		    "{\"root\":\"%s\",\"at\":\"2026-11-20T02:15:00Z\","
		    "\"depth\":\"data\",\"fault\":null,"
		    "\"done\":{\"hashes\":\"\",\"data\":\"%s\"}}",
		    hex, good ? "1,3" : ranges[i]);
		put_file(s, buf_text(&text));
		m = marks_load(s->path, s->reader);
		assert_int_equal(m->unread, !good);
		assert_int_equal(marks_count(m, CHECK_DATA), good ? 2 : 0);
		assert_int_equal(m->checked != 0, good);
		marks_free(m);
	}
	/* Of an archive that was there before. */
	hex[0] = hex[0] == '0' ? '1' : '0';
	text.len = 0;
	buf_printf(&text,
	    "{\"root\":\"%s\",\"at\":\"2026-11-20T02:15:00Z\","
	    "\"depth\":\"data\",\"fault\":null,"
	    "\"done\":{\"hashes\":\"\",\"data\":\"1-3\"}}",
	    hex);
	put_file(s, buf_text(&text));
	m = marks_load(s->path, s->reader);
	assert_int_equal(marks_count(m, CHECK_DATA), 0);
	assert_null(m->fault);
	marks_free(m);
	assert_int_equal(marks_last(s->path, &m, &err), 0);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shares, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_faults_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_strange, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
