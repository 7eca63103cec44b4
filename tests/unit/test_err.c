#include <errno.h>
#include <string.h>

#include "unit.h"

static void
test_set(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	assert_int_equal(err_status(&err), 0);
	(void)strcpy(err.sqlstate, "42P01");
	(void)strcpy(err.hint, "old");
	err.sysno = 5;
	assert_int_equal(err_set(&err, ERR_KEY, "no %s, %d", "key", 7), -1);
	assert_int_equal(err.kind, ERR_KEY);
	assert_string_equal(err.msg, "no key, 7");
	assert_string_equal(err.hint, "");
	assert_string_equal(err.sqlstate, "");
	assert_int_equal(err.sysno, 0);
	assert_int_equal(err_status(&err), 7);
}

static void
test_sys(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	errno = ENOENT;
	assert_int_equal(err_sys(&err, ERR_STORAGE, "cannot open %s", "x"), -1);
	assert_string_equal(
	    err.msg, "cannot open x: No such file or directory");
	assert_int_equal(err.sysno, ENOENT);
	assert_int_equal(err_status(&err), 5);
}

static void
test_wrap(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)err_set(&err, ERR_DB, "inner");
	(void)err_hint(&err, "do this");
	assert_int_equal(err_wrap(&err, "table %s", "a.b"), -1);
	assert_string_equal(err.msg, "table a.b: inner");
	(void)err_wrap(&err, "restore");
	assert_string_equal(err.msg, "restore: table a.b: inner");
	assert_string_equal(err.hint, "do this");
	assert_int_equal(err.kind, ERR_DB);
}

static void
test_hint_is_set_once(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)err_set(&err, ERR_DB, "x");
	assert_int_equal(err_hint(&err, "first %d", 1), -1);
	(void)err_hint(&err, "second");
	assert_string_equal(err.hint, "first 1");
}

/* Whatever the lengths, there is text with an end, and nothing beyond. */
static void
test_overlong(void **unused)
{
	struct {
		struct err err;
		char guard[8];
	} place = { ERR_INIT, "guarded" };
	size_t room = sizeof(place.err.msg);
	char text[4000];

	(void)unused;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (size_t len = room - 20; len < room + 20; len++) {
		(void)err_set(&place.err, ERR_FAIL, "%.*s", (int)len, text);
		assert_int_equal(
		    strlen(place.err.msg), len < room ? len : room - 1);
		(void)err_wrap(&place.err, "context");
		assert_true(strlen(place.err.msg) < room);
		assert_int_equal(strncmp(place.err.msg, "context: xxx", 12), 0);
		errno = EIO;
		(void)err_sys(&place.err, ERR_FAIL, "%.*s", (int)len, text);
		assert_true(strlen(place.err.msg) < room);
	}
	for (size_t len = room - 8; len < room + 8; len++) {
		(void)err_set(&place.err, ERR_FAIL, "inner");
		(void)err_wrap(&place.err, "%.*s", (int)len, text);
		assert_true(strlen(place.err.msg) < room);
	}
	(void)err_hint(&place.err, "%s", text);
	assert_true(strlen(place.err.hint) < sizeof(place.err.hint));
	assert_string_equal(place.guard, "guarded");
}

static void
test_status(void **unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)err_set(&err, ERR_INTERRUPT, "stopped");
	err.signo = 15;
	assert_int_equal(err_status(&err), 143);
	(void)err_set(&err, ERR_ABSENT, "none");
	assert_int_equal(err_status(&err), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_sys),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_hint_is_set_once),
		cmocka_unit_test(test_overlong),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
