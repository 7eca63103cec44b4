#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "job/view/cat.h"
#include "small_archive.h"
#include "unit.h"

#define TABLES 8

static char encoding[] = "LATIN1";
static struct catalog cat;

static int
set_up(void **state)
{
	static const char *const names[TABLES][2] = {
		{ "public", "users" },
		{ "audit", "users" },
		{ "public", "My \"T\".x" },
		{ "a.b", "c" },
		{ "a", "b.d" },
		{ "public", "Orders" },
		{ "public", "items" },
		{ "public", "café" },
	};
	size_t i;

	(void)state;
	cat.encoding = encoding;
	cat.table_count = TABLES;
	cat.tables = mem_zalloc(TABLES * sizeof(*cat.tables));
	for (i = 0; i < TABLES; i++) {
		cat.tables[i].schema = mem_strdup(names[i][0]);
		cat.tables[i].name = mem_strdup(names[i][1]);
	}
	return 0;
}

static int
tear_down(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TABLES; i++) {
		free(cat.tables[i].schema);
		free(cat.tables[i].name);
	}
	free(cat.tables);
	return 0;
}

static void
test_found(void **state)
{
	static const struct {
		const char *text;
		int at;
	} cases[] = {
		{ "public.users", 0 },
		{ "audit.users", 1 },
		{ "AUDIT.Users", 1 },
		{ "\"audit\".users", 1 },
		{ "public.My \"T\".x", 2 },
		{ "My \"T\".x", 2 },
		{ "\"My \"\"T\"\".x\"", 2 },
		{ "PUBLIC.\"My \"\"T\"\".x\"", 2 },
		{ "a.b.c", 3 },
		{ "\"a.b\".c", 3 },
		{ "a.b.d", 4 },
		{ "a.\"b.d\"", 4 },
		{ "Orders", 5 },
		{ "\"Orders\"", 5 },
		{ "items", 6 },
		{ "ITEMS", 6 },
		{ "public.café", 7 },
		{ "\"café\"", 7 },
		/* In the database's encoding. */
		{ "public.caf\xE9", 7 },
	};
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int at = cat_find_table(&cat, cases[i].text, &err);

		if (at != cases[i].at)
			fail_msg("%s: %d: %s", cases[i].text, at, err.msg);
	}
}

static void
test_not_found(void **state)
{
	static const char *const texts[] = { "", ".", "x.users", "orders",
		"\"ITEMS\"", "public.", ".users", "\"", "\"users", "\"\"",
		"public.users.x", "users\"", "public.\"users\"x" };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(cat_find_table(&cat, texts[i], &err), ERR_USAGE);
	refused(cat_find_table(&cat, "public.user", &err), ERR_USAGE);
	mentions(err.msg, "did you mean \"public.users\"");
	refused(cat_find_table(&cat, "itmes", &err), ERR_USAGE);
	mentions(err.msg, "did you mean \"items\"");
}

static void
test_ambiguous(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	refused(cat_find_table(&cat, "users", &err), ERR_USAGE);
	mentions(err.msg, "public.users, audit.users");
	refused(cat_find_table(&cat, "USERS", &err), ERR_USAGE);
	mentions(err.msg, "public.users, audit.users");
}

static int
stopped(void *arg)
{
	struct small_keys *keys = arg;
	struct opening opening = { .open_key = keys->open };
	char *path = unit_path(keys->folder, "a.cask");
	struct err err = ERR_INIT;
	struct reader *reader;
	struct buf out = { 0 };

	if (stop_begin(&err) != 0)
		return 1;
	reader = reader_open_file(path, &err);
	if (reader == NULL || reader_unlock(reader, &opening, &err) != 0)
		return 2;
	(void)kill(getpid(), SIGTERM);
	while (stop_signal() == 0)
		(void)usleep(1000);
	if (cat_run(reader, "orders", sink_to_buf(&out), 0, &err) != -1)
		return 3;
	return err_status(&err) == 128 + SIGTERM ? 0 : 4;
}

/* From a file into a file, where nothing is waited for. */
static void
test_stopped(void **state)
{
	struct small_keys keys;
	struct sealing sealing;
	struct buf data = { 0 };
	char *path;

	(void)state;
	small_keys_make(&keys);
	sealing = (struct sealing){ .seal_key = keys.seal };
	small_make(&sealing, &data);
	path = unit_path(keys.folder, "a.cask");
	unit_put(path, data.data, data.len);
	assert_int_equal(unit_forked(stopped, &keys), 0);
	free(path);
	buf_free(&data);
	small_keys_free(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
