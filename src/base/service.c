#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/service.h"
#include "base/stop.h"

struct service {
	pid_t pid;
	int end;
	int ended;
	int status;
};

/* What fails before the program runs, as an exit status. */
#define STATUS_LOST 127

/* Behind fork(): nothing but system calls. */
static _Noreturn void
become(const struct service_opts *o, char *const *argv, char *const *env,
    int log, pid_t parent)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;
	int in = open("/dev/null", O_RDONLY), sig;

	(void)sigemptyset(&none);
	/* What a shell lets its background jobs ignore, too: such as the one
	 * that is to end it. */
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &usual, NULL);
	(void)setsid();
	if (o->user->change &&
	    (setgroups(1, &o->user->gid) != 0 || setgid(o->user->gid) != 0 ||
		setuid(o->user->uid) != 0))
		_exit(STATUS_LOST);
	/* A change of user takes this away, so it comes behind it. */
	(void)prctl(PR_SET_PDEATHSIG, o->end, 0, 0, 0);
	if (getppid() != parent || chdir(o->folder) != 0 || dup2(in, 0) < 0 ||
	    dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(STATUS_LOST);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execve(argv[0], argv, env);
	_exit(STATUS_LOST);
}

static pid_t
spawn(const struct service_opts *o, struct err *err)
{
	char *const *argv, *const *env;
	pid_t parent = getpid(), pid;
	sigset_t all, before;
	int log = open(o->log,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (log < 0)
		return err_sys(err, ERR_STORAGE, "%s", o->log);
	/* execve() takes char *const[] but changes nothing. */
	memcpy(&argv, &o->argv, sizeof(argv));
	memcpy(&env, &o->env, sizeof(env));
	/* A signal that comes early waits until it is the program's: one that
	 * is blocked is not ignored. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(o, argv, env, log, parent);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)close(log);
	if (pid < 0)
		return err_sys(err, ERR_FAIL, "cannot run %s", o->argv[0]);
	return pid;
}

struct service *
service_start(const struct service_opts *opts, struct err *err)
{
	pid_t pid = spawn(opts, err);
	struct service *s;

	if (pid < 0)
		return NULL;
	s = mem_zalloc(sizeof(*s));
	s->pid = pid;
	s->end = opts->end;
	return s;
}

static int
reap(struct service *s, int options)
{
	pid_t got;

	if (s->ended)
		return 1;
	do {
		got = waitpid(s->pid, &s->status, options);
	} while (got < 0 && errno == EINTR);
	s->ended = got != 0;
	return s->ended;
}

int
service_is_running(struct service *s)
{
	return !reap(s, WNOHANG);
}

void
service_stop(struct service *s)
{
	if (s == NULL)
		return;
	if (!reap(s, WNOHANG)) {
		(void)kill(s->pid, s->end);
		(void)reap(s, 0);
	}
	free(s);
}

int
service_wait(struct service *s)
{
	int status;

	(void)reap(s, 0);
	status = WIFSIGNALED(s->status) ? 128 + WTERMSIG(s->status)
					: WEXITSTATUS(s->status);
	free(s);
	return status;
}

static void
end_service(void *arg)
{
	struct service *s = arg;

	(void)kill(s->pid, s->end);
}

int
service_run(const struct service_opts *opts, struct err *err)
{
	struct service *s = service_start(opts, err);
	int status;

	if (s == NULL)
		return -1;
	/* It stays to be waited for, so that its number is nobody else's. */
	stop_hook(end_service, s);
	while (waitid(P_PID, (id_t)s->pid, &(siginfo_t){ 0 },
		   WEXITED | WNOWAIT) != 0 &&
	    errno == EINTR)
		;
	stop_unhook(end_service, s);
	status = service_wait(s);
	if (stop_check(err) != 0)
		return -1;
	if (status == STATUS_LOST)
		return err_set(err, ERR_FAIL, "%s can't be run", opts->argv[0]);
	if (status >= 128)
		return err_set(err, ERR_FAIL, "%s was killed by signal %d",
		    opts->argv[0], status - 128);
	if (status != 0)
		return err_set(err, ERR_FAIL, "%s failed (status %d)",
		    opts->argv[0], status);
	return 0;
}
