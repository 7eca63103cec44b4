#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/stop.h"
#include "base/wall.h"
#include "unit.h"

static int
shell(const char *script, const char *const *env, size_t max, struct buf *out,
    struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", script, "sh", "an arg",
		NULL };
	struct child_opts opts = { argv, env, max };

	return child_run(&opts, out, err);
}

static void
prints(const char *script, const char *const *env, const char *expected)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	must(shell(script, env, 1000000, &out, &err));
	buf_puts(&out, "");
	assert_string_equal(buf_text(&out), expected);
	buf_free(&out);
}

static void
fails(const char *script, const char *says)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	refused(shell(script, NULL, 1000000, &out, &err), ERR_FAIL);
	mentions(err.msg, "/bin/sh");
	mentions(err.msg, says);
	buf_free(&out);
}

static void
test_output(void **unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	prints("echo hello", NULL, "hello\n");
	prints("echo \"$1\"", NULL, "an arg\n");
	prints("true", NULL, "");
	prints("echo noise >&2; echo text", NULL, "text\n");
	/* It is appended. */
	buf_puts(&out, "one ");
	must(shell("printf two", NULL, 3, &out, &err));
	assert_int_equal(out.len, 7);
	assert_memory_equal(out.data, "one two", 7);
	buf_free(&out);
}

static void
test_status(void **unused)
{
	(void)unused;
	fails("exit 3", "status 3");
	fails("echo why >&2; exit 1", "why");
	fails("kill -9 $$", "signal 9");
	fails("echo last words >&2; kill -15 $$", "last words");
	/* Output does not excuse a failure. */
	fails("echo fine; exit 1", "status 1");
}

/* What failed is said first, and what came of it last: of a long query between
 * them nothing is lost that matters. */
static void
test_one_screen(void **unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	const char *at;
	size_t lines = 1;

	(void)unused;
	refused(shell("echo what failed >&2; i=0; while [ $i -lt 40 ]; do "
		      "echo column $i >&2; i=$((i+1)); done; "
		      "printf '%02000d\\n' 7 >&2; echo the end >&2; exit 1",
		    NULL, 100, &out, &err),
	    ERR_FAIL);
	mentions(err.msg, "what failed\ncolumn 0\n");
	mentions(err.msg, "column 3\n[33 lines more]\ncolumn 37\n");
	mentions(err.msg, "0 ...\nthe end");
	for (at = err.msg; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 11);
	buf_free(&out);
}

/* Of a long lament the end counts. */
static void
test_last_words(void **unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	refused(shell("echo first >&2; i=0; while [ $i -lt 5000 ]; do "
		      "echo line $i >&2; i=$((i+1)); done; "
		      "echo the end >&2; exit 1",
		    NULL, 100, &out, &err),
	    ERR_FAIL);
	mentions(err.msg, "the end");
	assert_null(strstr(err.msg, "first"));
	assert_int_not_equal(err.msg[strlen(err.msg) - 1], '\n');
	buf_free(&out);
}

/* Both pipes full at once must not stop either. */
static void
test_both_pipes(void **unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	must(shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; "
		   "head -c 300000 /dev/zero >&2",
	    NULL, 300000, &out, &err));
	assert_int_equal(out.len, 300000);
	buf_free(&out);
}

static void
test_too_much_output(void **unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	double began = wall_seconds();

	(void)unused;
	must(shell("printf 12345", NULL, 5, &out, &err));
	refused(shell("printf 123456", NULL, 5, &out, &err), ERR_FAIL);
	mentions(err.msg, "5 bytes");
	/* One that would never end is not waited for. */
	refused(
	    shell("exec cat /dev/zero", NULL, 100000, &out, &err), ERR_FAIL);
	refused(shell("echo too much; exec sleep 600", NULL, 3, &out, &err),
	    ERR_FAIL);
	assert_true(wall_seconds() - began < 300);
	buf_free(&out);
}

static void
test_environment(void **unused)
{
	static const char *const env[] = { "PGCASK_A=new", "PGCASK_AB=2",
		"PGCASK_C=x=y", NULL };

	(void)unused;
	assert_int_equal(setenv("PGCASK_A", "old", 1), 0);
	assert_int_equal(setenv("PGCASK_ABC", "kept", 1), 0);
	prints("echo $PGCASK_A,$PGCASK_AB,$PGCASK_ABC,$PGCASK_C", env,
	    "new,2,kept,x=y\n");
	prints("echo $PGCASK_A,$PGCASK_AB", NULL, "old,\n");
	assert_string_equal(getenv("PGCASK_A"), "old");
	assert_int_equal(unsetenv("PGCASK_A"), 0);
	assert_int_equal(unsetenv("PGCASK_ABC"), 0);
}

static void
test_not_a_program(void **unused)
{
	static const char *const none[] = { "/nonexistent/pg_dump", NULL };
	static const char *const data[] = { "/etc/passwd", NULL };
	struct child_opts opts = { none, NULL, 10 };
	struct err err = ERR_INIT;
	struct buf out = { 0 };

	(void)unused;
	refused(child_run(&opts, &out, &err), ERR_FAIL);
	assert_int_equal(err.sysno, ENOENT);
	mentions(err.msg, "/nonexistent/pg_dump");
	opts.argv = data;
	refused(child_run(&opts, &out, &err), ERR_FAIL);
	assert_int_equal(err.sysno, EACCES);
}

/* What it inherits: nothing to read, the signals as a shell would give them,
 * and no descriptor of ours. */
static void
test_surroundings(void **unused)
{
	sigset_t set, before;
	char count[16];

	(void)unused;
	prints("cat", NULL, "");
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
	fails("kill -15 $$; sleep 600", "signal 15");
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	fails("kill -13 $$", "signal 13");
	(void)signal(SIGPIPE, SIG_DFL);
	/* Both counts include the descriptor that reads the folder. */
	(void)snprintf(
	    count, sizeof(count), "%d\n", unit_count("/proc/self/fd"));
	prints("ls /proc/self/fd | wc -l", NULL, count);
}

static void *
stop_soon(void *unused)
{
	(void)usleep(100000);
	(void)kill(getpid(), SIGTERM);
	return unused;
}

static int
stopped_while_running(void *unused)
{
	struct err err = ERR_INIT;
	struct buf out = { 0 };
	double began = wall_seconds();
	pthread_t thread;

	(void)unused;
	if (stop_begin(&err) != 0 ||
	    pthread_create(&thread, NULL, stop_soon, NULL) != 0)
		return 1;
	if (shell("exec sleep 600", NULL, 10, &out, &err) != -1)
		return 2;
	if (err.kind != ERR_INTERRUPT || err.signo != SIGTERM)
		return 3;
	(void)pthread_join(thread, NULL);
	return wall_seconds() - began < 300 ? 0 : 4;
}

static void
test_stop_ends_it(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(stopped_while_running, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_one_screen),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_both_pipes),
		cmocka_unit_test(test_too_much_output),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_not_a_program),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_stop_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
