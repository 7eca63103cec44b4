#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/service.h"
#include "unit.h"

struct scene {
	char *folder;
	char *log;
	char *here;
	struct service_user user;
	const char *argv[4];
	const char *env[2];
	struct service_opts opts;
};

static void
set(struct scene *s, const char *script)
{
	s->argv[0] = "/bin/sh";
	s->argv[1] = "-c";
	s->argv[2] = script;
	s->argv[3] = NULL;
}

static int
set_up(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	s.folder = unit_folder();
	s.log = unit_path(s.folder, "log");
	s.here = unit_path(s.folder, "here");
	s.user.uid = geteuid();
	s.user.gid = getegid();
	s.env[0] = "WORD=hello";
	s.opts = (struct service_opts){ .argv = s.argv,
		.env = s.env,
		.user = &s.user,
		.folder = s.folder,
		.log = s.log,
		.end = SIGQUIT };
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *s = *state;

	free(s->log);
	free(s->here);
	unit_remove(s->folder);
	return 0;
}

static void
test_run(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	char *said;
	size_t len;

	set(s, "echo $WORD; pwd; echo no >&2");
	must(service_run(&s->opts, &err));
	said = unit_get(s->log, &len);
	mentions(said, "hello\n");
	mentions(said, s->folder);
	mentions(said, "no\n");
	free(said);
	set(s, "exit 3");
	refused(service_run(&s->opts, &err), ERR_FAIL);
	mentions(err.msg, "status 3");
	set(s, "kill -9 $$");
	refused(service_run(&s->opts, &err), ERR_FAIL);
	mentions(err.msg, "signal 9");
	s->argv[0] = "/nowhere/sh";
	refused(service_run(&s->opts, &err), ERR_FAIL);
	mentions(err.msg, "can't be run");
}

static void
test_stop(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	struct service *service;

	set(s, "exec sleep 1000");
	service = service_start(&s->opts, &err);
	assert_non_null(service);
	assert_true(service_is_running(service));
	service_stop(service);
	set(s, "exit 7");
	service = service_start(&s->opts, &err);
	assert_int_equal(service_wait(service), 7);
	service_stop(NULL);
}

/* Start one, and die without a word to it. */
static int
start_and_die(void *arg)
{
	static const struct timespec pause = { 0, 10000000 };
	struct scene *s = arg;
	struct err err = ERR_INIT;

	if (service_start(&s->opts, &err) == NULL)
		return 1;
	while (access(s->here, F_OK) != 0)
		(void)nanosleep(&pause, NULL);
	(void)raise(SIGKILL);
	return 1;
}

/* Its orphan comes to us, so that its end can be awaited. */
static void
test_orphan(void **state)
{
	struct scene *s = *state;
	int status = 0;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	set(s, "touch here; exec sleep 1000");
	assert_int_equal(unit_forked(start_and_die, s), 128 + SIGKILL);
	assert_true(wait(&status) > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGQUIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_orphan, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
