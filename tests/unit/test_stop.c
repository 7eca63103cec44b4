#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/stop.h"
#include "unit.h"

/* Each runs in a process of its own: there is one stop per process. */

static int
wait_for_stop(void)
{
	for (int i = 0; i < 24000 && stop_signal() == 0; i++)
		(void)usleep(5000);
	return stop_signal();
}

static int
the_first_counts(void *unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)signal(SIGHUP, SIG_DFL);
	if (stop_begin(&err) != 0 || stop_check(&err) != 0 ||
	    stop_signal() != 0)
		return 1;
	(void)kill(getpid(), SIGHUP);
	if (wait_for_stop() != SIGHUP)
		return 2;
	(void)kill(getpid(), SIGINT);
	(void)kill(getpid(), SIGTERM);
	(void)usleep(50000);
	if (stop_signal() != SIGHUP || stop_check(&err) != -1)
		return 3;
	return err_status(&err) == 128 + SIGHUP ? 0 : 4;
}

static void
test_signals(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(the_first_counts, NULL), 0);
}

/* SIGHUP would be taken first if it were taken at all. */
static int
nohup_holds(void *unused)
{
	struct err err = ERR_INIT;

	(void)unused;
	(void)signal(SIGHUP, SIG_IGN);
	if (stop_begin(&err) != 0)
		return 1;
	(void)kill(getpid(), SIGHUP);
	(void)kill(getpid(), SIGTERM);
	return wait_for_stop() == SIGTERM ? 0 : 2;
}

static void
test_nohup(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(nohup_holds, NULL), 0);
}

static void
count_up(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static int
wait_for_count(atomic_int *count, int at_least)
{
	for (int i = 0; i < 24000 && atomic_load(count) < at_least; i++)
		(void)usleep(5000);
	return atomic_load(count);
}

static int
hooks_are_called(void *unused)
{
	atomic_int a = 0, b = 0, gone = 0, late = 0;
	struct err err = ERR_INIT;

	(void)unused;
	if (stop_begin(&err) != 0)
		return 1;
	stop_hook(count_up, &a);
	stop_hook(count_up, &gone);
	stop_hook(count_up, &b);
	stop_unhook(count_up, &gone);
	stop_unhook(count_up, &late);
	(void)kill(getpid(), SIGTERM);
	if (wait_for_count(&a, 1) != 1 || wait_for_count(&b, 1) != 1)
		return 2;
	/* Who comes after the signal hears of it at once. */
	stop_hook(count_up, &late);
	if (atomic_load(&late) != 1 || atomic_load(&gone) != 0)
		return 3;
	stop_unhook(count_up, &a);
	stop_unhook(count_up, &b);
	stop_unhook(count_up, &late);
	return 0;
}

static void
test_hooks(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(hooks_are_called, NULL), 0);
}

/* A reason of our own does what a signal does, until it is forgotten. */
static int
a_reason(void *unused)
{
	atomic_int a = 0, late = 0;
	struct err why = ERR_INIT, err = ERR_INIT;

	(void)unused;
	if (stop_begin(&err) != 0)
		return 1;
	stop_hook(count_up, &a);
	(void)err_set(&why, ERR_WARNINGS, "giving way");
	stop_because(&why);
	stop_hook(count_up, &late);
	if (atomic_load(&a) != 1 || atomic_load(&late) != 1 ||
	    stop_signal() != 0 || stop_check(&err) != -1)
		return 2;
	if (err_status(&err) != 3 || strcmp(err.msg, "giving way") != 0)
		return 3;
	stop_resume();
	err = (struct err)ERR_INIT;
	if (stop_check(&err) != 0 || err.kind != ERR_NONE)
		return 4;
	/* A signal is the better reason, and stays one. */
	stop_because(&why);
	(void)kill(getpid(), SIGTERM);
	if (wait_for_stop() != SIGTERM || stop_check(&err) != -1 ||
	    err_status(&err) != 128 + SIGTERM)
		return 5;
	stop_resume();
	return stop_check(&err) == -1 ? 0 : 6;
}

static void
test_reason(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(a_reason, NULL), 0);
}

/* Writes fail instead of killing. */
static int
pipe_and_limit(void *unused)
{
	const struct rlimit limit = { 10, 10 };
	struct err err = ERR_INIT;
	FILE *file;
	int fds[2];

	(void)unused;
	if (stop_begin(&err) != 0 || pipe(fds) != 0)
		return 1;
	(void)close(fds[0]);
	if (write(fds[1], "x", 1) != -1)
		return 2;
	file = tmpfile();
	if (file == NULL || setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 3;
	if (write(fileno(file), "0123456789", 10) != 10)
		return 4;
	return write(fileno(file), "x", 1) == -1 ? 0 : 5;
}

static void
test_writes_report(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(pipe_and_limit, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_nohup),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_writes_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
