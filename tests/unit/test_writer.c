#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "small_archive.h"
#include "unit.h"

/* What test_archive.c does not: many threads at one writer. */

static struct small_keys keys;
static struct sealing sealing;

/* Parts are handed over in any order, and written in theirs. */
#define CROWD 4
#define EACH 50

struct crowd {
	struct writer *writer;
	int failed;
};

static void *
hand_over(void *arg)
{
	struct crowd *crowd = arg;
	struct err err = ERR_INIT;

	for (int i = 0; i < EACH; i++) {
		struct buf sealed = { 0 };
		uint64_t number = writer_ticket(crowd->writer);
		char name[TAR_NAME_MAX + 1];

		format_part_name(number, PART_ROWS, name);
		if (buf_add(&sealed, name, strlen(name), &err) != 0 ||
		    writer_part(crowd->writer, number, name, &sealed, &err) !=
			0)
			crowd->failed = 1;
		buf_free(&sealed);
	}
	return NULL;
}

static void
test_crowd(void **state)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 }, doc = { 0 };
	struct archive_keys *secret;
	struct header *header =
	    header_make(&sealing, CONTENTS_WHOLE, 0, &secret, &err);
	struct writer *w =
	    writer_new(sink_to_buf(&out), &sealing, header, secret, &err);
	struct crowd crowd = { w, 0 };
	struct manifest *m = manifest_new(0);
	pthread_t threads[CROWD];
	const uint8_t *at;
	char name[TAR_NAME_MAX + 1];

	(void)state;
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, hand_over, &crowd), 0);
	must(writer_open(w, 1, &doc, &doc, &doc, &err));
	for (int i = 0; i < CROWD; i++)
		(void)pthread_join(threads[i], NULL);
	must(writer_finish(w, 1, m, &err));
	assert_int_equal(crowd.failed, 0);
	at = out.data;
	for (uint64_t n = 1; n <= CROWD * EACH; n++) {
		format_part_name(n, PART_ROWS, name);
		at = memmem(
		    at, out.len - (size_t)(at - out.data), name, strlen(name));
		assert_non_null(at);
	}
	writer_free(w);
	manifest_free(m);
	buf_free(&out);
}

/* More than may wait: sooner or later the thread is held. */
static void *
hand_over_too_much(void *arg)
{
	struct crowd *crowd = arg;
	struct err err = ERR_INIT;

	for (int i = 0; i < 100 && !crowd->failed; i++) {
		struct buf sealed = { 0 };
		uint64_t number = writer_ticket(crowd->writer);
		char name[TAR_NAME_MAX + 1];

		format_part_name(number, PART_ROWS, name);
		if (buf_reserve(&sealed, 1u << 20, &err) != 0)
			return NULL;
		sealed.len = 1u << 20;
		memset(sealed.data, 0, sealed.len);
		crowd->failed = writer_part(crowd->writer, number, name,
				    &sealed, &err) != 0;
		buf_free(&sealed);
	}
	return NULL;
}

/* Threads that are held in the writer leave it when it is failed. */
static void
test_given_up(void **state)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	struct archive_keys *secret;
	struct header *header =
	    header_make(&sealing, CONTENTS_WHOLE, 0, &secret, &err);
	struct writer *w =
	    writer_new(sink_to_buf(&out), &sealing, header, secret, &err);
	struct crowd crowd = { w, 0 };
	pthread_t thread;

	(void)state;
	/* Never opened: nothing is written, and a number is missing. */
	(void)writer_ticket(w);
	assert_int_equal(
	    pthread_create(&thread, NULL, hand_over_too_much, &crowd), 0);
	writer_fail(w);
	(void)pthread_join(thread, NULL);
	assert_int_equal(crowd.failed, 1);
	writer_free(w);
	buf_free(&out);
}

static int
set_up(void **state)
{
	(void)state;
	small_keys_make(&keys);
	sealing.seal_key = keys.seal;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	small_keys_free(&keys);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
